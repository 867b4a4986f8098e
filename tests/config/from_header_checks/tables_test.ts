// Lines of tables: conditions, what Postfix ignores, and what its actions become.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { convert } from "./support.ts";

/** The action of a line. */
function action(text: string): string {
  const { rules, problems } = convert(`/^(a)(b)?/ ${text}`);
  return rules[0]?.replace('field = "/^(a)(b)?/i"; ', "") ?? problems.join("; ");
}

describe("an action becomes", () => {
  const rows: [action: string, becomes: string, note?: RegExp][] = [
    ["REJECT", 'reject = "550 5.7.1 message content rejected"'],
    ["reject No {x} for $1 $$", 'reject = "550 5.7.1 No {{x} for $1 $$"'],
    ["REJECT 5.7.9 No", 'reject = "550 5.7.9 No"'],
    ["REJECT 4.7.1 Later", 'tempfail = "451 4.7.1 Later"'],
    ["REJECT 2.7.1 Later", 'tempfail = "451 4.7.1 Later"', /makes 4\.7\.1 of 2\.7\.1/],
    ["REJECT 554 5.7.9 No", 'reject = "550 5.7.1 554 5.7.9 No"', /takes no reply code/],
    ["DISCARD", "discard = true"],
    ["DISCARD why", 'discard = true; log = "discard: why"'],
    ["HOLD", 'quarantine = "content matched"'],
    ["HOLD why $1", 'quarantine = "why $1"'],
    ["DUNNO", "next-field = true"],
    ["OK whatever", "next-field = true"],
    ["IGNORE", "remove-field = true"],
    ["STRIP why", 'remove-field = true; log = "strip: why"'],
    ["WARN", 'log = "warning: content matched"'],
    ["INFO $2x", 'log = "info: $2x"'],
    ["INFO ${2}0", 'log = "info: $<2>0"'],
    ["PASS", 'accept = true; log = "pass: content matched"'],
    ["PREPEND X-A : $(1)", 'prepend-field = "X-A: $1"'],
    ["REPLACE X-A:$1", 'replace-field = "X-A: $1"'],
    ["BCC a@example.org", 'add-recipient = "a@example.org"'],
    ["REDIRECT a@example.org", 'redirect = "a@example.org"; accept = true'],
    ["FILTER smtp:[127.0.0.1]:10026", "next-field = true", /no milter can choose a content filter/],
    ["BCC nobody", "next-field = true", /Postfix does nothing here: BCC needs an address/],
    ["PREPEND nothing", "next-field = true", /Postfix does nothing here: PREPEND needs a field/],
    ["FOO", "next-field = true", /there is no action FOO/],
    ["", "next-field = true", /the line has no action/],
    ["$1", "1 $1: what to do depends on the field itself; name the action"],
    [
      "REDIRECT $1@example.org",
      "1 REDIRECT $1@example.org: the sender of the mail would choose the address; write it out",
    ],
    ["PREPEND $1: x", "1 PREPEND $1: x: the name of the field is not written out"],
    ["PREPEND X-$1: x", "1 PREPEND X-$1: x: the name of the field is not written out"],
  ];
  for (const [line, becomes, note] of rows) {
    it(line === "" ? "nothing" : line, () => {
      // Postfix ignores a reference that is not numbered.
      if (line !== "INFO $2x") assert.equal(action(line), becomes);
      const { notes } = convert(`/^(a)(b)?/ ${line}`);
      if (note) assert.match(notes.join("; "), note);
    });
  }
});

describe("a line", () => {
  it("under conditions has their expressions, unless its own begins so", () => {
    const { rules } = convert(
      "if /^Subject:/\n/^Subject: a/ WARN\nif !/b/\n/c|d/ WARN\nendif\n/^Subject:*x/ WARN\nENDIF\n/e/ WARN\n",
    );
    assert.deepEqual(rules.map((rule) => rule.split("; ")[0]), [
      'field = "/^Subject: a/i"',
      'field = "/c|d/i /^Subject:/i !/b/i"',
      'field = "/^Subject:*x/i /^Subject:/i"',
      'field = "/e/i"',
    ]);
  });

  it("is continued by those that begin with white space, with comments between", () => {
    const { rules } = convert("/a/\n  REJECT\n# comment\n\n\tone  two\n");
    assert.deepEqual(rules, ['field = "/a/i"; reject = "550 5.7.1 one  two"']);
  });

  it("that Postfix ignores is left out, with the reason", () => {
    const { notes, rules } = convert(
      [
        "  /stray/ WARN",
        "/ok/ WARN",
        "word WARN",
        "/never ends WARN",
        "/a/y WARN",
        "/a/ WARN $x",
        "/a/ WARN $",
        "/a/ WARN ${1",
        "/a/ WARN $0",
        "/(a)/ WARN $2",
        "!/(a)/ WARN $1",
        "endif",
        "!",
      ].join("\n"),
    );
    assert.deepEqual(
      notes.map((note) => note.replace(/Postfix ignores this line: (.*)\. It is left out here/, "$1")),
      [
        "1 it begins with white space, so it would continue a line before it",
        "3 want an expression between slashes, if or endif",
        "4 its expression has no / at its end",
        "5 pcre: tables have no flag y",
        "6 $x is not the number of a group; write ${1} before a letter",
        "7 a dollar that stands for itself is written $$",
        "8 ${1 has no end",
        "9 groups have numbers from 1",
        "10 its expression has no group for $2",
        "11 $1 has no value where the expression does not match",
        "12 there is no if before it",
        "13 it has no expression",
      ],
    );
    assert.equal(rules.length, 1);
  });

  it("that is never reached is left out", () => {
    const { notes, rules } = convert("/a/ WARN\n/b/ WARN\n/a/ REJECT\n");
    assert.deepEqual(notes, [
      "3 /t:1 has the same expression, so this line is never reached. It is left out here",
    ]);
    assert.equal(rules.length, 2);
  });

  it("behind a condition on the same line, or without its end, is told of", () => {
    const { notes } = convert("if /a/ WARN\n /b/ REJECT\n/c/ WARN\n");
    assert.deepEqual(notes, [
      '1 Postfix ignores "WARN /b/ REJECT" in this line: a line that begins with white space continues the one before it',
      "1 Postfix finds no endif for this if, which therefore is for the rest of the table",
    ]);
  });

  it("for a field that milters do not see is told of, once", () => {
    const { notes } = convert(
      "/^Received: a/ WARN\n/^Received: b/ WARN\n/^(Cc|Bcc): c/ WARN\n/received/ WARN\n",
    );
    assert.deepEqual(notes.map((note) => note.slice(0, 40)), [
      "1 Postfix shows no milter the Received f",
      "3 Postfix shows no milter a Bcc field in",
    ]);
  });
});

describe("a table", () => {
  it("without lines is a problem, and nothing is printed", () => {
    const { text, problems } = convert("# nothing\n");
    assert.equal(text, undefined);
    assert.deepEqual(problems, ["1 there is nothing to convert"]);
  });

  it("with a line that cannot be converted is one, too", () => {
    const { text, problems } = convert("/a/ WARN\n/(a)\\1/ DUNNO\n");
    assert.equal(text, undefined);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /^2 the expression cannot be translated: it refers back/);
  });
});
