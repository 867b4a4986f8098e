// What is suspicious, and what is never put off.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { greylist } from "../../filters/greylist/greylist.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { DnsAnswer, Resolver } from "../../lib/dns/resolver.ts";
import { deliver } from "../../lib/testing.ts";
import { remarksOf, Rig, type Sent } from "./support.ts";

const NAMED = { name: "mail.example.com" };
const POOL = { from: "joe@pool.example", address: "198.51.100.7" };

/** Why mail is put off: the conditions, or undefined if it passes. */
async function why(rig: Rig, mail: Sent): Promise<string | undefined> {
  const delivered = await rig.send(mail);
  delivered.assertNoFailures();
  const remarks = remarksOf(delivered).filter((remark) => / greylisted: /.test(remark));
  assert.equal(remarks.length, delivered.outcome === "tempfail" ? 1 : 0);
  return / greylisted: ([^;]+);/.exec(remarks[0] ?? "")?.[1];
}

describe("whether mail is suspicious", () => {
  const rows: readonly (readonly [what: string, mail: Sent, why: string | undefined])[] = [
    ["with nothing against it", { ...NAMED, ...POOL }, undefined],
    ["whose sender has no record", { ...NAMED, from: "joe@without.example" }, "spf-none"],
    ["whose sender says softfail", { ...NAMED, from: "joe@soft.example" }, "spf-softfail"],
    ["whose sender says fail", { ...NAMED, from: "joe@strict.example" }, "spf-fail"],
    ["whose sender is neutral", { ...NAMED, from: "joe@neutral.example" }, undefined],
    ["whose sender has a broken record", { ...NAMED, from: "joe@broken.example" }, undefined],
    ["whose sender cannot be looked up", { ...NAMED, from: "joe@down.example" }, undefined],
    ["of a client without a name", { from: "joe@neutral.example" }, "no-ptr"],
    ["of a client whose name is unknown", { from: "joe@neutral.example", name: "unknown" }, "no-ptr"],
    [
      "of a client with a name like those of homes",
      { from: "joe@neutral.example", name: "ip-192-0-2-1.isp.example" },
      "dynamic-name",
    ],
    ["of the null sender whose HELO has no record", { ...NAMED, from: "" }, "spf-none"],
    [
      "of the null sender whose HELO passes",
      { ...NAMED, ...POOL, from: "", helo: "mta.pool.example" },
      undefined,
    ],
    ["of a sender without a domain", { ...NAMED, from: "joe" }, "spf-none"],
    ["of a client of IPv6", { from: "joe@neutral.example", address: "2001:db8::1" }, "no-ptr"],
  ];
  for (const [what, mail, reasons] of rows) {
    it(`${what}: ${reasons ?? "no"}`, async () => {
      const rig = await Rig.make();
      assert.equal(await why(rig, mail), reasons);
    });
  }

  it("by the conditions of --when alone", async () => {
    const rig = await Rig.make("--when spf-neutral,spf-permerror --when no-ptr");
    assert.equal(await why(rig, { ...NAMED, from: "joe@neutral.example" }), "spf-neutral");
    assert.equal(await why(rig, { ...NAMED, from: "joe@broken.example" }), "spf-permerror");
    assert.equal(await why(rig, { from: "joe@without.example" }), "no-ptr");
    assert.equal(await why(rig, { ...NAMED, from: "joe@without.example" }), undefined);
  });

  it("with always in any case, but for a pass of SPF", async () => {
    const rig = await Rig.make("--when always");
    assert.equal(await why(rig, { ...NAMED, from: "joe@neutral.example" }), "always");
    assert.equal(await why(rig, { ...NAMED, ...POOL }), undefined);
    await rig.remake("--when always --check-spf-pass");
    assert.equal(await why(rig, { ...NAMED, ...POOL }), "always");
  });

  it("although SPF passes, with --check-spf-pass, and never without it", async () => {
    const rig = await Rig.make();
    assert.equal(await why(rig, POOL), undefined);
    await rig.remake("--check-spf-pass");
    assert.equal(await why(rig, POOL), "no-ptr");
    assert.equal(await why(rig, { ...NAMED, ...POOL }), undefined);
  });
});

describe("a client without a name for the MTA", () => {
  const records = (more: string) => `neutral.example "v=spf1 ?all"\n${more}`;
  const mail = { from: "joe@neutral.example", name: "unknown" };

  it("may have one after all: the MTA need not have looked", async () => {
    const named = "1.2.0.192.in-addr.arpa PTR mail.example.com\nmail.example.com A 192.0.2.1";
    assert.equal(await why(await Rig.make("", { records: records(named) }), mail), undefined);
    const athome = "1.2.0.192.in-addr.arpa PTR p.dsl.isp.example\np.dsl.isp.example A 192.0.2.1";
    assert.equal(await why(await Rig.make("", { records: records(athome) }), mail), "dynamic-name");
  });

  it("has none if that leads elsewhere", async () => {
    const forged = "1.2.0.192.in-addr.arpa PTR mail.example.com\nmail.example.com A 192.0.2.2";
    assert.equal(await why(await Rig.make("", { records: records(forged) }), mail), "no-ptr");
    const sendmail = {
      ...mail,
      name: "mail.example.com",
      macros: { _: "mail.example.com [192.0.2.1] (may be forged)" },
    };
    assert.equal(await why(await Rig.make("", { records: records(forged) }), sendmail), "no-ptr");
  });

  it("is not suspicious for that if the lookup fails", async () => {
    const down = "1.2.0.192.in-addr.arpa SERVFAIL";
    assert.equal(await why(await Rig.make("", { records: records(down) }), mail), undefined);
  });
});

describe("results of earlier filters", () => {
  it("take the place of lookups", async () => {
    const before = [["authenticate", "--authserv-id", "mx.example.test"]] as const;
    const asked: string[] = [];
    const records = parseRecordsFile('neutral.example "v=spf1 ?all"');
    const resolver: Resolver = {
      resolveTxt: (name) => (asked.push(`TXT ${name}`), records.resolveTxt(name)),
      resolveA: (name) => (asked.push(`A ${name}`), records.resolveA(name)),
      resolveAaaa: (name) => records.resolveAaaa(name),
      resolveMx: (name) => records.resolveMx(name),
      resolvePtr: (name) => (asked.push(`PTR ${name}`), records.resolvePtr(name)),
      close: () => {},
    };
    const rig = await Rig.make("--when no-ptr,spf-neutral", { records: resolver, before });
    assert.equal(await why(rig, { from: "joe@neutral.example" }), "no-ptr, spf-neutral");
    assert.deepEqual(asked.toSorted(), ["PTR 1.2.0.192.in-addr.arpa", "TXT neutral.example"]);
  });

  it("of HELO count only for the null sender", async () => {
    const rig = await Rig.make("", { before: [["spf-check"]] });
    const forged = {
      ...NAMED,
      address: "198.51.100.7",
      from: "joe@without.example",
      helo: "mta.pool.example",
    };
    assert.equal(await why(rig, forged), "spf-none");
    assert.equal(await why(rig, { ...forged, from: "" }), undefined);
  });

  it("that are missing, as from a trusted client, are looked up", async () => {
    const rig = await Rig.make("", { before: [["spf-check", "--trust", "192.0.2.0/24"]] });
    assert.equal(await why(rig, { ...NAMED, from: "joe@strict.example" }), "spf-fail");
  });
});

describe("never put off is", () => {
  const free = async (mail: Sent, options = "") => {
    const rig = await Rig.make(options);
    (await rig.send(mail)).assertAccepted();
    assert.equal(rig.count("exempt"), 1);
  };

  it("mail of authenticated senders, and of no one whose macro is empty", async () => {
    await free({ macros: { auth_authen: "joe" } });
    (await (await Rig.make()).send({ macros: { auth_authen: "" } })).assertTempfailed(451);
  });

  it("mail of this machine", async () => {
    await free({ address: "127.0.0.1", name: "localhost" });
    await free({ address: "::1", name: "localhost" });
  });

  it("mail of private networks", async () => {
    for (
      const address of ["10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.1.1", "fd00::1", "fe80::1%eth0"]
    ) {
      await free({ address });
    }
    (await (await Rig.make()).send({ address: "172.32.0.1" })).assertTempfailed(451);
  });

  it("mail to those who are told of trouble", async () => {
    await free({ to: "Postmaster@example.org" });
    await free({ to: "abuse@example.org" });
    await free({ to: "postmaster" });
    (await (await Rig.make()).send({ to: "postmaster.jones@example.org" })).assertTempfailed(451);
  });

  it("mail of the domains of --exempt-domain, by the client's name or SPF, and of nobody who only claims it", async () => {
    const given = "--exempt-domain pool.example";
    await free({ name: "out.pool.example", from: "joe@without.example" }, given);
    await free({ name: "pool.example", from: "joe@without.example" }, given);
    await free({ ...POOL }, `${given} --check-spf-pass`);
    const rig = await Rig.make(given);
    (await rig.send({ from: "joe@pool.example" })).assertTempfailed(451);
    (await rig.send({ name: "out.badpool.example" })).assertTempfailed(451);
    await rig.remake("--exempt-domain .pool.example");
    (await rig.send({ name: "pool.example" })).assertTempfailed(451);
  });

  it("what the conditions of every filter leave out", async () => {
    const rig = await Rig.make("--not-client 192.0.2.0/24 --not-recipient away.example");
    (await rig.send()).assertAccepted();
    (await rig.send({ address: "192.0.3.1", to: "ann@away.example" })).assertAccepted();
    (await rig.send({ address: "192.0.3.1" })).assertTempfailed(451);
  });
});

describe("lookups that take long", () => {
  const silent = (): Resolver => {
    const never = () => new Promise<DnsAnswer<never>>(() => {});
    return {
      resolveTxt: never,
      resolveA: never,
      resolveAaaa: never,
      resolveMx: never,
      resolvePtr: never,
      close: () => {},
    };
  };

  it("let mail pass after 5 seconds, which is no failure", async () => {
    const rig = await Rig.make("", { records: silent() });
    const sent = rig.send();
    await rig.clock.advance(5000);
    const passed = await sent;
    passed.assertAccepted();
    assert.equal(rig.count("unsuspicious") + rig.count("undecided"), 1);
  });

  it("do not keep what was found from counting", async () => {
    const known = parseRecordsFile("");
    const resolvePtr = (name: string) => known.resolvePtr(name);
    const rig = await Rig.make("", { records: { ...silent(), resolvePtr } });
    const sent = why(rig, {});
    await rig.clock.advance(5000);
    assert.equal(await sent, "no-ptr");
  });

  it("of an earlier filter do not hold it up longer, either", async () => {
    const rig = await Rig.make("", { records: silent(), before: [["spf-check"]] });
    const sent = rig.send({ ...NAMED });
    await rig.clock.advance(5000);
    // The rest is the time of spf-check.
    await rig.clock.advance(15_000);
    (await sent).assertAccepted();
    assert.equal(rig.count("undecided"), 1);
  });
});

describe("a condition that leaves nothing to put off", () => {
  it("is refused", async () => {
    const before = [["spf-check"]] as const;
    await assert.rejects(
      Rig.make("--only-result spf=pass", { before }),
      /Invalid --only-result "spf=pass": mail that passes SPF is delayed only with --check-spf-pass/,
    );
    await Rig.make("--only-result spf=pass --check-spf-pass", { before });
    await Rig.make("--only-result spf=pass --only-result spf=none", { before });
  });
});

describe("a filter that was not made", () => {
  it("has defaults for everything", async () => {
    (await deliver(greylist, { resolver: parseRecordsFile("") })).assertTempfailed(451);
  });
});
