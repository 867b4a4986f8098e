// How every command reads its line: options, operands, and what is wrong with them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UsageError } from "../../cli/terminal/arguments.ts";
import { type CommandLineSyntax, readCommandLine } from "../../cli/terminal/command_line.ts";

const OPTIONS = [
  { name: "max", kind: "size", description: "" },
  { name: "json", kind: "flag", description: "" },
] as const;

function read(syntax: Omit<CommandLineSyntax, "help">, args: string) {
  const invocation = { program: "milterkit x", operands: "[FILE]", args: args.split(" ").filter(Boolean) };
  return readCommandLine({ help: {}, ...syntax }, invocation);
}

describe("a command line", () => {
  it("has options and operands in any order", () => {
    const { program, options, operands } = read(
      { options: OPTIONS, operandKind: "file" },
      "a --max 1MB - --json b",
    );
    assert.equal(program, "milterkit x");
    assert.deepEqual([options.get("size", "max"), options.get("flag", "json")], [1_000_000, true]);
    assert.deepEqual(operands, ["a", "-", "b"]);
  });

  it("has short forms of options", () => {
    const only = { name: "only", short: "o", kind: "string", description: "" } as const;
    const { options, operands } = read({ options: [...OPTIONS, only], operandKind: "file" }, "-o x a --json");
    assert.deepEqual([options.get("string", "only"), operands], ["x", ["a"]]);
    const both = read({ options: [only], operandKind: "file" }, "--only y");
    assert.equal(both.options.get("string", "only"), "y");
  });

  const wrong: [syntax: Omit<CommandLineSyntax, "help">, args: string, says: string][] = [
    [
      { options: [], operandKind: "file" },
      "a --max 1",
      "milterkit x: there is no option --max; there is only --help",
    ],
    [
      { options: [], operandKind: "any" },
      "--m\x1b[31m",
      "milterkit x: there is no option --m\\x1b[31m; there is only --help",
    ],
    [
      { options: [], operandKind: "none" },
      "--max",
      "milterkit x: there is no option --max; there is only --help",
    ],
    [{ options: [], operandKind: "none" }, "a", 'milterkit x: Unexpected option or argument: "a".'],
    [
      { options: OPTIONS, operandKind: "none" },
      "--json a",
      "milterkit x: Unexpected option or subcommand: a.",
    ],
    [
      { options: OPTIONS, operandKind: "file" },
      "a --max 12",
      'milterkit x: Invalid --max "12": write 12MB, or 12B if you mean bytes',
    ],
  ];
  for (const [syntax, args, says] of wrong) {
    it(`is refused: ${says}`, () => {
      assert.throws(() => read(syntax, args), (error) => {
        assert.ok(error instanceof UsageError, String(error));
        assert.equal(error.message, says);
        return true;
      });
    });
  }
});
