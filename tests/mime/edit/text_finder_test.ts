import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TextFinder } from "../../../lib/mime/edit/text/text_finder.ts";

function finds(wanted: string, text: string, isHtml = false): boolean {
  const whole = new TextFinder(wanted, isHtml);
  whole.push(text);
  const pieces = new TextFinder(wanted, isHtml);
  for (let i = 0; i < text.length; i++) pieces.push(text.charAt(i));
  // One UTF-16 unit at a time is how HTML comes, while plain text comes in whole characters.
  if (text.isWellFormed() && !/[\ud800-\udfff]/.test(text)) {
    assert.equal(pieces.found, whole.found, "in pieces");
  }
  return whole.found;
}

const FOOTER = "Müller & Söhne GmbH\nAmtsgericht Köln, HRB 12345";

describe("a text is found", () => {
  const texts = [
    ["as it is", FOOTER],
    ["quoted", "> Hello\r\n>\r\n> Müller & Söhne GmbH\r\n> Amtsgericht Köln, HRB 12345\r\n"],
    [
      "quoted again and wrapped anew",
      ">> Müller &\r\n>> Söhne\r\n>> GmbH Amtsgericht\r\n>>Köln, HRB\r\n>12345",
    ],
    ["with other punctuation and case", "*MÜLLER  Söhne gmbh* / Amtsgericht Köln  HRB-12345"],
    ["after a false start", "Müller & Müller & Söhne GmbH Amtsgericht Köln, HRB 12345"],
  ] as const;
  for (const [how, text] of texts) it(how, () => assert.ok(finds(FOOTER, text)));

  it("in HTML, between tags and with references of each kind", () => {
    const html =
      "<p>M&uuml;ller &amp; S&#246;hne<br>\r\nGmbH</p><blockquote>Amtsgericht <b>K</b>&#xF6;ln, HRB&nbsp;12345";
    assert.ok(finds(FOOTER, html, true));
  });

  it("with characters of two UTF-16 units", () => {
    assert.ok(finds("a𝒳b", "<i>a</i>𝒳b", true));
    assert.ok(finds("a𝒳b", "a 𝒳 b"));
  });

  it("with ampersands that begin no reference", () => {
    assert.ok(finds("AT&T Ltd", "<p>AT&T Ltd</p>", true));
    assert.ok(finds("AT&T Ltd", "<p>AT&&T; Ltd &", true) === false);
  });

  it("whatever repeats in it", () => {
    assert.ok(finds("abab abac", "ababababac"));
    assert.ok(finds("aab", "aaaab"));
  });
});

describe("a text is not found", () => {
  const cases: [why: string, wanted: string, text: string, isHtml?: boolean][] = [
    ["if a letter is another", FOOTER, FOOTER.replace("5", "6")],
    ["if it is not complete", FOOTER, FOOTER.slice(0, -1)],
    ["in a comment or attribute", "hello world", "<!-- hello world --><a title='hello world'>", true],
    ["if it has no letters", "---", "---"],
  ];
  for (const [why, wanted, text, isHtml] of cases) it(why, () => assert.ok(!finds(wanted, text, isHtml)));
});

it("a text is found in linear time", () => {
  const finder = new TextFinder(`${"a".repeat(5000)}b`, false);
  for (let i = 0; i < 40; i++) finder.push("a".repeat(25_000));
  assert.ok(!finder.found);
  finder.push("b");
  assert.ok(finder.found);
});
