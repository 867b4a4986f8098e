// Who is taken for the author of a message, and which From fields are not read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { authorDomains } from "../../lib/auth/author.ts";
import { bytes } from "./dkim/support.ts";

const authors = (...values: string[]) => authorDomains(values.map(bytes));
const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

function assertDomains(value: string, domains: readonly string[]): void {
  assert.deepEqual(authors(value), { domains }, JSON.stringify(value));
}

function assertUnread(values: readonly string[], problem: RegExp): void {
  for (const value of values) {
    const found = authors(value);
    assert.ok("problem" in found, `${JSON.stringify(value)} gives ${JSON.stringify(found)}`);
    assert.match(found.problem, problem, JSON.stringify(value));
  }
}

test("the domains of the authors, each once, in lower case ASCII", () => {
  assertDomains(" a@example.org", ["example.org"]);
  assertDomains(" Some One <a@Example.ORG>", ["example.org"]);
  assertDomains(" Jos\xe9 <a@example.org>", ["example.org"]);
  assertDomains(" a@example.org,\r\n\tb@example.com , <c@example.org>", ["example.org", "example.com"]);
  assertDomains(" a@example.org,\n\tb@example.com", ["example.org", "example.com"]);
  assertDomains(" All of us: a@example.org, <b@example.com>;", ["example.org", "example.com"]);
  assertDomains(" x: a@example.org;, b@example.net", ["example.org", "example.net"]);
  assertDomains(" a@192.0.2.1", ["192.0.2.1"]);
  assert.deepEqual(authors(" a@example.org", " b@example.com"), { domains: ["example.org", "example.com"] });
});

test("every @ counts that neither quotation marks nor parentheses hide", () => {
  assertDomains(" ceo@bank.example: x@evil.example", ["bank.example", "evil.example"]);
  assertDomains(" Boss <ceo@bank.example>: x@evil.example;", ["bank.example", "evil.example"]);
  assertDomains(" <ceo@bank.example>:<x@evil.example>", ["bank.example", "evil.example"]);
  assertDomains(" ceo@bank.example <x@evil.example>", ["bank.example", "evil.example"]);
  assertDomains(" 'ceo@bank.example' <x@evil.example>", ["bank.example", "evil.example"]);
  assertDomains(" <ceo@bank.example> <x@evil.example>", ["bank.example", "evil.example"]);
  assertDomains(" x@evil.example; ceo@bank.example", ["evil.example", "bank.example"]);
  assertDomains(' "Boss" x@evil.example, Boss (the one) ceo@bank.example', ["evil.example", "bank.example"]);
});

test("what mail programs write in place of RFC 5322 is read, where there is but one domain to find", () => {
  const values = [
    " x@example.org <x@example.org>",
    " 'x@example.org' <x@example.org>",
    " 'x@example.org'",
    " <'x@example.org'>",
    " Doe, Joe <x@example.org>",
    " Doe, J. (Sales) <x@example.org>;",
    " Joe's Shop [List] <x@example.org>",
    " =?utf-8?Q?Jos=C3=A9?= <x@example.org>",
    " =?utf-8?B?Sm9z?==?utf-8?B?w6k=?= <x@example.org>",
    ' "=?utf-8?Q?Jos=C3=A9?=" <x@example.org>',
    " x@example.org (=?utf-8?Q?Jos=C3=A9?=)",
    ' "Doe, Joe <joe@example.org>" x@example.org',
  ];
  for (const value of values) assertDomains(value, ["example.org"]);
});

test("a display name or a comment names no domain", () => {
  assertDomains(' "ceo@bank.example" <x@evil.example>', ["evil.example"]);
  assertDomains(' "Boss <ceo@bank.example>" <x@evil.example>', ["evil.example"]);
  assertDomains(' "Boss (ceo@bank.example)" <x@evil.example>', ["evil.example"]);
  assertDomains(" =?utf-8?Q?ceo=40bank.example?= <x@evil.example>", ["evil.example"]);
  assertDomains(" ceo=40bank.example <x@evil.example>", ["evil.example"]);
  assertDomains(" x@evil.example (ceo@bank.example)", ["evil.example"]);
  assertDomains(' x@evil.example (Boss "ceo@bank.example")', ["evil.example"]);
  assertDomains(utf8(" ceo\uff20bank.example <x@evil.example>"), ["evil.example"]);
  assertDomains(' "a \\"quoted\\" name" <x@evil.example>', ["evil.example"]);
  assertDomains(' ":-)" <x@evil.example>', ["evil.example"]);
  assertDomains(' "a fold\r\n in a name" <x@evil.example>', ["evil.example"]);
});

test("a quoted local part with an @ is a problem", () => {
  // Nodemailer takes ceo@bank.example for the address of the first four.
  assertUnread([
    ' "ceo@bank.example x"@evil.example',
    ' <"ceo@bank.example> "@evil.example>',
    ' Boss <"ceo@bank.example> "@evil.example>',
    ' Boss <"ceo@bank.example> " x@evil.example>',
    ' "ceo@bank.example"@evil.example',
    ' Boss <"ceo@bank.example"@evil.example>',
    ' "ceo@bank.example".x@evil.example',
    ' x"ceo@bank.example"@evil.example',
    ' "ceo@bank.example""x"@evil.example',
  ], /a quoted local part with an @/);
  assertDomains(' "ceo bank.example"@evil.example', ["evil.example"]);
  assertDomains(' "ceo@bank.example" <"x y"@evil.example>', ["evil.example"]);
});

test("IDNA: U-labels and their A-labels are one domain, and look-alikes of ASCII are what they stand for", () => {
  assertDomains(utf8(" a@b\u00fccher.example, b@xn--bcher-kva.example"), ["xn--bcher-kva.example"]);
  assertDomains(utf8(" a@fa\u00df.example"), ["xn--fa-hia.example"]);
  assertDomains(utf8(" a@\uff42ank.example"), ["bank.example"]);
  assertDomains(utf8(" a@ba\u00adnk.example"), ["bank.example"]);
  assertDomains(utf8(" a@evil\u3002bank.example"), ["evil.bank.example"]);
  assertUnread(
    [utf8(" a@ba\u200dnk.example"), " a@b\xfccher.example", utf8(" a@evil.example\u00a0"), " a@\xc3.example"],
    /an @ outside of a plain address/,
  );
});

test("an @ is read with local part and domain right beside it, and nothing else behind it", () => {
  const values = [
    " @example.org",
    " a@",
    " a@ ",
    " a@,b@example.org",
    " a @example.org",
    " a@ example.org",
    " a@(not bank.example)example.org",
    " a(c)@example.org",
    " a@exam ple.org",
    " a@example .org",
    " a@example(.bank).org",
    " a@example.org(.bank) .example",
    " a@example.org. <a@example.org>",
    " a@example.org b@example.org",
    " a@example.org via us <b@example.org>",
    ' a@example.org "Joe" <b@example.org>',
    " a@bank.example@evil.example",
    ' a@"example.org"',
    " a@[192.0.2.1]",
    " a@[bank.example]",
    " a@exam/ple.org",
    " a@exam..ple",
    " a@'example.org'",
    " Joe @ Home <a@example.org>",
    " <@bank.example:a@evil.example>",
    " <@a.example,@b.example:x@evil.example>",
    " =?utf-8?Q?ceo=40bank.example=3E?=@evil.example",
    ' "=?utf-8?Q?ceo=40bank.example=3E?="@evil.example',
    " a@=?utf-8?Q?bank.example?=",
  ];
  assertUnread(values, /an @ outside of a plain address/);
});

test("brackets have to match, and to hold an address with a domain", () => {
  const values = [
    " <a@example.org",
    " a@example.org>",
    " <<a@example.org>>",
    " a <a@example.org,b@example.org>",
  ];
  assertUnread(values, /angle brackets that do not match/);
  assertUnread(
    [" <>", " Boss <ceo>, a@example.org", ' <"ceo@bank.example">, a@example.org'],
    /without a domain/,
  );
  assertUnread(
    [" <a@example.org> bank.example", ' <a@example.org> "ceo@bank.example"'],
    /text behind an address/,
  );
});

test("where readers differ about what is quoted or a comment, no @ may be hidden", () => {
  const values = [
    // For those who do not know backslashes: "a\", then an address, then "b".
    ' "a\\" <ceo@bank.example>, \\"b" <x@evil.example>',
    ' "a\\"" <x@evil.example>, "<ceo@bank.example>" <x@evil.example>',
    // For those who look for quotation marks before comments, or the other way round.
    ' (") " ) <ceo@bank.example> (" (") <x@evil.example>',
    ' (") "<ceo@bank.example>, " <x@evil.example>',
    ' "(" <x@evil.example>, ") <ceo@bank.example> (" <x@evil.example>, ")" <x@evil.example>',
    ' "a)@b" <x@evil.example>',
    " (a\\)@b) x@evil.example",
    // Python ends a quoted string at a CR.
    ' "ceo@bank.example\r\n " <x@evil.example>',
    // In Shift_JIS the byte before a quotation mark may be a half of a letter, in place of a backslash.
    ' "\x95\\" <ceo@bank.example>, " <x@evil.example>',
  ];
  assertUnread(values, /an @ that may stand in quotation marks or not/);
  const unclosed = [
    " a@example.org (",
    " a@example.net(.example.com",
    " a@example.org )",
    ' "a@example.org',
    ' a@example.org"',
    " (a (nested) <ceo@bank.example>, (b)) x@evil.example",
    ' \\"a" <x@evil.example>',
    " a\\@b@example.org",
    " a@example.org (\\)",
  ];
  assertUnread(unclosed, /quotation mark, parenthesis or backslash out of place/);
});

test("a name with an @ needs an address of its own, and the syntax of a name", () => {
  const alone = [
    ' "ceo@bank.example", x@evil.example',
    ' x@evil.example, "ceo@bank.example"',
    ' "ceo@bank.example": x@evil.example;',
    " (ceo@bank.example), x@evil.example",
    " =?utf-8?Q?ceo=40bank.example?=, x@evil.example",
    " =?utf-8?Q?ceo=40bank.example?= x@evil.example",
    " =?utf-8?Q?ceo=40bank.example?= x@evil.example <x@evil.example>",
  ];
  assertUnread(alone, /a name without an address/);
  assertUnread(
    [' "ceo@bank.example"[x] <x@evil.example>', " =?x?Q?a?= [x] <x@evil.example>"],
    /a malformed name/,
  );
  const encoded = [
    ' =?utf-8?Q?ceo=40bank.example?="x" <x@evil.example>',
    ' "x"=?utf-8?Q?ceo=40bank.example?= <x@evil.example>',
    " =?utf-8?Q?ceo=40bank.example?=x <x@evil.example>",
    " =?utf-8?Q?Doe,_Joe?= <x@evil.example>",
    " =?utf-8?Q?Joe Doe?= <x@evil.example>",
  ];
  assertUnread(encoded, /a malformed encoded word/);
});

test("control characters and bare line ends make a field unreadable", () => {
  const values = [
    " a@example.org\0",
    " a@evil\0.bank.example",
    " a@example.org\rFrom: ceo@bank.example",
    " a@example.org\r",
    " a@example.org\n",
    " a@example.org\nb@bank.example",
    " a@example.org\x0b",
    " \x1b$B(J <a@example.org>",
    " a@example.org\x7f",
  ];
  assertUnread(values, /a control character/);
});

test("without an address nobody is the author, and one bad field spoils all", () => {
  assertUnread(["", " ", " nobody", " undisclosed:;", " ceo, boss"], /no address/);
  assert.deepEqual(authors(), { problem: "there is no From" });
  for (const bad of ["", " nobody", " (", " a@"]) {
    assert.ok("problem" in authors(" a@example.org", bad), bad);
    assert.ok("problem" in authors(bad, " a@example.org"), bad);
  }
});

test("a From field of more than 10000 bytes is not read", () => {
  const longest = ` ${"a".repeat(9987)}@example.org`;
  assertDomains(longest, ["example.org"]);
  assertUnread([longest + " "], /too long/);
});
