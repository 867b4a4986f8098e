// Options as an author declares them, and the values that follow. See also definition_types.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineFilter, make } from "../../mod.ts";
import {
  declarationsOf,
  givenTexts,
  type OptionDeclarations,
  optionSpecs,
  propertyOf,
  valuesByProperty,
} from "../../lib/filter/option_declarations.ts";
import { OptionError, OptionValues } from "../../lib/options/options.ts";

const OPTIONS: OptionDeclarations = {
  "when-the-dns-is-down": { kind: "enum", choices: ["a", "b"], default: "a", description: "d" },
  word: { kind: "string", repeatable: true, required: true, description: "Words" },
  flag: { kind: "flag", description: "d" },
  time: { kind: "duration", description: "d" },
};
const SPECS = optionSpecs(OPTIONS);

test("options are data in the order of their declaration, and the other way round", () => {
  assert.deepEqual(SPECS.map(({ name }) => name), ["when-the-dns-is-down", "word", "flag", "time"]);
  assert.deepEqual(SPECS[2], { name: "flag", kind: "flag", description: "d" });
  assert.deepEqual(declarationsOf(SPECS), OPTIONS);
  assert.deepEqual(optionSpecs(undefined), []);
});

test("a property is the option's name in camel case", () => {
  const names = ["word", "when-down", "when-the-dns-is-down", "a-2nd-word", "max-8bit"];
  assert.deepEqual(names.map(propertyOf), ["word", "whenDown", "whenTheDnsIsDown", "a2ndWord", "max8bit"]);
});

test("values stand under their properties", () => {
  const given = [["word", "x"], ["time", "2s"], ["word", "y"], ["flag", ""]] as const;
  assert.deepEqual(valuesByProperty(SPECS, new OptionValues(SPECS, given)), {
    whenTheDnsIsDown: "a",
    word: ["x", "y"],
    flag: true,
    time: 2000,
  });
  assert.throws(() => valuesByProperty(SPECS, new OptionValues(SPECS, [])), (error) => {
    assert.ok(error instanceof OptionError);
    assert.equal(error.option, "word");
    assert.equal(error.message, "Missing --word: it must be given (Words)");
    return true;
  });
});

test("what a program gives becomes the texts of a command line", () => {
  assert.deepEqual(givenTexts(SPECS, { word: ["x", "y"], flag: true, time: 1500, whenTheDnsIsDown: "b" }), [
    ["word", "x"],
    ["word", "y"],
    ["flag", "true"],
    ["time", "1500ms"],
    ["when-the-dns-is-down", "b"],
  ]);
  assert.deepEqual(givenTexts(SPECS, { word: [], flag: false, time: undefined }), []);
  assert.throws(
    () => givenTexts(SPECS, { wrod: "x" }),
    /there is no such option; there are whenTheDnsIsDown, word/,
  );
  assert.throws(() => givenTexts([], { word: "x" }), /the filter has no options/);
  for (const value of [5, null, {}, () => {}]) {
    assert.throws(() => givenTexts(SPECS, { word: value }), /does not fit an option of kind string/);
  }
});

test("make refuses what its types refuse", async () => {
  const definition = defineFilter({
    name: "x",
    options: {
      "when-down": { kind: "enum", choices: ["accept", "tempfail"], default: "accept", description: "d" },
      most: { kind: "integer", description: "d" },
      wait: { kind: "duration", required: true, description: "d" },
      net: { kind: "network", repeatable: true, description: "d" },
      on: { kind: "flag", description: "d" },
    },
    create({ whenDown, most, wait, net, on }) {
      whenDown satisfies "accept" | "tempfail";
      most satisfies number | undefined;
      wait satisfies number;
      net satisfies readonly { readonly text: string }[];
      on satisfies boolean;
      // @ts-expect-error it is not there if it is not given
      most satisfies number;
      // @ts-expect-error it is one of two words
      whenDown satisfies "accept";
      return {};
    },
  });
  const calls = (): Promise<unknown>[] => [
    make(definition, { wait: "8s", whenDown: "tempfail", net: ["10.0.0.0/8"], most: 5, on: true }),
    // @ts-expect-error wait must be given
    make(definition, { most: 5 }),
    // @ts-expect-error there is no such word
    make(definition, { wait: 5, whenDown: "reject" }),
    // @ts-expect-error it is called whenDown here
    make(definition, { wait: 5, "when-down": "accept" }),
    // @ts-expect-error it is no list
    make(definition, { wait: [5, 6] }),
  ];
  const outcomes = (await Promise.allSettled(calls())).map(({ status }) => status);
  assert.deepEqual(outcomes, ["fulfilled", "rejected", "rejected", "rejected", "rejected"]);
});
