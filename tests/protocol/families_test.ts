/** Families of addresses, in words and as the letters of libmilter's SMFIA_*. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClientFamily, FAMILY_LETTERS, familyOf } from "../../lib/protocol/families.ts";

test("each family has libmilter's letter, and no other letter has one", () => {
  const letters = { inet: "4", inet6: "6", unix: "L", unknown: "U" } as const;
  for (const [family, letter] of Object.entries(letters)) {
    assert.equal(String.fromCharCode(FAMILY_LETTERS[family as ClientFamily]), letter);
    assert.equal(familyOf(letter.charCodeAt(0)), family);
  }
  assert.deepEqual(Object.keys(FAMILY_LETTERS), Object.keys(letters));
  assert.equal(familyOf("X".charCodeAt(0)), undefined);
});
