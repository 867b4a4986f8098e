// Fields that other readers understand say the same to us, and what we read says nothing else to them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAuthResults } from "../../lib/auth/parse_auth_results.ts";
import { skipFor } from "../support/instance.ts";
import { Random, testSeed } from "../support/random.ts";
import { ownHalf } from "../support/runtime.ts";
import { sampleField } from "./results_fields.ts";
import { plainField, RESULTS_PARSERS, withoutVersions } from "./results_parsers.ts";

const random = new Random(testSeed("results_parsers"));
const { first, end } = ownHalf(2000);
const fields = Array.from({ length: 2000 }, () => sampleField(random, "common").text).slice(first, end);

for (const parser of RESULTS_PARSERS) {
  const skip = skipFor(await parser.problem());
  test(`${parser.name} reads the same in fields of the common form`, { skip }, async () => {
    const theirs = await parser.read(fields);
    for (const [i, field] of fields.entries()) {
      const ours = parseAuthResults(new TextEncoder().encode(field));
      const their = theirs[i];
      assert.ok(ours !== undefined, `we read ${JSON.stringify(field)}`);
      assert.ok(their, `${parser.name} reads ${JSON.stringify(field)}`);
      assert.deepEqual(withoutVersions(their), plainField(ours), JSON.stringify(field));
    }
  });
}
