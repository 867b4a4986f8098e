// Files among options.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitOperands } from "../../cli/terminal/operands.ts";

const specs = [
  { name: "max", kind: "size", description: "" },
  { name: "json", kind: "flag", description: "" },
  { name: "only", short: "o", kind: "string", description: "" },
] as const;

describe("operands", () => {
  const cases: [args: string, operands: string, options: string][] = [
    ["a b", "a b", ""],
    ["--max 1 a", "a", "--max 1"],
    ["--max=1 a", "a", "--max=1"],
    ["--json a --max 1 b", "a b", "--json --max 1"],
    ["- --json", "-", "--json"],
    ["--json -- --max", "--max", "--json"],
    ["-o x a", "a", "-o x"],
    ["--only x a -o", "a", "--only x -o"],
    // What is unknown is for the parser of options to refuse.
    ["--mx a", "a", "--mx"],
    ["a --max", "a", "--max"],
  ];
  for (const [args, operands, options] of cases) {
    it(`of ${args}`, () => {
      const words = (text: string) => text.split(" ").filter(Boolean);
      assert.deepEqual(splitOperands(specs, words(args)), {
        operands: words(operands),
        options: words(options),
      });
    });
  }
});
