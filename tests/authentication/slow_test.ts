// Name servers that take their time.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { authenticate } from "../../filters/authenticate/authenticate.ts";
import { RECIPIENT_WAIT } from "../../filters/authentication/message_check.ts";
import { dmarcCheck } from "../../filters/dmarc_check/dmarc_check.ts";
import { spfCheck } from "../../filters/spf_check/spf_check.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import type { Given } from "../support/made_filter.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FIELD, filterOf, ID, Session, type TestMail } from "./support.ts";

const RECORDS = `fail.example "v=spf1 -all"\nslow.example "v=spf1 -all"`;

/** Name servers that answer about slow.example only when they are let. */
class SlowDns {
  readonly asked: string[] = [];
  readonly #gate = Promise.withResolvers<void>();
  readonly resolver: Resolver;

  constructor() {
    const records = parseRecordsFile(RECORDS);
    const resolveTxt: Resolver["resolveTxt"] = async (name, signal) => {
      this.asked.push(name);
      if (name === "slow.example") await this.#gate.promise;
      return await records.resolveTxt(name, signal);
    };
    this.resolver = Object.assign(parseRecordsFile(RECORDS), { resolveTxt });
  }

  answer(): void {
    this.#gate.resolve();
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

async function sessionOf(definition: FilterDefinition, given: Given, callback?: number) {
  const dns = new SlowDns();
  const clock = new ManualClock();
  const filter = await filterOf(definition, given, dns.resolver, { clock });
  const limits = callback === undefined ? {} : { timeout: callback };
  const session = await new Session([{ ...filter, ...limits }], { clock }).open();
  return { dns, clock, session };
}

const slow: TestMail = { from: "joe@slow.example", to: ["a@x.example", "b@x.example"] };

describe("SPF that is slow", () => {
  it("is looked up from MAIL on, and keeps nobody waiting who refuses nothing", async () => {
    const { dns, session } = await sessionOf(spfCheck, []);
    const begun = session.connection.mail(EnvelopeAddress.of("<joe@slow.example>"));
    await turn();
    assert.deepEqual(dns.asked.splice(0), ["slow.example"], "before any recipient");
    await begun;
    await session.connection.abort();
    let ended = false;
    const sent = session.send(slow).finally(() => ended = true);
    while (dns.asked.length === 0) await turn();
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(ended, false, "the end of the message waits");
    dns.answer();
    const { verdict, results, refused } = await sent;
    assert.deepEqual([verdict, refused], ["continue", {}]);
    assert.match(results[0] ?? "", /spf=fail/);
  });

  it("refuses recipients if it is there in time", async () => {
    const { dns, clock, session } = await sessionOf(spfCheck, [["on-spf-fail", "reject"]]);
    const sent = session.send(slow);
    while (!clock.waited(RECIPIENT_WAIT)) await turn();
    clock.advance(RECIPIENT_WAIT - 1);
    dns.answer();
    const { refused } = await sent;
    assert.deepEqual(Object.keys(refused), slow.to);
  });

  for (const definition of [spfCheck, authenticate]) {
    it(`refuses the message at its end if it was not, and no recipient: ${definition.name}`, async () => {
      const { dns, clock, session } = await sessionOf(definition, [["on-spf-fail", "reject"]]);
      const sent = session.send(slow);
      while (!clock.waited(RECIPIENT_WAIT)) await turn();
      clock.advance(RECIPIENT_WAIT);
      for (let i = 0; i < 5; i++) await turn();
      dns.answer();
      const { refused, verdict, failures } = await sent;
      assert.deepEqual([refused, failures], [{}, []]);
      assert.match(verdict, /^reject \(550 5\.7\.23 SPF of slow\.example fails/);
    });
  }

  it("is a temperror after --lookup-timeout, which --on-spf-error is for", async () => {
    for (
      const [action, verdict] of [["accept", /^continue$/], ["reject", /^tempfail \(451 4\.7\.24 /]] as const
    ) {
      const { clock, session } = await sessionOf(spfCheck, [["on-spf-error", action], [
        "lookup-timeout",
        "20s",
      ]]);
      const sent = session.send(slow);
      while (!clock.waited(20_000)) await turn();
      assert.equal(clock.left(20_000), 20_000, "from MAIL on");
      await clock.pass(20_000);
      const outcome = await sent;
      assert.match(outcome.verdict, verdict);
      assert.deepEqual(outcome.failures, []);
      if (action === "accept") {
        assert.match(
          outcome.results[0] ?? "",
          /spf=temperror reason="the check took too long" smtp\.mailfrom=slow\.example/,
        );
      }
    }
  });

  it("is refused at the recipients, within --lookup-timeout, if that is shorter", async () => {
    const { clock, session } = await sessionOf(spfCheck, [["on-spf-error", "tempfail"], [
      "lookup-timeout",
      "2s",
    ]]);
    const sent = session.send(slow);
    while (!clock.waited(2000)) await turn();
    await clock.pass(2000);
    const { refused } = await sent;
    assert.deepEqual(Object.keys(refused), slow.to);
  });

  it("fails the filter where --callback-timeout is shorter than its wait", async () => {
    const { clock, session } = await sessionOf(spfCheck, [["on-spf-fail", "reject"]], 1000);
    const sent = session.send(slow);
    while (!clock.waited(1000)) await turn();
    clock.advance(1000);
    const { verdict, failures } = await sent;
    assert.equal(verdict, "tempfail");
    assert.equal(failures.length, 1);
  });

  it("fails the filter with --on-error accept: a later one removes forged fields, and has a temperror", async () => {
    const dns = new SlowDns();
    const clock = new ManualClock();
    const given: Given = [["on-spf-fail", "reject"], ["on-error", "accept"]];
    const spf = { ...await filterOf(spfCheck, given, dns.resolver, { clock }), timeout: 1000 };
    const records = '_dmarc.slow.example "v=DMARC1; p=reject"';
    const dmarc = await filterOf(dmarcCheck, [["on-dmarc-fail", "policy"]], records);
    const session = await new Session([spf, dmarc], { clock }).open();
    const forged = [FIELD, `${ID}; dmarc=pass`] as const;
    const sent = session.send({ ...slow, header: [forged, ["From", "joe@slow.example"]] });
    while (!clock.waited(1000)) await turn();
    clock.advance(1000);
    const { verdict, failures, results } = await sent;
    assert.deepEqual([verdict, failures.length, results.length], ["continue", 1, 1]);
    assert.match(results[0] ?? "", /^mx\.example\.test; spf=temperror [^;]*; dmarc=temperror /);
    dns.answer();
  });

  it("costs only its own message, on the same connection and beside it", async () => {
    const { dns, clock, session } = await sessionOf(authenticate, [["on-spf-error", "reject"]]);
    const sent = session.send(slow);
    while (!clock.waited(20_000)) await turn();
    await clock.pass(20_000);
    assert.match((await sent).verdict, /^tempfail \(451 4\.7\.24/);
    const next = await session.send({ from: "joe@fail.example" });
    assert.deepEqual([next.verdict, next.failures], ["continue", []]);
    assert.match(next.results[0] ?? "", /spf=fail /);
    dns.answer();
  });

  it("is given up when the message is aborted", async () => {
    const { dns, session } = await sessionOf(spfCheck, []);
    const sent = session.send({ ...slow, to: [] });
    await sent;
    dns.answer();
    const next = await session.send({ from: "joe@fail.example" });
    assert.equal(next.results[0]?.match(/spf=/g)?.length, 1);
  });
});
