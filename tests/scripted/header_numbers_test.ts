// What each MTA does with the same changes was seen with refmilter behind it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type EndOfMessage, HeaderField } from "../../mod.ts";
import { fromBytes } from "../support/scripted/bytes.ts";
import { type HeaderChange, HeaderNumbers } from "../support/scripted/header_numbers.ts";
import type { Mta } from "../support/scripted/mta.ts";

type Step = (numbers: HeaderNumbers) => HeaderChange;

const change = (name: string, number: number, value: string): Step => (numbers) =>
  numbers.change(name, number, value);
const remove = (name: string, number: number): Step => (numbers) => numbers.delete(name, number);
const add = (name: string, value: string): Step => (numbers) => numbers.add(name, value);
const insert = (index: number, name: string, value: string): Step => (numbers) =>
  numbers.insert(index, name, value);

/** What the steps come to in Milterkit's API, for a message with X: 1, Y: 1, x: 2 and X: 3. */
function calls(mta: Mta, steps: Step[]): string[] {
  const fields = ([["X", "1"], ["Y", "1"], ["x", "2"], ["X", "3"]] as const).map(([name, value]) =>
    HeaderField.of(name, value)
  );
  const made: string[] = [];
  const text = (value: string | Uint8Array) => typeof value === "string" ? value : fromBytes(value);
  const message: Partial<EndOfMessage> = {
    addHeader: (name, value) => made.push(`add ${name}: ${text(value)}`),
    insertHeader: (index, name, value) => made.push(`insert ${index} ${name}: ${text(value)}`),
    changeHeader: (field, value) => made.push(`change ${field.name}: ${field.value} to ${text(value)}`),
    deleteHeader: (field) => made.push(`delete ${field.name}: ${field.value}`),
  };
  const numbers = new HeaderNumbers(fields, mta);
  for (const make of steps.map((step) => step(numbers))) make(message as EndOfMessage);
  return made;
}

for (
  const [what, steps, postfix, sendmail = postfix] of [
    ["fields are found by name in any spelling and number", [change("x", 2, "two"), remove("X", 3)], [
      "change x: 2 to two",
      "delete X: 3",
    ]],
    ["number 0 is the first", [change("X", 0, "one")], ["change X: 1 to one"]],
    ["a change beyond the last, or of a name that is not there, adds", [
      change("X", 9, "a"),
      change("Z", 1, "b"),
    ], [
      "add X: a",
      "add Z: b",
    ]],
    ["a deletion beyond the last does nothing", [remove("X", 4), change("Z", 1, "")], []],
    ["an empty value deletes", [change("Y", 1, "")], ["delete Y: 1"]],
    [
      "Postfix numbers anew after a deletion, Sendmail does not",
      [remove("X", 1), remove("X", 1), change("X", 1, "new")],
      ["delete X: 1", "delete x: 2", "change X: 3 to new"],
      ["delete X: 1", "delete X: 1", "change X: 1 to new"],
    ],
    ["all three are gone", [remove("X", 3), remove("X", 2), remove("X", 1)], [
      "delete X: 3",
      "delete x: 2",
      "delete X: 1",
    ]],
    [
      "an added field has a number: the last in Postfix, the first in Sendmail",
      [add("X", "new"), change("X", 1, "first"), change("X", 4, "fourth")],
      ["add X: fourth", "change X: 1 to first"],
      ["add X: first", "change X: 3 to fourth"],
    ],
    ["an added field that is deleted is not added", [add("Z", "1"), remove("Z", 1)], []],
    ["an inserted field has the number of its place", [insert(0, "X", "top"), change("X", 1, "other")], [
      "insert 0 X: other",
    ]],
    [
      "an index counts the MTA's own fields",
      [insert(3, "X", "new"), remove("X", 2)],
      [],
      ["insert 3 X: new", "delete X: 1"],
    ],
    ["an index beyond the last is the end", [insert(100, "X", "new"), remove("X", 4)], []],
  ] as [string, Step[], string[], string[]?][]
) {
  test(what, () => {
    assert.deepEqual(calls("postfix", steps), postfix);
    assert.deepEqual(calls("sendmail", steps), sendmail);
  });
}
