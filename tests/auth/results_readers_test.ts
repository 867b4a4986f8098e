// Fields that other readers take for ours are removed; those that other hosts may have written stay.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bearsAuthservId } from "../../lib/auth/authserv_id.ts";
import { skipFor } from "../support/instance.ts";
import { Random } from "../support/random.ts";
import { ownHalf } from "../support/runtime.ts";
import { forgedForm, othersForm, OUR_ID } from "./results_forms.ts";
import { RESULTS_READERS } from "./results_readers.ts";

/** How many both runtimes try together: the other readers take most of the time. */
const FORGED = 3000;
const OTHERS = 1000;

const random = new Random(8601);
const forged = own(Array.from({ length: FORGED }, () => forgedForm(random)));
const others = own(Array.from({ length: OTHERS }, () => othersForm(random)));

/** How many of the forged ones a reader has to find: that it finds few would show nothing. */
const LEAST = 100;

function own(fields: readonly string[]): string[] {
  const { first, end } = ownHalf(fields.length);
  return fields.slice(first, end);
}

for (const reader of RESULTS_READERS) {
  const skip = skipFor(await reader.problem());
  test(
    `what ${reader.name} takes for ours is removed, and of others' nothing`,
    { skip, timeout: 300_000 },
    async () => {
      const taken = await reader.takesForOurs([
        ...forged,
        ...others,
        ` ${OUR_ID}; dkim=pass header.d=bank.example`,
      ], OUR_ID);
      assert.equal(taken.pop(), true, "it knows a field of ours");
      const found = forged.filter((_, i) => taken[i]);
      assert.ok(found.length >= LEAST, `${found.length} of ${forged.length} found`);
      const kept = found.filter((value) => !bearsAuthservId(value, OUR_ID));
      assert.deepEqual(kept, [], `${kept.length} of the ${found.length} that it takes for ours are kept`);
      assert.deepEqual(
        others.filter((_, i) => taken[forged.length + i]),
        [],
        "it takes none of the others' for ours",
      );
    },
  );
}

test("fields that other hosts may have written stay", () => {
  assert.deepEqual(others.filter((value) => bearsAuthservId(value, OUR_ID)), []);
});
