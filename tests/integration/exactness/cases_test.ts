// The cases themselves: there are enough, and few that no sequence of actions can have exactly.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chainCases } from "../../support/exactness/chain_tests.ts";

test("there are enough cases, and few that cannot be had exactly", () => {
  const cases = chainCases();
  const single = cases.filter(({ scripts }) => scripts.length === 1).length;
  assert.ok(single >= 120, `${single} cases with one filter`);
  assert.ok(cases.length - single >= 80, `${cases.length - single} cases with two or three filters`);
  const nearest = cases.filter(({ differences }) => differences.some(({ kind }) => kind === "nearest"));
  assert.ok(nearest.length <= 0.03 * cases.length, `${nearest.map(({ title }) => title).join("; ")}`);
});
