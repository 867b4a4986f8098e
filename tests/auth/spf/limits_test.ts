import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { check, notingResolver, SILENT, withRecord, type Zone, zoneResolver } from "./support.ts";

const QUERY = { client: "192.0.2.1", helo: "mail.example.org", mailFrom: "joe@example.org" };

/** Records of ten names that need one term each, and this one. */
function inRow(count: number): Zone {
  const zone: Record<string, Zone[string]> = {};
  for (let i = 0; i < count; i++) {
    const next = i + 1 < count ? `include:h${i + 1}.example` : "+all";
    zone[`h${i}.example`] = { TXT: [`v=spf1 ${next}`], A: ["203.0.113.9"] };
  }
  return zone;
}

test("ten terms need DNS at most, of all records together; the eleventh is an error", async () => {
  const ten = await check(withRecord("v=spf1 include:h0.example -all", inRow(10)));
  assert.deepEqual([ten.result, ten.lookups.terms], ["pass", 10]);
  const eleven = await check(withRecord("v=spf1 include:h0.example -all", inRow(11)));
  assert.equal(eleven.result, "permerror");
  assert.equal(eleven.reason, "more than 10 terms need DNS");
  assert.equal(eleven.mechanism, "include:h10.example");
  assert.equal(eleven.recordDomain, "h9.example");
  assert.equal(eleven.lookups.terms, 10);
});

test("which terms count: include, a, mx, ptr, exists and redirect; not all, ip4, ip6 and exp", async () => {
  const host = { A: ["203.0.113.9"], MX: [["1", "example.org"]], TXT: ["v=spf1 ?ip4:203.0.113.1"] };
  const zone: Zone = {
    "x.example": host,
    "1.2.0.192.in-addr.arpa": { PTR: ["other.example"] },
    "r.example": { TXT: ["v=spf1 -all exp=e.example"] },
    "e.example": { TXT: ["no"] },
  };
  const free = Array.from({ length: 30 }, (_, i) => `ip4:203.0.113.${i} ip6:2001:db8::${i}`).join(" ");
  const counted = "a:x.example mx:x.example ptr:x.example -exists:y.example include:x.example";
  const result = await check(withRecord(`v=spf1 ${free} ${counted} redirect=r.example`, zone));
  assert.equal(result.result, "fail");
  assert.equal(result.explanation, "no");
  assert.equal(result.lookups.terms, 6);
  // The PTR record's host is no subdomain of x.example, so it is not asked for.
  assert.equal(result.lookups.questions, 9);
});

test("the third term without an answer is an error, and the number is an option", async () => {
  const zone = withRecord("v=spf1 a:no1.example exists:no2.example mx:empty.example -all", {
    "empty.example": { TXT: ["x"] },
  });
  const third = await check(zone);
  assert.deepEqual([third.result, third.reason], ["permerror", "more than 2 lookups had no answer"]);
  assert.deepEqual([third.mechanism, third.recordDomain], ["mx:empty.example", "example.org"]);
  const three = await check(zone, {}, { maxVoidLookups: 3 });
  assert.deepEqual([three.result, three.lookups.void], ["fail", 3]);
  assert.equal((await check(zone, {}, { maxVoidLookups: 0 })).lookups.void, 1);
});

test("a client's address without a name is a void lookup of ptr, each time", async () => {
  const zone = withRecord("v=spf1 ptr ptr:a.example ptr:b.example -all");
  const result = await check(zone);
  assert.deepEqual([result.result, result.mechanism], ["permerror", "ptr:b.example"]);
  assert.equal(result.lookups.questions, 2, "its names are asked for once");
  const macros = withRecord("v=spf1 exists:%{p}.a.example exists:%{p}.b.example -all", {
    "unknown.a.example": { A: ["127.0.0.1"] },
  });
  assert.equal((await check(macros)).result, "pass", "of the macro p it is none");
});

test("hosts of an mx without addresses are no void lookups", async () => {
  const hosts = Array.from({ length: 10 }, (_, i) => [String(i), `no${i}.example`]);
  const zone = withRecord("v=spf1 mx -all", { "example.org": { MX: hosts } });
  const result = await check(zone);
  assert.deepEqual([result.result, result.lookups.void, result.lookups.terms], ["fail", 0, 1]);
});

test("a host with addresses of the other family alone is no void lookup", async () => {
  const v4: Zone[string] = { A: ["203.0.113.9"] };
  const zone = withRecord("v=spf1 a:h1.example a:h2.example a:h3.example a:h4.example -all", {
    "h1.example": v4,
    "h2.example": v4,
    "h3.example": v4,
    "h4.example": { ...v4, AAAA: "TIMEOUT" },
  });
  const v6 = await check(zone, { client: "2001:db8::1" });
  assert.deepEqual([v6.result, v6.lookups.void], ["temperror", 0]);
  const only6 = withRecord("v=spf1 a:h1.example a:h2.example a:h3.example -all", {
    "h1.example": { AAAA: ["2001:db8::9"] },
    "h2.example": { AAAA: ["2001:db8::9"] },
    "h3.example": { AAAA: ["2001:db8::9"], A: [] },
  });
  assert.deepEqual((await check(only6)).result, "fail");
  const neither = withRecord("v=spf1 a:h1.example a:h2.example a:h3.example -all", {
    "h1.example": { TXT: ["x"] },
    "h2.example": { TXT: ["x"] },
    "h3.example": { TXT: ["x"] },
  });
  for (const client of ["192.0.2.1", "2001:db8::1"]) {
    assert.equal((await check(neither, { client })).result, "permerror", client);
  }
});

test("more than ten hosts of an mx are an error, even if one would match", async () => {
  const hosts = (count: number) => ({
    MX: Array.from({ length: count }, (_, i) => [String(i), `h${i}.example`]),
  });
  const zone = { "h0.example": { A: ["192.0.2.1"] } };
  const ten = await check(withRecord("v=spf1 mx -all", { ...zone, "example.org": hosts(10) }));
  assert.equal(ten.result, "pass");
  const eleven = await check(withRecord("v=spf1 mx -all", { ...zone, "example.org": hosts(11) }));
  assert.deepEqual([eleven.result, eleven.reason], ["permerror", "the domain of mx has more than 10 hosts"]);
});

test("names of the client after the tenth are ignored by ptr and the macro p", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `n${i}.example.org`);
  const zone = (valid: string): Zone => ({
    "1.2.0.192.in-addr.arpa": { PTR: names },
    [valid]: { A: ["192.0.2.1"] },
  });
  assert.equal((await check(withRecord("v=spf1 ptr -all", zone("n9.example.org")))).result, "pass");
  assert.equal((await check(withRecord("v=spf1 ptr -all", zone("n10.example.org")))).result, "fail");
  const p = (valid: string) => ({ ...zone(valid), [`${valid}.p.example`]: { A: ["127.0.0.1"] } });
  const record = "v=spf1 exists:%{p}.p.example -all";
  assert.equal((await check(withRecord(record, p("n9.example.org")))).result, "pass");
  const late = await check(withRecord(record, p("n10.example.org")));
  assert.equal(late.result, "fail");
  assert.equal(late.lookups.questions, 13, "TXT, PTR, ten addresses, exists");
});

test("loops end at the limit", async () => {
  for (const term of ["include:example.org", "redirect=example.org", "a:no.example redirect=%{d}"]) {
    const { resolver, asked } = notingResolver(withRecord(`v=spf1 ${term}`));
    const result = await checkSpf(QUERY, { resolver, maxVoidLookups: 100 });
    assert.equal(result.result, "permerror", term);
    assert.ok(asked.length <= 11, `${asked.length} questions`);
  }
});

test("the most questions that records of a stranger can cause", async () => {
  const hosts = Array.from({ length: 10 }, (_, i) => [String(i), `h${i}.example`]);
  const names = Array.from({ length: 200 }, (_, i) => `n${i}.example`);
  const zone = withRecord(`v=spf1 ${"mx:%{p}.m.example ".repeat(10)}-all exp=%{p}.m.example`, {
    "1.2.0.192.in-addr.arpa": { PTR: names },
    "unknown.m.example": { MX: hosts, TXT: ["%{p}".repeat(1000)] },
  });
  const { resolver, asked } = notingResolver(zone);
  const result = await checkSpf(QUERY, { resolver });
  assert.equal(result.result, "fail");
  assert.equal(asked.length, 1 + 1 + 10 + 10 + 100 + 1);
  assert.equal(result.explanation?.length, 1000);
});

test("when time is up the check is a temperror, whatever the resolver does", async () => {
  const clock = new ManualClock();
  const check = checkSpf(QUERY, { resolver: SILENT, clock });
  clock.advance(19_999);
  const early = await Promise.race([check, Promise.resolve("waiting")]);
  assert.equal(early, "waiting");
  clock.advance(1);
  const late = await check;
  assert.deepEqual([late.result, late.reason], ["temperror", "the check took too long"]);
  assert.deepEqual([late.domain, late.recordDomain], ["example.org", undefined]);
  await checkSpf(QUERY, { resolver: zoneResolver({}), clock });
  assert.ok(!clock.waited(20_000), "a check that ended waits for nothing");
});

test("time is for the whole check, and ptr, whose errors are no match, does not go on after it", async () => {
  const clock = new ManualClock();
  const inner = zoneResolver(withRecord("v=spf1 ptr -all"));
  const resolver = { ...SILENT, resolveTxt: inner.resolveTxt.bind(inner), resolvePtr: SILENT.resolvePtr };
  const check = checkSpf(QUERY, {
    resolver,
    clock,
    deadline: 30_000,
    onStep: ({ type }) => {
      if (type === "record") clock.advance(29_999);
      // The question for the client's names is on its way by then.
      if (type === "record") setTimeout(() => clock.advance(1), 0);
    },
  });
  const { result, mechanism } = await check;
  assert.deepEqual([result, mechanism], ["temperror", "ptr"]);
});

test("a signal ends the check, before it and in it", async () => {
  const controller = new AbortController();
  const running = checkSpf(QUERY, { resolver: SILENT, signal: controller.signal });
  controller.abort(new Error("the client has gone"));
  const { result, reason } = await running;
  assert.deepEqual([result, reason], ["temperror", "the check was aborted"]);
  const { resolver, asked } = notingResolver(withRecord("v=spf1 +all"));
  const late = await checkSpf(QUERY, { resolver, signal: controller.signal });
  assert.deepEqual([late.result, asked.length], ["temperror", 0]);
});

test("when time is up for the explanation, the fail stands without it", async () => {
  const clock = new ManualClock();
  const inner = zoneResolver(withRecord("v=spf1 -all exp=e.example"));
  const resolver = {
    ...SILENT,
    resolveTxt(name: string, signal?: AbortSignal) {
      if (name !== "e.example") return inner.resolveTxt(name, signal);
      clock.advance(20_000);
      return SILENT.resolveTxt(name, signal);
    },
  };
  const result = await checkSpf(QUERY, { resolver, clock });
  assert.deepEqual([result.result, result.explanation], ["fail", undefined]);
});

test("limits that are no limits are refused", async () => {
  for (
    const options of [{ maxVoidLookups: -1 }, { maxVoidLookups: 1.5 }, { deadline: 0 }, { deadline: NaN }]
  ) {
    await assert.rejects(check({}, {}, options), RangeError, JSON.stringify(options));
  }
});
