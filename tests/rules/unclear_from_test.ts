// A From that readers read in different ways, and the rules that ask for its domain.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fate, through } from "./support.ts";

const REFUSES = ["rule bank", "only-from bank.example", "reject 550 5.7.1 Forged"];
const REFUSED = "reject at eom 550 5.7.1 Forged";
const PASSES = [
  ...["rule others", "not-from bank.example", "accept"],
  ...["rule rest", "reject 550 5.7.1 Forged"],
];

describe("a From of which one reading names a domain", () => {
  const rows: readonly (readonly [what: string, from: string])[] = [
    ["white space in the domain", "The Bank <a@bank .example>"],
    ["white space behind a full stop", "The Bank <a@bank. example>"],
    ["a folded domain", "The Bank <a@bank\r\n .example>"],
    ["white space within a label", "The Bank <a@ba nk.example>"],
    ["white space around the @", "The Bank <a @ bank.example>"],
    ["a comment before the domain", "The Bank <a@(x)bank.example>"],
    ["a comment in the domain", "The Bank <a@bank(c).example>"],
    ["a comment and white space", "The Bank <a@bank (c) .example>"],
    ["nested comments", "The Bank <a@bank(x(y).example)evil>"],
    ["a comment with a backslash", "The Bank <a@bank (\\).x) .example>"],
    ["a backslash", "The Bank <a@bank\\.example>"],
    ["quotation marks", 'The Bank <a@"bank.example">'],
    ["half of the domain in quotation marks", 'The Bank <a@bank".example">'],
    ["a control character", "The Bank <a@bank\x01.example>"],
    ["a full stop of another script", "The Bank <a@bank\u3002example>"],
    ["a domain literal", "The Bank <a@[192.0.2.1]>"],
    ["an encoded word in the domain", "The Bank <a@=?utf-8?q?bank?=.example>"],
    ["an encoded word of an unknown charset", "=?x-no?q?a=40bank=2Eexample?="],
    ["a full stop at the end", "The Bank <a@bank .example.>"],
    ["a second address", "Joe <joe@other.example x>, <a@bank .example>"],
  ];
  for (const [what, from] of rows) {
    it(`is in doubt: ${what}`, async () => {
      assert.equal(fate(await through(REFUSES, { header: [["From", from]] })), REFUSED);
      assert.equal(fate(await through(PASSES, { header: [["From", from]] })), REFUSED);
    });
  }

  it("is in doubt if it is too long to be read", async () => {
    const from = `${"x".repeat(10_000)} <a@bank .example>`;
    assert.equal(fate(await through(REFUSES, { header: [["From", from]] })), REFUSED);
  });

  it("is in doubt in one of two fields", async () => {
    const header: [string, string][] = [["From", "joe@other.example"], ["From", "<a@bank .example>"]];
    assert.equal(fate(await through(REFUSES, { header })), REFUSED);
  });
});

describe("an unclear From that names other domains in every reading", () => {
  const rows = [
    "Joe <joe@other .example>",
    "Joe <joe@other(c).example>",
    "joe@other.example Joe from bank.example",
    "'joe@other.example' Joe <>",
    '"bank.example" <joe@other.example',
    "=?utf-8?q?Joe of bank.example?= <joe@other.example>",
    "bank.example",
  ];
  for (const from of rows) {
    it(`is not of the domain: ${from}`, async () => {
      assert.equal(fate(await through(REFUSES, { header: [["From", from]] })), "accept");
    });
  }
});
