// The table of the short benchmark, and the file that one run leaves for the next.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CannotRun } from "../../scripts/bench/failure.ts";
import { comparison, parseRun, type QuickRow, savedRun } from "../../scripts/bench/quick_table.ts";

const row = (name: string, rounds: readonly [number, number, number], limit?: number): QuickRow => ({
  name,
  figure: rounds[1],
  rounds,
  limit,
});
const BEFORE = parseRun(
  savedRun([row("small", [0.3, 0.32, 0.36]), row("single", [0.28, 0.3, 0.31])]),
  "before.json",
);

function cells(rows: readonly QuickRow[], earlier = BEFORE): string[][] {
  return comparison(rows, earlier).split("\n").slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

test("a figure at its limit is kept, above it missed, and one without a limit is neither", () => {
  const rows = [row("a", [1, 2, 3], 2), row("b", [1, 2, 3], 1.99), row("c", [1, 2, 3])];
  const lines = comparison(rows).split("\n").slice(2).map((line) => line.replace(/ +/g, " "));
  assert.deepEqual(lines, [
    "| a | 2.00 | 1.00 to 3.00 | 2.00 | kept |",
    "| b | 2.00 | 1.00 to 3.00 | 1.99 | MISSED |",
    "| c | 2.00 | 1.00 to 3.00 | – | |",
  ]);
});

test("a change is noise if single rounds of both runs overlap", () => {
  const change = (...rounds: [number, number, number]) => cells([row("small", rounds)])[0]?.at(-1);
  assert.equal(change(0.36, 0.4, 0.41), "+25 % (noise)");
  assert.equal(change(0.361, 0.4, 0.41), "+25 %");
  assert.equal(change(0.2, 0.24, 0.3), "−25 % (noise)");
  assert.equal(change(0.2, 0.24, 0.299), "−25 %");
  assert.equal(change(0.3, 0.32, 0.36), "±0 % (noise)");
});

test("a figure of one round only, as memory has, is compared without a word on noise", () => {
  const before = parseRun(savedRun([{ name: "MB", figure: 40, rounds: [40], limit: 4 }]), "before.json");
  assert.deepEqual(
    cells([{ name: "MB", figure: 44, rounds: [44], limit: undefined }], before)[0]?.slice(-2),
    [
      "40.0",
      "+10 %",
    ],
  );
});

test("a figure that the earlier run does not have is new", () => {
  assert.deepEqual(cells([row("chain3", [1, 2, 3])])[0]?.slice(-2), ["–", "new"]);
});

test("what is no file of --save cannot be compared with", () => {
  for (
    const text of [
      "",
      "[]",
      "{}",
      '{"rows":[{"name":"small"}]}',
      '{"rows":[{"name":"small","figure":"1","rounds":[1]}]}',
      '{"rows":[{"name":"small","figure":1,"rounds":[]}]}',
      '{"rows":[{"name":"small","figure":1,"rounds":[null]}]}',
    ]
  ) {
    assert.throws(
      () => parseRun(text, "x.json"),
      (error: Error) =>
        error instanceof CannotRun && error.message === "--against x.json: this is no file that --save wrote",
      text,
    );
  }
});
