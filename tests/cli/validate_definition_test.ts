// What the command line asks of a filter in a user's file, beyond what the library asks.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { validateDefinition } from "../../cli/user_filter/validate_definition.ts";
import { registry } from "../../filters/registry.ts";
import { InvalidFilterError } from "../../lib/filter/validate.ts";

const option = { kind: "string", description: "A word" };
const withOption = (name: string, changes: object = {}) => ({
  name: "x",
  options: { [name]: { ...option, ...changes } },
  create: () => ({}),
});

/** What is wrong, and what is said of it. */
const WRONG: [definition: object, says: RegExp][] = [
  [{ name: "" }, /^Invalid filter number 1: it needs a name/],
  [withOption("help"), /^Invalid filter "x": option "help": that name is taken; choose another$/],
  [withOption("filter"), /option "filter": that name is taken/],
  [
    withOption("wait", { kind: "duration", within: "callback-timout" }),
    /option "wait": within names no option of serve of kind duration: "callback-timout"; did you mean "callback-timeout"\?/,
  ],
  [
    withOption("most", { kind: "size", within: "callback-timeout" }),
    /within names no option of serve of kind size: "callback-timeout"/,
  ],
];

describe("a definition", () => {
  for (const [wrong, says] of WRONG) {
    test(`that is wrong: ${says.source}`, () => {
      assert.throws(() => validateDefinition(wrong), (error) => {
        assert.ok(error instanceof InvalidFilterError);
        assert.match(error.message, says);
        return true;
      });
    });
  }

  test("that is right", () => {
    validateDefinition({ name: "x", eom() {} });
    validateDefinition(withOption("word"));
    validateDefinition(withOption("wait", { kind: "duration", within: "callback-timeout" }));
    for (const builtIn of registry) validateDefinition(builtIn);
  });
});
