import assert from "node:assert/strict";
import { test } from "node:test";
import { MacroExpander, parseMacroString, usesMacro } from "../../../lib/auth/spf/macro_string.ts";
import { present } from "../../support/present.ts";

/** Of RFC 7208 section 7.4. */
const VALUES: Readonly<Record<string, string>> = {
  s: "strong-bad@email.example.com",
  l: "strong-bad",
  o: "email.example.com",
  d: "email.example.com",
  i: "192.0.2.3",
  v: "in-addr",
};

function expanded(text: string, values = VALUES): string {
  return new MacroExpander((letter) => values[letter] ?? "").name(present(parseMacroString(text), text));
}

test("the examples of RFC 7208 section 7.4", () => {
  const examples: [text: string, expanded: string][] = [
    ["%{s}", "strong-bad@email.example.com"],
    ["%{o}", "email.example.com"],
    ["%{d}", "email.example.com"],
    ["%{d4}", "email.example.com"],
    ["%{d3}", "email.example.com"],
    ["%{d2}", "example.com"],
    ["%{d1}", "com"],
    ["%{dr}", "com.example.email"],
    ["%{d2r}", "example.email"],
    ["%{l}", "strong-bad"],
    ["%{l-}", "strong.bad"],
    ["%{lr}", "strong-bad"],
    ["%{lr-}", "bad.strong"],
    ["%{l1r-}", "strong"],
    ["%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"],
    ["%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"],
    ["%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"],
    ["%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"],
    ["%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"],
  ];
  for (const [text, wanted] of examples) assert.equal(expanded(text), wanted, text);
  const v6 = {
    i: "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1",
    v: "ip6",
    d: "example.com",
  };
  assert.equal(
    expanded("%{ir}.%{v}._spf.%{d2}", v6),
    "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com",
  );
});

test("delimiters, escapes and numbers", () => {
  const values = { l: "a+b,c/d_e=f-g.h", s: "jack&jill=x@example.org", h: "" };
  assert.equal(expanded("%{l+,/_=-.}.x", values), "a.b.c.d.e.f.g.h.x");
  assert.equal(expanded("%{l3+,/_=-.}", values), "f.g.h");
  assert.equal(expanded("%{L2R=}.x", values), "f-g.h.a%2Bb%2Cc%2Fd_e.x");
  assert.equal(expanded("%{S}", values), "jack%26jill%3Dx%40example.org");
  assert.equal(expanded("%{l99999999999999999999}", values), values.l);
  assert.equal(expanded("a%%b%_c%-d%{h}.org.", values), "a%b c%20d.org");
  assert.equal(expanded("%{h}", values), "");
  assert.equal(expanded("%{L}", { l: "\xe9\0" }), "%E9%00");
});

test("what is no macro string is refused", () => {
  const wrong = [
    "%",
    "%{",
    "%{}",
    "%{d",
    "%(d)",
    "%{x}",
    "%{c}",
    "%{r}",
    "%{t}",
    "%{d0}",
    "%{d00r}",
    "%{dr1}",
    "%{d-2}",
    "%{drr}",
    "%{d!}",
    "%a",
    "a b",
    "a\xe9",
    "a\x7f",
    "a\0",
    "%{d}%",
  ];
  for (const text of wrong) assert.equal(parseMacroString(text), undefined, text);
  for (const text of ["%{c}", "%{R}", "%{t}", "a b"]) assert.ok(parseMacroString(text, true), text);
  for (const text of ["a\tb", "a\xe9", "%{q}", "%"]) {
    assert.equal(parseMacroString(text, true), undefined, text);
  }
});

test("a domain-spec ends in a macro or a top label", () => {
  const isSpec = (text: string) => present(parseMacroString(text), text).isDomainSpec;
  for (
    const text of [
      "a.org",
      "a.org.",
      "a.b-c",
      "a.1a",
      "%{d}",
      "x%{d}",
      "a.%{d2}",
      "x%%",
      "x%_",
      ".a",
      "a..b",
      "a.x--1",
    ]
  ) {
    assert.ok(isSpec(text), text);
  }
  for (
    const text of [
      "",
      "a",
      "a.",
      "a.1",
      "a.-b",
      "a.b-",
      "%{d}a",
      "%{d}.",
      "a.org/24",
      "a.o_g",
      "%{d}.1",
      "a.o%%g",
    ]
  ) {
    assert.ok(!isSpec(text), text);
  }
});

test("a name of more than 253 characters is cut at the left in whole labels", () => {
  const label = "x".repeat(49);
  const values = { d: Array(6).fill(label).join("."), l: "y".repeat(300) };
  assert.equal(expanded("%{d}.abc", values), `${Array(5).fill(label).join(".")}.abc`);
  assert.equal(expanded("%{d}.abcd", values), `${Array(4).fill(label).join(".")}.abcd`);
  const exactly = [...Array(4).fill(label), "z".repeat(53)].join(".");
  assert.equal(exactly.length, 253);
  assert.equal(expanded("%{d}", { d: exactly }), exactly);
  assert.equal(expanded("%{d}.", { d: exactly }), exactly);
  assert.equal(expanded("a.%{d}", { d: exactly }), exactly);
  assert.equal(expanded("%{l}", values), "", "there is no label that fits");
  assert.equal(expanded("%{l}.abc", values), "abc");
});

test("a macro is expanded once, and not at all where it would be cut off", () => {
  const read: string[] = [];
  const expander = new MacroExpander((letter) => {
    read.push(letter);
    return `${letter}${"-x".repeat(100)}`;
  });
  const many = present(parseMacroString(`%{s}.${"%{l-}.%{l-}.".repeat(5000)}org`), "a macro string");
  assert.equal(expander.name(many).length <= 253, true);
  assert.deepEqual(read, ["l"]);
  const text = present(parseMacroString("%{s} %{L} ".repeat(6000), true), "an explanation");
  assert.equal(expander.text(text, 1000).length, 1000);
  assert.deepEqual(read, ["l", "s", "l"]);
});

test("which macros a text uses", () => {
  const text = present(parseMacroString("a.%{P2}.%{d}"), "a macro string");
  assert.deepEqual(["p", "d", "l", "a"].map((letter) => usesMacro(text, letter)), [true, true, false, false]);
});
