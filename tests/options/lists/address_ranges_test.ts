// Sets of addresses answer as the networks that they are made of.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AddressRanges, RangesBuilder } from "../../../lib/options/lists/address_ranges.ts";
import { networkParts, parseNetwork } from "../../../lib/options/network.ts";

function setOf(...networks: string[]): AddressRanges {
  const builder = new RangesBuilder();
  for (const text of networks) builder.add(networkParts(text)!);
  return builder.build();
}

/** Addresses at and beside the borders of networks that overlap, touch, contain each other or stand alone. */
const NETWORKS = [
  ["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "192.0.2.7", "192.0.2.8", "0.0.0.0/32", "255.255.255.255"],
  ["192.0.2.128/25", "192.0.2.0/25", "198.51.100.4/30", "9.255.255.255"],
  ["2001:db8::/32", "2001:db8:1::/48", "2001:db9::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["0.0.0.0/0"],
  ["8000::/1", "10.0.0.1"],
];
const ADDRESSES = [
  ..."0.0.0.0 0.0.0.1 9.255.255.254 9.255.255.255 10.0.0.0 10.0.0.1 10.255.255.255 11.0.0.0 12.0.0.0".split(
    " ",
  ),
  ..."192.0.1.255 192.0.2.0 192.0.2.6 192.0.2.7 192.0.2.8 192.0.2.9 192.0.2.255 192.0.3.0".split(" "),
  ..."198.51.100.3 198.51.100.4 198.51.100.7 198.51.100.8 255.255.255.254 255.255.255.255".split(" "),
  ..."::1 ::2 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:DB8::1 2001:db9:: 2001:db9::1".split(
    " ",
  ),
  ..."ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe".split(" "),
  ..."::ffff:10.0.0.1 ::ffff:192.0.2.9 fe80::1%eth0 nonsense".split(" "),
];

test("a set has the addresses of its networks, in whatever order they come", () => {
  for (const networks of NETWORKS) {
    for (const order of [networks, networks.toReversed()]) {
      const set = setOf(...order);
      for (const address of ADDRESSES) {
        const wanted = networks.some((text) => parseNetwork(text).has(address));
        assert.equal(set.has(address), wanted, `${address} in ${order}`);
      }
    }
  }
});

test("what a set does not have, and what two sets both have", () => {
  for (const networks of NETWORKS) {
    const set = setOf(...networks);
    const others = { ipv4: set.complement("ipv4"), ipv6: set.complement("ipv6") };
    for (const address of ADDRESSES.filter((each) => !/[%n]|ffff:\d+\./.test(each))) {
      const version = address.includes(":") ? "ipv6" : "ipv4";
      assert.equal(others[version].has(address), !set.has(address), `${address} outside of ${networks}`);
      assert.equal(others[version === "ipv6" ? "ipv4" : "ipv6"].has(address), false);
      for (const more of NETWORKS) {
        const other = setOf(...more);
        assert.equal(set.and(other).has(address), set.has(address) && other.has(address));
      }
    }
  }
});

test("the order of a hundred thousand networks does not matter", () => {
  const texts = Array.from({ length: 100_000 }, (_, i) => {
    const scattered = (i * 7919) % 100_000;
    return `${scattered >> 8 & 255}.${scattered & 255}.${i % 3}.0/24`;
  });
  const set = setOf(...texts);
  for (let i = 0; i < texts.length; i += 997) {
    assert.equal(set.has(texts[i]!.replace(/0\/24$/, "77")), true, texts[i]!);
    assert.equal(set.has(texts[i]!.replace(/\d+\.0\/24$/, "9.0")), false, texts[i]!);
  }
});
