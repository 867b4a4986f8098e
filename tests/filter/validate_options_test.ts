// What a filter declares beside its callbacks: options, help, and a create that returns the callbacks.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InvalidFilterError, validateFilter } from "../../lib/filter/validate.ts";

const option = { kind: "string", description: "A word" };
const definition = { name: "x", summary: "Does x", options: { word: option }, create: () => ({}) };
const withOption = (changes: object) => ({ ...definition, options: { word: { ...option, ...changes } } });
const named = (name: string) => ({ ...definition, options: { [name]: option } });

/** What is wrong, and what is said of it. */
const WRONG: [definition: object, says: RegExp][] = [
  [{ ...definition, summary: 1 }, /^Invalid filter "x": summary must be a text that is not empty$/],
  [{ ...definition, description: "" }, /description must be a text that is not empty/],
  [{ ...definition, examples: [["only one"]] }, /examples must be a list of pairs/],
  [
    { ...definition, summary: undefined, sumary: "s" },
    /there is no setting "sumary"; did you mean "summary"\?/,
  ],
  [
    { ...definition, options: undefined, optons: {} },
    /there is no setting "optons"; did you mean "options"\?/,
  ],
  [
    { ...definition, wantsOrignal: true },
    /there is no setting "wantsOrignal"; did you mean "wantsOriginal"\?/,
  ],
  [{ ...definition, create: undefined }, /it has options, but no create that gets them/],
  [{ ...definition, create: "x" }, /create must be a function, got string/],
  [{ ...definition, eom() {} }, /it has eom beside create: let create return eom/],
  [{ ...definition, dispose() {} }, /it has dispose beside create: let create return dispose/],
  [
    { ...definition, options: [{ name: "word", ...option }] },
    /options must be an object of options by name, got a list/,
  ],
  [{ ...definition, options: 5 }, /options must be an object of options by name, got number/],
  [{ ...definition, options: { word: null } }, /option "word": it must be an object, got null/],
  [withOption({ name: "word" }), /option "word": there is no "name"/],
  [withOption({ repeatble: true }), /there is no "repeatble"; did you mean "repeatable"\?/],
  [named("--word"), /option "--word": its name must be lower-case words joined by hyphens, without the --/],
  [named("Word"), /its name must be lower-case/],
  [named("some_word"), /its name must be lower-case/],
  [withOption({ description: "" }), /option "word": it needs a description/],
  [withOption({ kind: "sting" }), /there is no kind "sting"; did you mean "string"\?/],
  [withOption({ kind: undefined }), /there is no kind "undefined"/],
  [withOption({ kind: "enum" }), /kind enum needs choices/],
  [withOption({ kind: "enum", choices: [] }), /kind enum needs choices/],
  [withOption({ choices: ["a"] }), /choices are for kind enum, not for string/],
  [withOption({ default: 5 }), /its default must be text, as on the command line, got number/],
  [
    withOption({ default: "" }),
    /its default is empty; leave it out, and the value is undefined if it is not given/,
  ],
  [withOption({ kind: "flag", default: "true" }), /a flag has no default: it is off unless given/],
  [withOption({ kind: "flag", required: true }), /a flag cannot be required: it would always be on/],
  [withOption({ required: true, default: "a" }), /its default can never take effect, since it is required/],
  [withOption({ repeatable: true, default: "a" }), /its default can never take effect, since it is a list/],
  [
    withOption({ kind: "integer", default: "five" }),
    /its default: Invalid --word "five": want a whole number/,
  ],
  [withOption({ max: 5 }), /max is for the kinds integer, size and duration, not for string/],
  [withOption({ kind: "integer", min: "5" }), /min must be a number, 0 or above, got "5"/],
  [withOption({ kind: "integer", min: 5, max: 4 }), /min 5 is above max 4/],
  [withOption({ kind: "integer", unitBelow: 5 }), /unitBelow is for kind size, not for integer/],
  [withOption({ within: "callback-timeout" }), /within is for the kinds integer, size and duration/],
];

describe("a definition", () => {
  for (const [wrong, says] of WRONG) {
    test(`that is wrong: ${says.source}`, () => {
      assert.throws(() => validateFilter(wrong, 1, true), (error) => {
        assert.ok(error instanceof InvalidFilterError);
        assert.equal(error.code, "invalid-filter");
        assert.match(error.message, says);
        return true;
      });
    });
  }

  test("that is right", () => {
    validateFilter(definition, 1, true);
    validateFilter({ ...definition, connectionState: () => 1, messageState: () => 1 }, 1, true);
    validateFilter(withOption({ kind: "enum", choices: ["a"], default: "a", metavar: "W" }), 1, true);
    validateFilter(withOption({ repeatable: true, required: true, example: "a" }), 1, true);
    validateFilter(
      { ...definition, examples: [["Does it:", "milterkit serve"]], wantsOriginal: true },
      1,
      true,
    );
  });

  test("that has to be made first is refused where a filter must be ready", () => {
    assert.throws(() => validateFilter(definition, 1), /it has a create: make it first, with await make/);
  });

  test("may have properties of its own", () => {
    validateFilter({ name: "x", sumary: 5, words: "lottery", eom() {} }, 1);
  });
});
