// What a filter definition in a user's file must be.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InvalidDefinitionError, validateDefinition } from "../../cli/user_filter/validate_definition.ts";
import { registry } from "../../filters/registry.ts";

const option = { name: "word", kind: "string", description: "A word" };
const definition = { name: "x", summary: "Does x", options: [option], create: () => ({ name: "x" }) };
const withOption = (changes: object) => ({ ...definition, options: [{ ...option, ...changes }] });

/** What is wrong, and what is said of it. */
const WRONG: [definition: object, says: RegExp][] = [
  [{ ...definition, name: "" }, /it needs a name/],
  [{ ...definition, name: undefined }, /^the definition: it needs a name/],
  [{ ...definition, summary: undefined }, /^definition "x": it needs a summary/],
  [{ ...definition, description: 1 }, /it needs a description/],
  [{ ...definition, create: undefined }, /create must be a function, got undefined/],
  [{ ...definition, options: {} }, /options must be a list, got object/],
  [{ ...definition, examples: [["only one"]] }, /examples must be a list of pairs/],
  [{ ...definition, sumary: "s" }, /there is no "sumary"; did you mean "summary"\?/],
  [{ ...definition, options: [null] }, /option 1 must be an object, got null/],
  [{ ...definition, options: [option, option] }, /there are two options "word"/],
  [withOption({ name: "--word" }), /its name must be lower-case words joined by hyphens, without the --/],
  [withOption({ name: "Word" }), /its name must be lower-case/],
  [withOption({ name: undefined }), /option 1: its name must be/],
  [withOption({ name: "help" }), /option "help": that name is taken/],
  [withOption({ name: "filter" }), /that name is taken/],
  [withOption({ description: "" }), /option "word": it needs a description/],
  [withOption({ kind: "sting" }), /there is no kind "sting"; did you mean "string"\?/],
  [withOption({ kind: undefined }), /there is no kind "undefined"/],
  [withOption({ kind: "enum" }), /kind enum needs choices/],
  [withOption({ kind: "enum", choices: [] }), /kind enum needs choices/],
  [withOption({ default: 5 }), /its default must be text, as on the command line, got number/],
  [
    withOption({ default: "" }),
    /its default is empty; leave it out, and get\(\) returns undefined if the option is not given/,
  ],
  [withOption({ kind: "flag", default: "true" }), /a flag has no default: it is off unless given/],
  [withOption({ choices: ["a"] }), /choices are for kind enum, not for string/],
  [withOption({ max: 5 }), /max is for the kinds integer, size and duration, not for string/],
  [withOption({ kind: "integer", min: "5" }), /min must be a number, 0 or above, got "5"/],
  [withOption({ kind: "integer", min: 5, max: 4 }), /min 5 is above max 4/],
  [withOption({ kind: "integer", unitBelow: 5 }), /unitBelow is for kind size, not for integer/],
  [
    withOption({ kind: "duration", within: "callback-timout" }),
    /within names no option of serve of kind duration: "callback-timout"; did you mean "callback-timeout"\?/,
  ],
  [
    withOption({ kind: "integer", default: "five" }),
    /its default: Invalid --word "five": want a whole number/,
  ],
  [withOption({ repeatble: true }), /there is no "repeatble"; did you mean "repeatable"\?/],
];

describe("a definition", () => {
  for (const [wrong, says] of WRONG) {
    test(`that is wrong: ${says.source}`, () => {
      assert.throws(() => validateDefinition(wrong), (error) => {
        assert.ok(error instanceof InvalidDefinitionError);
        assert.equal(error.code, "invalid-definition");
        assert.match(error.message, says);
        return true;
      });
    });
  }

  test("that is right", () => {
    validateDefinition(definition);
    validateDefinition(
      withOption({ kind: "enum", choices: ["a"], default: "a", repeatable: true, metavar: "W" }),
    );
    for (const builtIn of registry) validateDefinition(builtIn);
  });
});
