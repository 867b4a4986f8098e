// Whom the patterns of --sign match, and what is said of others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { coversAuthors, readAuthorPattern } from "../../filters/dkim_sign/author_pattern.ts";

function read(text: string) {
  return readAuthorPattern(text, (reason) => {
    throw new Error(reason);
  });
}
const matches = (pattern: string, address: string) => read(pattern)?.has(address) ?? true;

const ADDRESSES = [
  "joe@example.org",
  "joe@mail.example.org",
  "joe@notexample.org",
  "jim@example.net",
  "Joe@Example.ORG",
];
const MATCHES: readonly (readonly [pattern: string, addresses: readonly number[]])[] = [
  ["*", [0, 1, 2, 3, 4]],
  ["example.org", [0, 4]],
  [".example.org", [1]],
  ["joe@*", [0, 1, 2, 4]],
  ["J*@example.*", [0, 3, 4]],
  ["j*@*.example.org", [1]],
  ["*e@example.org", [0, 4]],
  ["*@example.*", [0, 3, 4]],
];
for (const [pattern, addresses] of MATCHES) {
  test(`${pattern} matches the addresses that it says`, () => {
    assert.deepEqual(ADDRESSES.flatMap((address, i) => matches(pattern, address) ? [i] : []), addresses);
  });
}

test("characters that are special in regular expressions are not in a pattern", () => {
  assert.equal(matches("a.b+c*@example.org", "a.b+cd@example.org"), true);
  assert.equal(matches("a.b+c*@example.org", "axbbc@example.org"), false);
  assert.equal(matches("joe@*.example.org", "joe@mail.exampleXorg"), false);
});

const WRONG: readonly (readonly [pattern: string, reason: RegExp])[] = [
  ["*@example.org", /write example\.org for every address of it/],
  ["*@*.example.org", /write \.example\.org for the domains below it/],
  ["*.example.org", /write \.example\.org for the domains below it/],
  ["*example.org", /write \.example\.org for the domains below it, example\.org for itself/],
  ["joe@*example.org", /in a domain, \* stands for whole labels/],
  ["joe@mail*.example.org", /in a domain, \* stands for whole labels/],
  ["*@*", /write \* for any author/],
  ["joe@*.*", /write joe@\*/],
  ["j* e@example.org", /want an address before =/],
];
for (const [pattern, reason] of WRONG) {
  test(`${pattern} is refused`, () => assert.throws(() => read(pattern), reason));
}

test("a pattern covers another one only if that is sure", () => {
  const covers = (outer: string, inner: string) => coversAuthors(read(outer), read(inner));
  assert.equal(covers("*", "joe@*"), true);
  assert.equal(covers("joe@*", "JOE@*"), true);
  assert.equal(covers("joe@*", "joe@example.org"), false);
  assert.equal(covers("joe@example.org", "*"), false);
  assert.equal(covers("example.org", "joe@example.org"), true);
});
