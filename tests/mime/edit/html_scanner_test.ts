// parse5, the parser of the HTML standard, judges where something was added.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse, serialize } from "parse5";
import { HtmlScanner } from "../../../lib/mime/edit/text/html_scanner.ts";
import { Random, testSeed } from "../../support/random.ts";

function scan(html: string, pieceSize = Infinity): { top: number; end: number; text: string } {
  let text = "";
  const scanner = new HtmlScanner((unit) => text += String.fromCharCode(unit));
  const units = Uint16Array.from(html, (char) => char.charCodeAt(0));
  for (let at = 0; at < units.length; at += pieceSize) {
    scanner.push(units.slice(at, Math.min(units.length, at + pieceSize)));
  }
  return { ...scanner.places, text };
}

/** The HTML with marks where `html` says: `[` for the top, `]` for the end. */
function marked(html: string): string {
  const { top, end } = scan(html);
  return `${html.slice(0, top)}[${html.slice(top, end)}]${html.slice(end)}`;
}

describe("the top and the end of HTML", () => {
  const cases = [
    "<html><head></head><body class=a>[Hello]</body></html>",
    "<BODY>[Hello]</BODY >",
    "[Hello]",
    "[]",
    "<!DOCTYPE html>[Hello]",
    "<!DOCTYPE html>\r\n<html>[<p>Hello]</html>",
    "<html><head><title></body></title></head>[Hello]",
    "<body>[Hello<!-- </body> -->]</body>",
    "<body>[Hello<!-->]</body>",
    "<body>[a</body>b]</body>",
    "<body>[<a title=\"</body>\" rel='</body>'>x</a>]</body>",
    "<body>[<a title=a</body>b>x]",
    "<body>[<style></body></style>]</body>",
    "<body>[<textarea></body></textareas></textarea/>]</body>",
    "<body>[x]<!-- never closed </body>",
    "<body>[x]<style>p {}</body>",
    "<body>[x]<b",
    "<body>[1 < 2 <3</> </ >]</body>",
    "<body>[<!-- a --!>b]</body>",
    "<body>[<!---->b]</body>",
    "<?xml version='1.0'?>[Hello]",
    "[Hello <!foo> you <html>]",
    "<body/>[x]</body/>",
    '<body =">[">x]',
    "[<bodyguard>x</bodyguards>]",
  ];
  for (const expected of cases) {
    it(expected, () => {
      assert.equal(marked(expected.replace(/[[\]]/g, "")), expected);
    });
  }
});

it("the text of HTML is what stands between tags", () => {
  assert.equal(
    scan("<p title='no'>a <b>&lt;</b><!-- no --><style>no</style> 1 < 2</p>").text,
    "a &lt; 1 < 2",
  );
});

describe("by parse5", () => {
  const PIECES = [
    "<",
    ">",
    "/",
    "!",
    "-",
    "--",
    "=",
    '"',
    "'",
    " ",
    "a",
    "x",
    "body",
    "html",
    "head",
    "style",
    "title",
  ];
  const TAGS = [
    "<html>",
    "<head>",
    "</head>",
    "<body>",
    "</body>",
    "</html>",
    "<!--",
    "-->",
    "<style>",
    "</style>",
    "<p>",
  ];
  const random = new Random(testSeed("html-scanner"));
  const pages = Array.from({ length: 1500 }, () =>
    Array.from(
      { length: 1 + random.below(24) },
      () => random.below(2) === 0 ? random.pick(TAGS) : random.pick(PIECES),
    ).join(""));

  for (const at of ["top", "end"] as const) {
    it(`what is added at the ${at} is seen, and leaves the rest as it is`, () => {
      for (const page of pages) {
        const place = scan(page)[at];
        const added = serialize(parse(page.slice(0, place) + "<!--added-->" + page.slice(place)));
        assert.equal(
          added.replace("<!--added-->", ""),
          serialize(parse(page)),
          JSON.stringify([page, place]),
        );
        assert.ok(added.includes("<!--added-->"), JSON.stringify([page, place]));
      }
    });
  }

  it("it does not matter in which pieces HTML comes", () => {
    for (const page of pages) assert.deepEqual(scan(page, 1), scan(page), page);
  });
});
