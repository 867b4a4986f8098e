import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIp, parseIp, reverseName } from "../../lib/dns/ip_address.ts";
import { present } from "../support/present.ts";
import { Random, testSeed } from "../support/random.ts";

test("addresses become bytes and are written as RFC 5952 section 4 says", () => {
  const cases: [text: string, written: string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::192.0.2.1", "::c000:201"],
    ["0:0:1::", "0:0:1::"],
  ];
  for (const [text, written] of cases) assert.equal(formatIp(present(parseIp(text), text)), written, text);
  for (
    const text of [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "01.2.3.4",
      "256.1.1.1",
      "1::2::3",
      "fe80::1%eth0",
      ":1",
      "1.2.3.4 ",
    ]
  ) {
    assert.equal(parseIp(text), undefined, text);
  }
});

test("an address that was written is read as the same", () => {
  const random = new Random(testSeed("addresses"));
  for (let i = 0; i < 2000; i++) {
    const bytes = Uint8Array.from({ length: 16 }, () => random.below(3) ? 0 : random.below(256));
    bytes[0] = 0x20;
    assert.deepEqual(parseIp(formatIp(bytes)), bytes);
    assert.equal(new URL(`http://[${formatIp(bytes)}]/`).hostname, `[${formatIp(bytes)}]`);
  }
});

test("names for reverse lookups", () => {
  assert.equal(reverseName(present(parseIp("192.0.2.1"), "the address")), "1.2.0.192.in-addr.arpa");
  assert.equal(
    reverseName(present(parseIp("2001:db8::cb01"), "the address")),
    "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  );
});
