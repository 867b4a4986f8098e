/** Networks and patterns of addresses that a program makes from text. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { parseAddressPattern, parseNetwork, PatternError, scopeOf } from "../../mod.ts";

test("a network that is made from text sets a condition", () => {
  const scope = scopeOf({ clients: [parseNetwork("2001:db8::/32"), parseNetwork("192.0.2.1")] });
  const applies = (address: string) => {
    const client = { hostname: "h", family: "inet", address, port: 1 } as const;
    return scope?.connection?.({ client, listener: undefined });
  };
  assert.deepEqual(["2001:db8::1", "192.0.2.1", "192.0.2.2"].map(applies), [true, true, false]);
});

test("a pattern that is made from text sets a condition", () => {
  const pattern = parseAddressPattern(".example.org", "recipient");
  assert.equal(pattern.text, ".example.org");
  assert.deepEqual(["a@x.example.org", "a@example.org"].map(pattern.has), [true, false]);
  assert.equal(parseAddressPattern("<>").has(""), true);
});

for (
  const [parse, text, code, message] of [
    [
      parseNetwork,
      "10.1.0.0/8",
      "invalid-network",
      'Invalid network "10.1.0.0/8": 10.1.0.0 is not the first address of a network of /8: ' +
      "write 10.0.0.0/8, or 10.1.0.0 for one address",
    ],
    [
      parseNetwork,
      "localhost\n",
      "invalid-network",
      'Invalid network "localhost\\n": want a network, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1',
    ],
    [
      parseAddressPattern,
      "*@example.org",
      "invalid-address-pattern",
      'Invalid address pattern "*@example.org": write example.org for every address of it',
    ],
    [
      (text: string) => parseAddressPattern(text, "recipient"),
      "<>",
      "invalid-address-pattern",
      'Invalid address pattern "<>": a recipient always has an address; ' +
      "want example.org, .example.org or joe@example.org",
    ],
  ] as const
) {
  test(`${JSON.stringify(text)} is refused, with its text and what to write`, () => {
    assert.throws(() => parse(text), (error: unknown) => {
      assert.ok(error instanceof PatternError);
      assert.deepEqual([error.name, error.code, error.value], ["PatternError", code, text]);
      assert.equal(error.message, message);
      return true;
    });
  });
}
