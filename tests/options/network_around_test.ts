// The network of an address.
import assert from "node:assert/strict";
import { test } from "node:test";
import { networkAround } from "../../lib/options/network.ts";

const NETWORKS: [address: string, ipv4: number, ipv6: number, network: string | undefined][] = [
  ["192.0.2.77", 24, 64, "192.0.2.0/24"],
  ["192.0.2.77", 32, 64, "192.0.2.77"],
  ["192.0.2.77", 30, 64, "192.0.2.76/30"],
  ["192.0.2.77", 8, 64, "192.0.0.0/8"],
  ["::ffff:192.0.2.77", 24, 64, "192.0.2.0/24"],
  ["2001:DB8:0:0:1::7", 24, 64, "2001:db8::/64"],
  ["2001:db8:0:1:0:0:0:7", 24, 64, "2001:db8:0:1::/64"],
  ["2001:db8:0:1:0:0:0:7", 24, 128, "2001:db8:0:1::7"],
  ["2001:db8:0:1::7", 24, 48, "2001:db8::/48"],
  ["fe80::1%eth0", 24, 64, "fe80::/64"],
  ["unknown", 24, 64, undefined],
  ["", 24, 64, undefined],
];

for (const [address, ipv4, ipv6, network] of NETWORKS) {
  test(`${address} with ${ipv4} and ${ipv6} bits is in ${network}`, () => {
    assert.equal(networkAround(address, { ipv4, ipv6 }), network);
  });
}
