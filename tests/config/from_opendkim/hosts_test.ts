// InternalHosts and PeerList: which clients they hold, exceptions included.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ListedNetwork, networksOf } from "../../../cli/commands/config/from_opendkim/network_set.ts";
import { parseNetwork } from "../../../lib/options/network.ts";
import { Random } from "../../support/random.ts";
import { convert, ONE_KEY, optionOf } from "./support.ts";

const clientsOf = (list: string) => optionOf(convert(`${ONE_KEY}InternalHosts ${list}\n`), "sign-client");
const notesOf = (list: string) => convert(`${ONE_KEY}InternalHosts ${list}\n`).notes;

test("addresses and networks stay, and localhost is its addresses", () => {
  assert.equal(optionOf(convert(ONE_KEY), "sign-client"), '["127.0.0.1", "::1"]');
  assert.equal(
    clientsOf("127.0.0.1,192.168.0.0/16 ,10.0.0.0/8"),
    '["10.0.0.0/8", "127.0.0.1", "192.168.0.0/16"]',
  );
});

test("an exception is cut out", () => {
  assert.equal(
    clientsOf("192.0.2.0/29,!192.0.2.5"),
    '["192.0.2.0/30", "192.0.2.4", "192.0.2.6/31"]',
  );
  assert.equal(clientsOf("csl:2001:db8::/126,!2001:DB8::1"), '["2001:db8::", "2001:db8::2/127"]');
  assert.equal(clientsOf("192.0.2.0/24,!192.0.2.0/25,192.0.2.7"), '["192.0.2.7", "192.0.2.128/25"]');
  assert.equal(clientsOf("192.0.2.1,!192.0.2.1/32"), '["192.0.2.1"]', "the address itself comes first");
  assert.equal(clientsOf("!192.0.2.1"), undefined);
  assert.equal(
    clientsOf("[192.0.2.1],[192.0.2.4]/31,![192.0.2.5],localhost"),
    '["127.0.0.1", "192.0.2.1", "192.0.2.4", "::1"]',
  );
});

const NEVER: readonly (readonly [entry: string, why: string])[] = [
  ["192.168.0.1/24", "the network of /24 is 192.168.0.0/24"],
  ["192.168.0.0/255.255.0.0", "it expects the length of the prefix, as in 192.0.2.0/24"],
  ["192.168.0.0/024", "it expects the length of the prefix, as in 192.0.2.0/24"],
  ["10/8", "it is neither an address nor a name"],
  ["*.example.org", "* is a wildcard only in tables that refile: names"],
  ["2001:db8:0:0::/48", "it expects 2001:db8::"],
  ["::ffff:192.0.2.1", "a client with an IPv4 address counts as IPv4"],
  ["!mail.example.org", "an exception by name applies to hosts that are listed by name alone"],
];
for (const [entry, why] of NEVER) {
  test(`what OpenDKIM never finds is left out with a note: ${entry}`, () => {
    assert.deepEqual(notesOf(`127.0.0.1,${entry}`), [
      `opendkim.conf:5 OpenDKIM never finds ${entry}: ${why}. It is left out here`,
    ]);
    assert.equal(clientsOf(`127.0.0.1,${entry}`), '["127.0.0.1"]');
  });
}

test("everybody as an internal host is warned of", () => {
  assert.match(notesOf("0.0.0.0/0")[0] ?? "", /everybody who reaches this address can have mail signed/);
});

/** Looks up an address as OpenDKIM does: as it is, then in ever wider networks, each time the exception first. */
function isListed(listed: readonly ListedNetwork[], address: number): boolean {
  const find = (length: number | undefined, first: string) =>
    [false, true].find((included) =>
      listed.some((each) => each.included === included && each.length === length && each.address === first)
    );
  const text = (value: number) => `203.0.113.${value}`;
  const exact = find(undefined, text(address));
  if (exact !== undefined) return exact;
  for (let length = 32; length >= 24; length--) {
    const found = find(length, text(address >> (32 - length) << (32 - length)));
    if (found !== undefined) return found;
  }
  return false;
}

test("random lists hold the clients that OpenDKIM finds in them, no other, and no network twice", () => {
  const random = new Random(7421);
  for (let n = 0; n < 100; n++) {
    const listed = Array.from({ length: 1 + random.below(8) }, (): ListedNetwork => {
      const length = random.below(4) === 0 ? undefined : 24 + random.below(9);
      const shift = 32 - (length ?? 32);
      return {
        address: `203.0.113.${random.below(256) >> shift << shift}`,
        length,
        included: random.below(3) > 0,
      };
    });
    const networks = networksOf(listed).map(parseNetwork);
    for (let address = 0; address < 256; address++) {
      const holding = networks.filter((network) => network.has(`203.0.113.${address}`));
      assert.equal(holding.length, isListed(listed, address) ? 1 : 0, JSON.stringify({ listed, address }));
    }
  }
});
