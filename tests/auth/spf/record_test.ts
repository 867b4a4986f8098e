import assert from "node:assert/strict";
import { test } from "node:test";
import { isSpfRecord, parseSpfRecord, type SpfRecord } from "../../../lib/auth/spf/record.ts";

function parsed(text: string): SpfRecord {
  const record = parseSpfRecord(text);
  assert.ok(!("problem" in record), JSON.stringify(record));
  return record;
}

function refused(terms: string): string {
  const record = parseSpfRecord(`v=spf1 ${terms}`);
  assert.ok("problem" in record, `${terms} is taken`);
  return `${record.term}: ${record.problem}`;
}

test("a record begins with v=spf1 in any case, and a space or nothing after it", () => {
  for (const text of ["v=spf1", "V=SPF1 -all", "v=spf1 "]) assert.ok(isSpfRecord(text), text);
  for (const text of ["v=spf10", "v=spf1-all", "v=spf1\t-all", " v=spf1", "v=spf2.0/pra", ""]) {
    assert.ok(!isSpfRecord(text), text);
  }
});

test("every mechanism, with its qualifier, network and prefix lengths", () => {
  const { mechanisms } = parsed(
    "v=spf1 a  mx:Example.org/24 ~A:x.org//64 -mx/8//0 ?ptr ptr:x.org. +exists:%{i}.x.org include:y.org ip4:192.0.2.0/24 " +
      "IP6:2001:db8::/32 ip6:::ffff:192.0.2.1 a/0 -all ",
  );
  assert.deepEqual(
    mechanisms.map(({ text, qualifier, kind, network, prefix4, prefix6 }) =>
      `${text} ${qualifier} ${kind} ${network ?? "-"} ${prefix4} ${prefix6}`
    ),
    [
      "a pass a - 32 128",
      "mx:Example.org/24 pass mx - 24 128",
      "~A:x.org//64 softfail a - 32 64",
      "-mx/8//0 fail mx - 8 0",
      "?ptr neutral ptr - 32 128",
      "ptr:x.org. pass ptr - 32 128",
      "+exists:%{i}.x.org pass exists - 32 128",
      "include:y.org pass include - 32 128",
      "ip4:192.0.2.0/24 pass ip4 192,0,2,0 24 128",
      "IP6:2001:db8::/32 pass ip6 32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,0 32 32",
      "ip6:::ffff:192.0.2.1 pass ip6 0,0,0,0,0,0,0,0,0,0,255,255,192,0,2,1 32 128",
      "a/0 pass a - 0 128",
      "-all fail all - 32 128",
    ],
  );
});

test("modifiers: redirect and exp once, unknown ones as often as they like", () => {
  const record = parsed(
    "v=spf1 redirect=_spf.%{d} EXP=e.example.org x-y.z=%{s}/1 x-y.z= match_subdomains=yes",
  );
  assert.equal(record.redirectText, "redirect=_spf.%{d}");
  assert.deepEqual(record.redirect?.pieces[0], "_spf.");
  assert.deepEqual(record.exp?.pieces, ["e.example.org"]);
  assert.deepEqual(record.mechanisms, []);
});

test("an error anywhere is one of the record, behind all too", () => {
  const cases: [terms: string, problem: string][] = [
    ["-all moo", "moo: the mechanism is unknown"],
    ["-all ip4:192.0.2.256", "ip4:192.0.2.256: ip4: has no valid network"],
    ["ipv4:192.0.2.1", "ipv4:192.0.2.1: the mechanism is unknown"],
    ["ip:192.0.2.1", "ip:192.0.2.1: the mechanism is unknown"],
    ["constructor", "constructor: the mechanism is unknown"],
    ["ip4", "ip4: ip4: has no valid network"],
    ["ip4:", "ip4:: ip4: has no valid network"],
    ["ip4:1.2.3", "ip4:1.2.3: ip4: has no valid network"],
    ["ip4:1.2.3.4/33", "ip4:1.2.3.4/33: ip4: has no valid network"],
    ["ip4:1.2.3.4/08", "ip4:1.2.3.4/08: ip4: has no valid network"],
    ["ip4:1.2.3.4/", "ip4:1.2.3.4/: ip4: has no valid network"],
    ["ip4:1.2.3.4//32", "ip4:1.2.3.4//32: ip4: has no valid network"],
    ["ip4:2001:db8::1", "ip4:2001:db8::1: ip4: has no valid network"],
    ["ip6:1.2.3.4", "ip6:1.2.3.4: ip6: has no valid network"],
    ["ip6:fe80::1%eth0", "ip6:fe80::1%eth0: ip6: has no valid network"],
    ["ip6:2001:db8::/129", "ip6:2001:db8::/129: ip6: has no valid network"],
    ["all:x.org", "all:x.org: all is followed by what it cannot have"],
    ["all/8", "all/8: all is followed by what it cannot have"],
    ["a:", "a:: a: has no valid domain"],
    ["a:/24", "a:/24: a: has no valid domain"],
    ["a/33", "a/33: a prefix length is invalid"],
    ["a//129", "a//129: a prefix length is invalid"],
    ["a/01", "a/01: a prefix length is invalid"],
    ["a/24/64", "a/24/64: a prefix length is invalid"],
    ["a/24/16", "a/24/16: a is followed by what it cannot have"],
    ["a/", "a/: a is followed by what it cannot have"],
    ["a:example.org/", "a:example.org/: a: has no valid domain"],
    ["a:localhost", "a:localhost: a: has no valid domain"],
    ["a:1.2.3.4", "a:1.2.3.4: a: has no valid domain"],
    ["a:x.-org", "a:x.-org: a: has no valid domain"],
    ["a:x.org-", "a:x.org-: a: has no valid domain"],
    ["a:x..", "a:x..: a: has no valid domain"],
    ["include", "include: include has no domain"],
    ["include:", "include:: include: has no valid domain"],
    ["include:x.org/24", "include:x.org/24: include: has no valid domain"],
    ["ptr/24", "ptr/24: ptr is followed by what it cannot have"],
    ["exists", "exists: exists has no domain"],
    ["exists:%{c}.x.org", "exists:%{c}.x.org: exists: has no valid domain"],
    ["--all", "--all: the mechanism is unknown"],
    ["-", "-: the mechanism is unknown"],
    ["a=b c:d", "c:d: the mechanism is unknown"],
    ["redirect=", "redirect=: redirect= has no valid domain"],
    ["redirect=x", "redirect=x: redirect= has no valid domain"],
    ["redirect=a.org redirect=a.org", "redirect=a.org: redirect= occurs twice"],
    ["exp=a.org Exp=b.org", "Exp=b.org: exp= occurs twice"],
    ["x=%{q}", "x=%{q}: a macro or a character of a modifier is invalid"],
    ["x=100%", "x=100%: a macro or a character of a modifier is invalid"],
    ["=x", "=x: the mechanism is unknown"],
    ["a:x.org\t", "a:x.org?: a: has no valid domain"],
    ["a:x\xe9.org", "a:x?.org: a: has no valid domain"],
    ["a:x.org\0", "a:x.org?: a: has no valid domain"],
    ["a:x.org\n-all", "a:x.org?-all: a: has no valid domain"],
  ];
  for (const [terms, problem] of cases) assert.equal(refused(terms), problem, terms);
  assert.equal(refused("z".repeat(65_000)).length, 200 + ": the mechanism is unknown".length);
});
