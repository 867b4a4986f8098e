import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChangeText } from "../../cli/commands/replay/answer_text.ts";
import { changeDifferences } from "../../cli/commands/replay/change_differences.ts";
import { at } from "../support/present.ts";

/** `X: 1` is a change of kind `X`. */
function changes(...texts: string[]): ChangeText[] {
  return texts.map((text) => ({ kind: text.replace(/:.*/, ""), identity: text, text }));
}

function told(recorded: string[], now: string[]): string[] {
  return changeDifferences(changes(...recorded), changes(...now)).map(({ recorded, now }) =>
    `${recorded} -> ${now}`
  );
}

test("equal lists", () => {
  assert.deepEqual(told([], []), []);
  assert.deepEqual(told(["A: 1", "B: 2", "A: 1"], ["A: 1", "B: 2", "A: 1"]), []);
});

test("what is there no more, what is new, and what has another value", () => {
  assert.deepEqual(told(["A: 1", "B: 1"], ["A: 1"]), ["B: 1 -> null"]);
  assert.deepEqual(told(["A: 1"], ["A: 1", "A: 1"]), ["null -> A: 1"]);
  assert.deepEqual(told(["A: 1", "B: 1", "C: 1"], ["A: 1", "B: 2", "C: 1"]), ["B: 1 -> B: 2"]);
  assert.deepEqual(told(["A: 1"], ["B: 1"]), ["A: 1 -> null", "null -> B: 1"]);
});

test("another order is one difference", () => {
  assert.deepEqual(told(["A: 1", "B: 1", "C: 1"], ["B: 1", "A: 1", "C: 1"]), [
    "in this order: A: 1, B: 1, C: 1 -> in this order: B: 1, A: 1, C: 1",
  ]);
});

test("very long lists are compared too", () => {
  const many = Array.from({ length: 5000 }, (_, i) => `A: ${i}`);
  assert.deepEqual(told(many, many), []);
  assert.deepEqual(told(many, [...many.slice(0, -1), "A: x"]), ["A: 4999 -> A: x"]);
});

test("values that look the same are said to differ", () => {
  const [a, b] = [{ kind: "A", identity: "1", text: "A: …" }, { kind: "A", identity: "2", text: "A: …" }];
  assert.match(at(changeDifferences([a], [b]), 0).now ?? "", /differs in what is not shown/);
});
