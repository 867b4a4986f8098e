// Senders whose attempts come from many addresses: who is one, and who is not.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineFilter, reject } from "../../mod.ts";
import { deliver, make, TestClock } from "../../lib/testing.ts";
import { greylist } from "../../filters/greylist/greylist.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import { DAY, HOUR, MINUTE, remarksOf, Rig, type Sent } from "./support.ts";

/** Sends twice, with the delay between the two. */
async function twice(rig: Rig, first: Sent, second: Sent): Promise<string> {
  (await rig.send(first)).assertTempfailed(451);
  await rig.clock.advance(3 * MINUTE);
  const { outcome, failures } = await rig.send(second);
  assert.deepEqual(failures, []);
  return outcome;
}

describe("a retry from another network", () => {
  it("is known by the domain for which SPF passes", async () => {
    const pool = { from: "joe@pool.example" };
    const rig = await Rig.make("--check-spf-pass");
    assert.equal(
      await twice(rig, { ...pool, address: "198.51.100.1" }, { ...pool, address: "203.0.113.1" }),
      "accept",
    );
    assert.equal(rig.count("put-off"), 1);
    const forged = { ...pool, address: "192.0.2.1" };
    assert.equal((await rig.send(forged)).outcome, "tempfail", "whoever does not pass is somebody else");
    assert.equal(rig.count("put-off"), 2);
  });

  it("is known by the domain for which HELO of the null sender passes, of several hosts", async () => {
    const records = ["a", "b"].map((host, i) =>
      `${host}.out.pool.example "v=spf1 a -all"\n${host}.out.pool.example A 198.51.${100 + i}.1\n`
    );
    const rig = await Rig.make("--check-spf-pass", { records: records.join("") });
    const bounce = (host: string, address: string) => ({
      from: "",
      helo: `${host}.out.pool.example`,
      address,
    });
    assert.equal(await twice(rig, bounce("a", "198.51.100.1"), bounce("b", "198.51.101.1")), "accept");
  });

  it("is known by the domain of the client's name", async () => {
    const rig = await Rig.make();
    const first = { name: "o1.out.example.com", address: "198.51.100.1" };
    assert.equal(await twice(rig, first, { name: "o2.out.example.com", address: "203.0.113.1" }), "accept");
    assert.equal((await rig.send({ name: "o1.other.example.com" })).outcome, "tempfail");
  });

  it("is not known by names like those of homes", async () => {
    const rig = await Rig.make();
    const first = { name: "a.dsl.isp.example", address: "198.51.100.1" };
    assert.equal(await twice(rig, first, { name: "b.dsl.isp.example", address: "203.0.113.1" }), "tempfail");
    assert.equal(rig.count("put-off"), 2);
  });

  it("is not known if nobody vouches for it", async () => {
    const rig = await Rig.make();
    assert.equal(await twice(rig, { address: "198.51.100.1" }, { address: "203.0.113.1" }), "tempfail");
  });

  it("is known within the networks of --ipv4-prefix and --ipv6-prefix", async () => {
    const rig = await Rig.make("--ipv4-prefix 16 --ipv6-prefix 32");
    assert.equal(await twice(rig, { address: "198.51.100.1" }, { address: "198.51.7.1" }), "accept");
    assert.equal(await twice(rig, { address: "2001:db8:1::1" }, { address: "2001:db8:2::1" }), "accept");
  });
});

describe("who is trusted", () => {
  it("is the domain for which SPF passes, wherever its mail comes from", async () => {
    const rig = await Rig.make("--check-spf-pass --auto-whitelist 1");
    const pool = { from: "joe@pool.example" };
    assert.equal(
      await twice(rig, { ...pool, address: "198.51.100.1" }, { ...pool, address: "203.0.113.1" }),
      "accept",
    );
    const trusted = await rig.send({ from: "new@pool.example", address: "203.0.113.9" });
    assert.deepEqual(remarksOf(trusted.assertAccepted()!), [
      "recipient@example.org: not greylisted: its client is trusted (no-ptr)",
    ]);
    (await rig.send({ from: "new@pool.example", address: "192.0.2.1" })).assertTempfailed(451);
  });

  it("is not a domain of names, which the customers of a provider share", async () => {
    const rig = await Rig.make("--auto-whitelist 1");
    const first = { name: "vm1.hoster.example", address: "198.51.100.1" };
    assert.equal(await twice(rig, first, first), "accept");
    (await rig.send({ name: "vm2.hoster.example", address: "203.0.113.1", from: "new@example.com" }))
      .assertTempfailed(451);
  });
});

describe("senders that change with each message", () => {
  it("are known by what stays the same", async () => {
    const rig = await Rig.make("--auto-whitelist 0");
    const issue = (number: number) => ({ from: `bounce-${number}-ann=example.org@news.example` });
    assert.equal(await twice(rig, issue(1), issue(1)), "accept");
    await rig.clock.advance(30 * DAY + HOUR);
    assert.equal((await rig.send(issue(2))).outcome, "accept");
    assert.equal((await rig.send({ from: "bounce-2-bob=example.org@news.example" })).outcome, "tempfail");
  });
});

describe("a recipient of a bounce that a later filter refuses", () => {
  it("does not make it wait", async () => {
    const clock = new TestClock();
    const strict = defineFilter({
      name: "strict",
      verdicts: ["rcpt"],
      rcpt: ({ address }) => address.startsWith("bob@") ? reject(550, "5.1.1", "Nobody here") : undefined,
    });
    await using filter = await make(greylist, {}, { clock, resolver: parseRecordsFile("") });
    const bounce = { from: "", clock };
    (await deliver([filter, strict], { ...bounce, to: "ann@example.org" })).assertTempfailed(451);
    await clock.advance(3 * MINUTE);
    const both = { ...bounce, to: ["ann@example.org", "bob@example.org"] };
    const delivered = await deliver([filter, strict], both);
    delivered.assertAccepted();
    delivered.assertRecipients("ann@example.org");
  });
});
