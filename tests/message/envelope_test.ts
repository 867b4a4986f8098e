import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bareAddress,
  envelopeActions,
  EnvelopeAddress,
  type EnvelopeChange,
} from "../../lib/message/envelope.ts";
import { toBytes } from "../../lib/message/text.ts";
import { at } from "../support/present.ts";

const address = (path: string, ...args: string[]) => EnvelopeAddress.of(toBytes(path), args.map(toBytes));

test("an address is shown with and without its brackets", () => {
  for (
    const [path, bare] of [["<a@example.org>", "a@example.org"], ["<>", ""], ["a@b", "a@b"], [
      "<a",
      "<a",
    ]] as const
  ) {
    assert.equal(address(path).path, path);
    assert.equal(address(path).address, bare);
    assert.equal(bareAddress(path), bare);
  }
});

test("arguments are found by name in any spelling", () => {
  const sender = address("<>", "SIZE=1000", "body=8BITMIME", "SMTPUTF8", "AUTH=a=b");
  assert.deepEqual(sender.args, ["SIZE=1000", "body=8BITMIME", "SMTPUTF8", "AUTH=a=b"]);
  assert.equal(sender.arg("size"), "1000");
  assert.equal(sender.arg("BODY"), "8BITMIME");
  assert.equal(sender.arg("SMTPUTF8"), "");
  assert.equal(sender.arg("AUTH"), "a=b");
  assert.equal(sender.arg("RET"), undefined);
});

const from = (address: string, args?: string): EnvelopeChange => ({
  type: "changeFrom",
  address,
  ...args ? { args } : {},
});
const add = (address: string): EnvelopeChange => ({ type: "addRcpt", address });
const remove = (address: string): EnvelopeChange => ({ type: "deleteRcpt", address });

for (
  const [what, changes, recipients, expected] of [
    ["nothing asked for is nothing to do", [], ["a@b"], []],
    ["the last sender counts", [from("<1>", "RET=HDRS"), add("<x>"), from("<2>")], [], [
      add("<x>"),
      from("<2>", "RET=HDRS"),
    ]],
    ["a recipient added and deleted leaves no trace", [add("<x>"), remove("<x>")], ["a@b"], []],
    ["brackets do not matter for that", [add("x"), remove("<x>")], ["a@b"], []],
    ["one that was there, added and deleted is deleted", [add("<x>"), remove("<x>")], ["x"], [remove("<x>")]],
    ["one deleted and added stays", [remove("<x>"), add("<x>")], ["x"], [remove("<x>"), add("<x>")]],
    ["case matters", [add("<X>"), remove("<x>")], ["x"], [add("<X>"), remove("<x>")]],
    ["a deletion takes all additions before it", [add("<x>"), add("<x>"), remove("<x>"), add("<x>")], [], [
      add("<x>"),
    ]],
    ["one that is not there may be deleted", [remove("<x>")], [], [remove("<x>")]],
    ["order is kept", [add("<1>"), remove("<a>"), add("<2>")], ["a"], [
      add("<1>"),
      remove("<a>"),
      add("<2>"),
    ]],
  ] as [string, EnvelopeChange[], string[], EnvelopeChange[]][]
) {
  test(`of envelope changes: ${what}`, () => {
    assert.deepEqual(envelopeActions(changes, recipients, "postfix"), expected);
  });
}

test("for random changes an MTA ends with the recipients and the sender that the filters meant", () => {
  let state = 1;
  const below = (n: number) => (state = (state * 48271) % 0x7fffffff) % n;
  for (let round = 0; round < 2000; round++) {
    const recipients = ["a", "b", "c"].slice(0, below(4));
    const changes = Array.from({ length: below(8) }, (): EnvelopeChange => {
      const address = `<${"abcde"[below(5)]}>`;
      return at([from, add, remove], below(3))(address);
    });
    const carriedOut = (list: readonly EnvelopeChange[]) => {
      const there = new Set(recipients);
      let sender = "";
      for (const { type, address } of list) {
        if (type === "changeFrom") sender = address;
        else if (type === "addRcpt") there.add(bareAddress(address));
        else there.delete(bareAddress(address));
      }
      return [sender, [...there].sort()];
    };
    assert.deepEqual(carriedOut(envelopeActions(changes, recipients, "postfix")), carriedOut(changes));
  }
});

test("a recipient is deleted by each spelling under which the MTA has it", () => {
  const spellings: Readonly<Record<string, string>> = {
    "@r.example:z@example.org": "z@example.org",
    "Joe <z@example.org>": "z@example.org",
    "<z@example.org>(x)": "z@example.org",
    '"z"@example.org': "z@example.org",
    "z%example.org": "z%example.org",
    "z@example.org.": "z@example.org.",
    "z@example.org@": "z@example.org@",
    "@r.example:z@example.org.": "z@example.org.",
  };
  for (const [sent, kept] of Object.entries(spellings)) {
    for (const given of [sent, "z@example.org"]) {
      const change: EnvelopeChange = { type: "deleteRcpt", address: `<${given}>` };
      const deleted = (spelling: string) => [{ type: "deleteRcpt", address: `<${spelling}>` }];
      assert.deepEqual(envelopeActions([change], [sent, "b@example.org"], "postfix"), deleted(kept), sent);
      assert.deepEqual(envelopeActions([change], [sent, "b@example.org"], "sendmail"), deleted(sent), sent);
    }
  }
  const both = envelopeActions(
    [{ type: "deleteRcpt", address: "z@example.org" }],
    ["z@example.org", "z%example.org"],
    "postfix",
  );
  assert.deepEqual(both.map(({ address }) => address), ["z@example.org", "<z%example.org>"]);
});
