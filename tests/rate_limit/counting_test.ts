// What rate-limit counts, and when it stops mail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, limited, MINUTE, outcomes } from "./support.ts";

test("each login has its own limit, which time restores", async () => {
  await using it = await limited([["limit", "2/1h"]]);
  assert.equal(await it.count("joe", 5), 2);
  assert.equal(await it.count("ann", 5), 2);
  await it.clock.advance(30 * MINUTE);
  assert.equal(await it.count("joe", 5), 1);
  await it.clock.advance(24 * HOUR);
  assert.equal(await it.count("joe", 5), 2);
});

test("refused attempts do not count", async () => {
  await using it = await limited([["limit", "1/1h"]]);
  await it.sendAs("joe");
  for (let minutes = 0; minutes < 59; minutes++) {
    (await it.sendAs("joe")).assertTempfailed(451);
    await it.clock.advance(MINUTE);
  }
  await it.clock.advance(MINUTE);
  (await it.sendAs("joe")).assertAccepted();
});

test("logins differ neither by case nor by space around them", async () => {
  await using it = await limited([["limit", "1/1h"]]);
  (await it.sendAs("Joe")).assertAccepted();
  (await it.sendAs("joe ")).assertTempfailed(451);
});

test("a burst limits what comes at once", async () => {
  await using it = await limited([["limit", "60/1h burst 5"]]);
  assert.equal(await it.count("joe", 10), 5);
  await it.clock.advance(2 * MINUTE);
  assert.equal(await it.count("joe", 10), 2);
});

test("the reply says when to try again", async () => {
  await using it = await limited([["limit", "2/1h"]]);
  await it.count("joe", 2);
  (await it.sendAs("joe")).assertTempfailed(451, "Too many messages, try again in 30 minutes");
  await it.clock.advance(29 * MINUTE + 30_000);
  (await it.sendAs("joe")).assertTempfailed(451, "Too many messages, try again in 30 seconds");
});

test("mail without a login is not counted", async () => {
  await using it = await limited([["limit", "1/1h"]]);
  for (let i = 0; i < 3; i++) {
    (await it.send()).assertAccepted();
    // Sendmail sends an unset macro as an empty one.
    (await it.sendAs("")).assertAccepted();
  }
  assert.equal(it.filter.metrics.count("counted_total"), 0);
});

test("bounces share no bucket, unless a fixed key says so", async () => {
  await using by = await limited([["limit", "1/1h"], ["by", "sender"]]);
  for (let i = 0; i < 3; i++) (await by.send({ from: "" })).assertAccepted();
  await using fixed = await limited([["limit", "1/1h"], ["key", "bounces"]]);
  (await fixed.send({ from: "" })).assertAccepted();
  (await fixed.send({ from: "" })).assertTempfailed(451);
});

test("senders are counted by address or by domain", async () => {
  await using address = await limited([["limit", "1/1h"], ["by", "sender"]]);
  (await address.send({ from: "a@example.org" })).assertAccepted();
  (await address.send({ from: "b@example.org" })).assertAccepted();
  (await address.send({ from: "A@EXAMPLE.ORG" })).assertTempfailed(451);
  await using domain = await limited([["limit", "1/1h"], ["by", "sender-domain"]]);
  (await domain.send({ from: "a@bücher.example" })).assertAccepted();
  (await domain.send({ from: "b@xn--bcher-kva.example" })).assertTempfailed(451);
  (await domain.send({ from: "root" })).assertAccepted();
  (await domain.send({ from: "root" })).assertAccepted();
});

test("clients are counted by network", async () => {
  await using it = await limited([["limit", "1/1h"], ["by", "client"], ["ipv4-prefix", "24"]]);
  const from = (address: string) => it.send({ client: { address } });
  (await from("192.0.2.1")).assertAccepted();
  (await from("192.0.2.200")).assertTempfailed(451);
  (await from("198.51.100.1")).assertAccepted();
  (await from("2001:db8::1")).assertAccepted();
  (await from("2001:db8::ffff:1")).assertTempfailed(451);
  (await from("2001:db8:0:1::1")).assertAccepted();
  (await from("::ffff:192.0.2.7")).assertTempfailed(451);
});

test("recipients are counted each, and only those that are too many are refused", async () => {
  await using it = await limited([["limit", "3/1h"], ["count", "recipients"]]);
  const to = ["a@example.net", "b@example.net", "c@example.net", "d@example.net"];
  const first = await it.sendAs("joe", { to });
  assert.deepEqual(outcomes(first, to), ["accept", "accept", "accept", "tempfail"]);
  first.assertRecipients(...to.slice(0, 3));
  const second = await it.sendAs("joe", { to: "e@example.net" });
  assert.deepEqual(second.refused[0]?.reply?.lines, ["Too many recipients, try again in 20 minutes"]);
});

test("with a recipient in the key, each recipient has a limit", async () => {
  await using it = await limited([["limit", "2/1h"], ["by", "recipient"], ["action", "reject"]]);
  const to = ["a@example.net", "b@example.net"];
  await it.send({ to });
  await it.send({ to: "A@example.net" });
  assert.deepEqual(outcomes(await it.send({ to }), to), ["reject", "accept"]);
});

test("a template counts what has the same values", async () => {
  await using it = await limited([["limit", "1/1h"], ["key", "{login} from {client}"]]);
  const from = (address: string) => it.sendAs("joe", { client: { address } });
  (await from("192.0.2.1")).assertAccepted();
  (await from("192.0.2.2")).assertAccepted();
  (await from("192.0.2.1")).assertTempfailed(451);
  // One of the values is missing.
  for (let i = 0; i < 2; i++) (await it.send({ client: { address: "192.0.2.9" } })).assertAccepted();
});

test("several limits must all be kept, and a refusal takes from none", async () => {
  await using it = await limited([["limit", "10/1d"], ["limit", "3/1h"]]);
  assert.equal(await it.count("joe", 50), 3);
  await it.clock.advance(HOUR);
  assert.equal(await it.count("joe", 50), 3);
  await it.clock.advance(HOUR);
  assert.equal(await it.count("joe", 50), 3);
  await it.clock.advance(HOUR);
  // The day's limit: ten, and what has come back in three hours.
  assert.equal(await it.count("joe", 50), 2);
  await it.clock.advance(24 * HOUR);
  assert.equal(await it.count("joe", 50), 3);
});

test("exempt keys have no limit", async () => {
  await using it = await limited([["limit", "1/1h"], ["exempt", "Newsletter"], ["exempt", "root"]]);
  assert.equal(await it.count("newsletter", 5), 5);
  assert.equal(await it.count("root", 5), 5);
  assert.equal(await it.count("joe", 5), 1);
});

test("filters with other keys or limits share no bucket", async () => {
  const store = (await import("../../lib/store/memory_store.ts")).MemoryStore;
  const shared = new store();
  await using one = await limited([["limit", "1/1h"]], { store: shared });
  await using other = await limited([["limit", "1/1h"], ["by", "sender"]], { store: shared });
  await using third = await limited([["limit", "2/1h"]], { store: shared });
  await using same = await limited([["limit", "1/1h"]], { store: shared });
  assert.equal(await one.count("joe", 3), 1);
  (await other.send({ from: "joe" })).assertAccepted();
  assert.equal(await third.count("joe", 3), 2);
  assert.equal(await same.count("joe", 3), 0);
});

test("a sender and a recipient have one limit, however the client spells their address", async () => {
  for (const by of ["sender", "sender-domain", "recipient"]) {
    await using it = await limited([["limit", "1/1h"], ["by", by]]);
    const sendWith = (address: string) =>
      it.send(by === "recipient" ? { to: [`<${address}>`] } : { from: `<${address}>` });
    (await sendWith("joe@example.org")).assertAccepted();
    for (const spelling of ['"joe"@example.org', "joe@example.org (1)", "@r.example:joe@example .org"]) {
      assert.equal((await sendWith(spelling)).outcome, "tempfail", `${by} ${spelling}`);
    }
  }
});
