import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScript } from "../support/scripted/script.ts";
import { tokenize } from "../support/scripted/tokens.ts";

/** A script, and what of it cannot be made out. */
function read(text: string) {
  const warnings: string[] = [];
  return { ...parseScript(text, (warning) => warnings.push(warning)), warnings };
}

for (
  const [line, tokens] of [
    ["on  mail\tdo reject ", ["on", "mail", "do", "reject"]],
    ['arg="a b"c "" x', ["arg=a bc", "", "x"]],
    ['"a\\n\\r\\t\\0\\x41\\xfF\\"\\\\\\q"', ['a\n\r\t\0A\xff"\\q']],
    ['"no end', ["no end"]],
    ['"\\x4g" "\\x', ["?", ""]],
    ['"end\\', ["end\\"]],
    ["a\\n", ["a\\n"]],
    ["", []],
    [Array(60).fill("x").join(" "), Array(52).fill("x")],
  ] as [string, string[]][]
) {
  test(`words of ${JSON.stringify(line.slice(0, 40))}`, () => assert.deepEqual(tokenize(line), tokens));
}

test("an empty script asks for all actions, for no protocol flags, and does nothing", () => {
  assert.deepEqual(read(" \n# comment\n\n"), {
    actions: 0x1ff,
    protocol: 0,
    symlists: new Map(),
    macros: [],
    rules: [],
    warnings: [],
  });
});

test("names of flags become bits, the last line counts", () => {
  const { actions, protocol } = read(
    "actions all\nactions none change-header add-header\nprotocol nr-mail hdr-leadspc\n",
  );
  assert.deepEqual([actions, protocol], [0x11, 0x104000]);
  assert.equal(read("protocol all").protocol, 0x1fffff);
  assert.equal(read("actions").actions, 0);
});

test("macro lists come in the order of stages, macros to log in that of the script", () => {
  const { symlists, macros } = read(
    'symlist eoh i\nsymlist mail "i {mail_addr}"\nsymlist mail j\nmacros j i\nmacros {x}\n',
  );
  assert.deepEqual([...symlists], [["mail", "j"], ["eoh", "i"]]);
  assert.deepEqual(macros, ["j", "i", "{x}"]);
});

test("a rule has a stage, conditions, an action and its arguments", () => {
  const { rules } = read(
    'on header arg=subject count:X!=2 hdr:A~b: do addheader X "a\\0b"\non eom do accept\n',
  );
  assert.deepEqual(rules, [
    {
      stage: "header",
      conditions: [
        { key: "arg", header: "", operator: "=", value: "subject" },
        { key: "count", header: "X", operator: "!", value: "2" },
        { key: "hdr", header: "A", operator: "~", value: "b:" },
      ],
      action: "addheader",
      args: ["X", "a\0b"],
    },
    { stage: "eom", conditions: [], action: "accept", args: [] },
  ]);
});

test("what cannot be made out is left out and said", () => {
  const { rules, actions, warnings } = read(
    "frobnicate\nactions add-header add-footer\non noon do reject\non mail reject now\non mail do\nsymlist mail\n",
  );
  assert.deepEqual(rules, []);
  assert.equal(actions, 1);
  assert.deepEqual(warnings, [
    "bad line: frobnicate",
    "unknown flag add-footer",
    "unknown stage noon",
    "bad line: on",
    "bad line: symlist",
  ]);
});
