// How long suspicious mail waits, and what is remembered: with a clock that is turned by hand.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivered } from "../../lib/testing.ts";
import { DAY, HOUR, MINUTE, remarksOf, Rig, type Sent } from "./support.ts";

/** Asserts that a message was put off, and for how long it has to wait, in seconds. */
function putOff(delivered: Delivered, seconds: number): void {
  delivered.assertTempfailed(
    451,
    `Greylisted, please try again in ${seconds} second${seconds === 1 ? "" : "s"}`,
  );
  assert.equal(delivered.reply?.enhanced, "4.7.1");
  assert.equal(delivered.event, "rcpt");
  delivered.assertNoFailures();
}

describe("suspicious mail", () => {
  it("waits, is told how long, and passes then; an early retry costs nothing", async () => {
    const rig = await Rig.make();
    const first = await rig.send();
    putOff(first, 180);
    assert.deepEqual(first.labels, ["greylisted"]);
    await rig.clock.advance(MINUTE - 500);
    putOff(await rig.send(), 121);
    await rig.clock.advance(2 * MINUTE);
    putOff(await rig.send(), 1);
    await rig.clock.advance(500);
    const passed = await rig.send();
    passed.assertAccepted();
    assert.deepEqual(passed.labels, []);
    assert.deepEqual(remarksOf(passed), [
      "recipient@example.org: waited 180 s (no-ptr, spf-none)",
    ]);
    (await rig.send()).assertAccepted();
    const counts = ["put-off", "early", "waited", "known"].map((result) => rig.count(result));
    assert.deepEqual(counts, [1, 2, 1, 1]);
  });

  it("says in the log why it is put off", async () => {
    const rig = await Rig.make();
    assert.deepEqual(remarksOf(await rig.send()), [
      "recipient@example.org: greylisted: no-ptr, spf-none; 180 s left",
    ]);
  });

  it("that comes again after --retry-within waits anew", async () => {
    const rig = await Rig.make("--delay 5m --retry-within 2h");
    putOff(await rig.send(), 300);
    await rig.clock.advance(2 * HOUR);
    putOff(await rig.send(), 300);
    await rig.clock.advance(2 * HOUR - 1);
    (await rig.send()).assertAccepted();
  });

  it("that has waited is known for --keep after the last mail", async () => {
    const rig = await Rig.make("--auto-whitelist 0");
    await rig.send();
    await rig.clock.advance(3 * MINUTE);
    (await rig.send()).assertAccepted();
    for (let month = 0; month < 3; month++) {
      await rig.clock.advance(35 * DAY - 1);
      (await rig.send()).assertAccepted();
    }
    await rig.clock.advance(35 * DAY);
    putOff(await rig.send(), 180);
  });

  it("is still known after a reload, as far as the store lasts", async () => {
    const rig = await Rig.make();
    await rig.send();
    await rig.clock.advance(3 * MINUTE);
    await rig.remake();
    (await rig.send()).assertAccepted();
  });

  it("waits for each recipient that is new, and passes for the others", async () => {
    const rig = await Rig.make();
    await rig.send({ to: "ann@example.org" });
    await rig.clock.advance(3 * MINUTE);
    const mail = { to: ["Ann@Example.org", "bob@example.org", "eve@example.org"] };
    const { recipients, refused } = await rig.send(mail);
    assert.deepEqual(recipients, ["Ann@Example.org"]);
    assert.deepEqual(refused.map(({ recipient, reply }) => [recipient, reply?.code]), [
      ["bob@example.org", 451],
      ["eve@example.org", 451],
    ]);
    await rig.clock.advance(3 * MINUTE);
    const rest = await rig.send({ to: mail.to.slice(1) });
    rest.assertAccepted();
    assert.deepEqual(rest.refused, []);
  });

  it("from another sender, or from another network, is another's", async () => {
    const rig = await Rig.make();
    await rig.send();
    await rig.clock.advance(3 * MINUTE);
    putOff(await rig.send({ from: "other@example.com" }), 180);
    putOff(await rig.send({ address: "192.0.3.1" }), 180);
    (await rig.send({ from: "SENDER@example.com", address: "192.0.2.255" })).assertAccepted();
  });
});

describe("the null sender", () => {
  const bounce = { from: "" };

  it("is put off at DATA, so that an address can be checked by calling back", async () => {
    const rig = await Rig.make();
    const first = await rig.send(bounce);
    first.assertTempfailed(451, "Greylisted, please try again in 180 seconds");
    assert.equal(first.event, "data");
    assert.deepEqual(first.refused, []);
    await rig.clock.advance(3 * MINUTE);
    (await rig.send(bounce)).assertAccepted();
  });

  it("waits as long as its last recipient does, without those that others refused", async () => {
    const rig = await Rig.make();
    await rig.send({ ...bounce, to: "ann@example.org" });
    await rig.clock.advance(2 * MINUTE);
    const both = { ...bounce, to: ["ann@example.org", "bob@example.org"] };
    (await rig.send(both)).assertTempfailed(451, "Greylisted, please try again in 180 seconds");
    await rig.clock.advance(3 * MINUTE);
    (await rig.send(both)).assertAccepted();
    await rig.remake("--not-recipient away.example");
    (await rig.send({ ...bounce, to: ["ann@example.org", "bob@away.example"] })).assertAccepted();
  });
});

describe("a client", () => {
  /** A new sender and recipient of the client waits. */
  async function wait(rig: Rig, number: number, more: Sent = {}): Promise<void> {
    const mail = { from: `${"x".repeat(number + 1)}@example.com`, ...more };
    putOff(await rig.send(mail), 180);
    await rig.clock.advance(3 * MINUTE);
    (await rig.send(mail)).assertAccepted();
  }

  it("is trusted after --auto-whitelist waits, of which one an hour counts", async () => {
    const rig = await Rig.make("--auto-whitelist 3");
    for (let number = 0; number < 5; number++) await wait(rig, number);
    await rig.clock.advance(HOUR);
    await wait(rig, 5, { to: ["a@example.org", "b@example.org", "c@example.org"] });
    await rig.clock.advance(HOUR);
    await wait(rig, 6);
    const trusted = await rig.send({ from: "new@example.com", to: "new@example.org", address: "192.0.2.77" });
    trusted.assertAccepted();
    assert.deepEqual(remarksOf(trusted), [
      "new@example.org: not greylisted: its client is trusted (no-ptr, spf-none)",
    ]);
    assert.equal(rig.count("trusted"), 1);
    putOff(await rig.send({ address: "192.0.3.1" }), 180);
  });

  it("is trusted for --keep after its last mail", async () => {
    const rig = await Rig.make("--auto-whitelist 1 --keep 10d");
    await wait(rig, 0);
    for (let time = 0; time < 3; time++) {
      await rig.clock.advance(10 * DAY - 1);
      (await rig.send({ from: `new${time}@example.org` })).assertAccepted();
    }
    await rig.clock.advance(10 * DAY);
    putOff(await rig.send(), 180);
  });

  it("is never trusted with --auto-whitelist 0", async () => {
    const rig = await Rig.make("--auto-whitelist 0");
    for (let number = 0; number < 7; number++) {
      await wait(rig, number);
      await rig.clock.advance(HOUR);
    }
    assert.equal(rig.count("trusted"), 0);
  });
});
