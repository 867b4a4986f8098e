import assert from "node:assert/strict";
import { test } from "node:test";
import { checkIprev } from "../../lib/auth/iprev.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { SILENT } from "./spf/support.ts";

const RECORDS = `
1.2.0.192.in-addr.arpa PTR other.example
1.2.0.192.in-addr.arpa PTR Mail.Example.
mail.example A 203.0.113.1
mail.example A 192.0.2.1
mail.example AAAA 2001:db8::1
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR mail.example
2.2.0.192.in-addr.arpa PTR mail.example
3.2.0.192.in-addr.arpa PTR no.example
4.2.0.192.in-addr.arpa TIMEOUT
5.2.0.192.in-addr.arpa PTR down.example
5.2.0.192.in-addr.arpa PTR mail.example
down.example SERVFAIL
6.2.0.192.in-addr.arpa PTR down.example
6.2.0.192.in-addr.arpa PTR six.example
six.example A 192.0.2.6
7.2.0.192.in-addr.arpa TXT nothing
${Array.from({ length: 11 }, (_, i) => `8.2.0.192.in-addr.arpa PTR n${i}.example`).join("\n")}
n10.example A 192.0.2.8
${Array.from({ length: 10 }, (_, i) => `9.2.0.192.in-addr.arpa PTR n${i}.example`).join("\n")}
n9.example A 192.0.2.9
`;

test("a name of the address leads back to it, or the result says why not", async () => {
  const resolver = parseRecordsFile(RECORDS);
  const cases: [client: string, result: string, name: string | undefined, reason: string][] = [
    ["192.0.2.1", "pass", "mail.example", "a name of the address has it"],
    ["::ffff:192.0.2.1", "pass", "mail.example", "a name of the address has it"],
    ["2001:db8::1", "pass", "mail.example", "a name of the address has it"],
    ["192.0.2.2", "fail", undefined, "no name of the address has it"],
    ["192.0.2.3", "fail", undefined, "no name of the address has it"],
    ["192.0.2.4", "temperror", undefined, "the lookup of names failed (timeout)"],
    ["192.0.2.5", "temperror", undefined, "a lookup of addresses failed (servfail)"],
    ["192.0.2.6", "pass", "six.example", "a name of the address has it"],
    ["192.0.2.7", "permerror", undefined, "the address has no name"],
    ["192.0.2.8", "fail", undefined, "no name of the address has it"],
    ["192.0.2.9", "pass", "n9.example", "a name of the address has it"],
    ["192.0.2.99", "permerror", undefined, "the address has no name"],
    ["unix", "permerror", undefined, "the client has no IP address"],
  ];
  for (const [client, result, name, reason] of cases) {
    const found = await checkIprev(client, { resolver });
    assert.deepEqual([found.result, found.name, found.reason], [result, name, reason], client);
  }
});

test("names that DNS cannot be asked for, and broken resolvers, are no error", async () => {
  const names = ["a\\.b.example", "\xe9.example", "x".repeat(70)];
  const odd = {
    ...SILENT,
    resolvePtr: () => Promise.resolve({ status: "found", records: names, ttl: 1 } as const),
  };
  assert.equal((await checkIprev("192.0.2.1", { resolver: odd })).result, "fail");
  const broken = { ...SILENT, resolvePtr: () => Promise.reject(new Error("broken")) };
  const { result, reason } = await checkIprev("192.0.2.1", { resolver: broken });
  assert.deepEqual([result, reason], ["temperror", "the lookup of names failed (network)"]);
});

test("when time is up, or the signal aborts, it is a temperror", async () => {
  const clock = new ManualClock();
  const slow = checkIprev("192.0.2.1", { resolver: SILENT, clock, deadline: 3000 });
  clock.advance(3000);
  assert.deepEqual(await slow, { result: "temperror", reason: "the check took too long" });
  const inner = parseRecordsFile(RECORDS);
  const partly = {
    ...SILENT,
    resolvePtr: inner.resolvePtr.bind(inner),
    resolveA: (name: string) => name === "mail.example" ? inner.resolveA(name) : SILENT.resolveA(name),
  };
  const passed = checkIprev("192.0.2.1", { resolver: partly, clock, deadline: 3000 });
  await new Promise((resolve) => setTimeout(resolve));
  clock.advance(3000);
  assert.equal((await passed).result, "pass", "one name is enough");
  const aborted = await checkIprev("192.0.2.1", { resolver: SILENT, signal: AbortSignal.abort() });
  assert.deepEqual(aborted, { result: "temperror", reason: "the check was aborted" });
  await assert.rejects(checkIprev("192.0.2.1", { resolver: SILENT, deadline: 0 }), RangeError);
});
