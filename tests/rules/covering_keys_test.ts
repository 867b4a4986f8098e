// A value that covers another one is found by a key that both have.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keysOfInner, keysOfOuter, type WrittenConditions } from "../../filters/rules/covering_keys.ts";
import {
  type AddressPattern,
  coversPattern,
  parseAddressPattern,
} from "../../lib/options/address_pattern.ts";
import { coversNetwork, type Network, parseNetwork } from "../../lib/options/network.ts";

type Value = AddressPattern | Network;

const ADDRESSES = [
  ..."<> joe@example.org JOE@Example.Org joe@a.example.org ann@b.example example.org a.example.org b.a.example.org"
    .split(" "),
  ..."EXAMPLE.org .example.org .a.example.org .org b.example .b.example [192.0.2.1] joe@[192.0.2.1] bücher.example"
    .split(" "),
  ..."xn--bcher-kva.example joe@bücher.example .example".split(" "),
].map((text) => parseAddressPattern(text));

const NETWORKS = [
  ..."0.0.0.0/0 10.0.0.0/8 10.0.0.0/9 10.1.0.0/16 10.1.2.0/24 10.1.2.3 10.1.2.3/32 11.0.0.0/8 192.0.2.1"
    .split(" "),
  ..."::/0 2001:db8::/32 2001:DB8:0::/48 2001:db8::1 2001:db8:1::/49 fe80::/10 ::1".split(" "),
].map((text) => parseNetwork(text));

function listOf<V extends Value>(text: string, parts: readonly V[] | undefined): V {
  return { text, has: () => false, parts: () => parts } as unknown as V;
}

/** Values, lists of them, a list of lists, an empty one, and one that may change. */
function withLists<V extends Value>(values: readonly V[]): readonly V[] {
  const lists = values.map((value, i) => listOf(`@l${i}`, [value, ...values.slice(i + 3, i + 5)]));
  const outer = listOf("@outer", [lists[0]!, lists[4]!]);
  return [...values, ...lists, outer, listOf<V>("@empty", []), listOf<V>("@changing", undefined)];
}

const conditions = (name: string, ...values: readonly Value[]): WrittenConditions =>
  new Map([[name, values.map((value) => ({ name, text: value.text, value }))]]);

function meet(outer: WrittenConditions, inner: WrittenConditions): boolean {
  const keys = keysOfInner(inner);
  const choices = keysOfOuter(outer);
  return choices.length === 1 && choices.every((choice) => [...choice].some((key) => keys.has(key)));
}

function check<V extends Value>(
  values: readonly V[],
  subject: string,
  covers: (outer: V, inner: V) => boolean,
): void {
  let covered = 0;
  let kept = 0;
  const [other] = values;
  for (const wide of values) {
    for (const narrow of values) {
      const meets = meet(conditions(`only-${subject}`, wide), conditions(`only-${subject}`, narrow));
      if (!covers(wide, narrow)) {
        if (!meets) kept++;
        continue;
      }
      covered++;
      const words = `${wide.text} covers ${narrow.text}`;
      assert.ok(meets, words);
      assert.ok(
        meet(conditions(`only-${subject}`, other!, wide), conditions(`only-${subject}`, narrow)),
        words,
      );
      // "not" a narrow one is wider than "not" a wide one.
      assert.ok(
        meet(conditions(`not-${subject}`, narrow), conditions(`not-${subject}`, other!, wide)),
        words,
      );
    }
  }
  assert.ok(covered > values.length, `${covered} covered`);
  assert.ok(kept > 10 * values.length, `${kept} need not be compared`);
}

describe("a value that covers another one has a key in common with it", () => {
  it("addresses, and lists of them", () => check(withLists(ADDRESSES), "sender", coversPattern));
  it("networks, and lists of them", () => check(withLists(NETWORKS), "client", coversNetwork));

  it("sizes have none, so that they are always compared", () => {
    const size = new Map([["only-larger", [{
      name: "only-larger",
      text: "1MB",
      value: 1_000_000,
      group: 0,
    }]]]);
    assert.deepEqual(keysOfOuter(size), []);
    assert.equal(keysOfInner(size).size, 0);
  });
});
