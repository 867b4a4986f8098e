import assert from "node:assert/strict";
import { test } from "node:test";
import { holds, type Occasion, parseCondition } from "../support/scripted/conditions.ts";
import { Conversation } from "../support/scripted/conversation.ts";
import { expand } from "../support/scripted/expansion.ts";

/** Second message of a connection, at its second recipient, with three header fields and a body. */
function conversation(): Conversation {
  const seen = new Conversation();
  for (const sender of ["<first@example.org>", "<second@example.org>"]) {
    seen.beginMessage(sender);
    seen.count("mail");
  }
  for (const recipient of ["<a@example.net>", "<b@example.net>"]) {
    seen.recipients.push(recipient);
    seen.count("rcpt");
  }
  for (const [name, value] of [["Subject", "hi"], ["X-A", "1"], ["x-a", "2"]] as const) {
    seen.headers.push({ name, value });
  }
  seen.addBody("bo");
  seen.addBody("dy\r\n");
  return seen;
}

const RCPT: Occasion = { stage: "rcpt", argument: "<b@example.net>" };
const HEADER: Occasion = { stage: "header", argument: "Subject", value: "Hello" };

for (
  const [condition, occasion, expected] of [
    ["msg=2", RCPT, true],
    ["msg!=2", RCPT, false],
    ["n=2", RCPT, true],
    ["n=2", { stage: "mail" }, true],
    ["n=0", HEADER, true],
    ["nrcpt=2x", RCPT, true],
    ["count:X-a=2", RCPT, true],
    ["count:None=0", RCPT, true],
    ["arg=<b@example.net>", RCPT, true],
    ["arg=<B@example.net>", RCPT, false],
    ["arg~@example", RCPT, true],
    ["arg!=x", RCPT, true],
    ["arg~", RCPT, true],
    ["arg=subject", HEADER, true],
    ["arg~subject", HEADER, false],
    ["val=Hello", HEADER, true],
    ["val=hello", HEADER, false],
    ["val=", RCPT, true],
    ["val=", { stage: "body", value: "\0" }, false],
    ["hdr:x-A=1", RCPT, true],
    ["hdr:None=", RCPT, true],
  ] as [string, Occasion, boolean][]
) {
  test(`${condition} at ${occasion.stage}: ${expected}`, () => {
    assert.equal(holds(parseCondition(condition), occasion, conversation(), assert.fail), expected);
  });
}

test("a condition that is not known holds neither way, and is said", () => {
  const warnings: string[] = [];
  for (const word of ["size=1", "size!=1"]) {
    assert.equal(holds(parseCondition(word), RCPT, conversation(), (text) => warnings.push(text)), false);
  }
  assert.deepEqual(warnings, ["bad condition size", "bad condition size"]);
});

for (
  const [argument, expected] of [
    [
      "%{name} %{msg} %{mail} %{rcpts} %{nrcpt}",
      "A 2 <second@example.org> <a@example.net>,<b@example.net> 2",
    ],
    ["%{nhdr} %{hdrs} %{hdr:x-a} %{hdr:None}.", "3 Subject,X-A,x-a 1 ."],
    ["%{bodylen} %{bodycrc}", "6 55834bb6"],
    ["%{macro:i} %{macro:{mail_addr}} %{macro:none}.", "Q1 s@example.org ."],
    ["%{macro:{mail_addr} %{unknown}.", " ."],
    ["100% %%{msg} %{", "100% %2 %{"],
  ] as const
) {
  test(`expansion of ${argument}`, () => {
    const macros: Record<string, string> = { i: "Q1", "{mail_addr}": "s@example.org" };
    const sources = { name: "A", seen: conversation(), macro: (name: string) => macros[name] };
    assert.equal(expand(argument, sources), expected);
  });
}

test("a message's end lets go of all but the numbers of the connection", () => {
  const seen = conversation();
  seen.endMessage();
  assert.deepEqual([seen.message, seen.times("mail"), seen.times("rcpt")], [2, 2, 0]);
  const sources = { name: "A", seen, macro: () => undefined };
  assert.equal(
    expand("%{mail}%{rcpts}%{hdrs} %{nrcpt} %{nhdr} %{bodylen} %{bodycrc}", sources),
    " 0 0 0 00000000",
  );
});
