// What the edits of parts are made of: charsets, parameters, plain text, splices.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AsciiMask } from "../../../lib/mime/edit/text/ascii_mask.ts";
import { encodeText } from "../../../lib/mime/edit/text/encode_text.ts";
import {
  asciiHtml,
  escapeHtml,
  fixedLines,
  htmlOf,
  linesOf,
} from "../../../lib/mime/edit/text/plain_text.ts";
import { withParameter } from "../../../lib/mime/edit/parameter.ts";
import { OverlappingSplicesError, sortedSplices } from "../../../lib/mime/edit/splice.ts";
import { latin1Bytes, latin1Text } from "../../../lib/protocol/text.ts";

describe("text in a charset", () => {
  const cases: [text: string, name: string | undefined, label: string, bytes: string | undefined][] = [
    ["für", "utf-8", "utf-8", "f\xc3\xbcr"],
    ["für", "windows-1252", "iso-8859-1", "f\xfcr"],
    ["5 €", "windows-1252", "iso-8859-1", undefined],
    ["5 €", "windows-1252", "windows-1252", "5 \x80"],
    ["5 €", "iso-8859-15", "iso-8859-15", "5 \xa4"],
    ["ş", "windows-1254", "iso-8859-9", "\xfe"],
    ["łódź", "iso-8859-2", "iso-8859-2", "\xb3\xf3d\xbc"],
    ["мир", "koi8-r", "koi8-r", "\xcd\xc9\xd2"],
    ["мир", "windows-1252", "windows-1252", undefined],
    ["日本", "shift_jis", "shift_jis", undefined],
    ["ASCII", "shift_jis", "shift_jis", "ASCII"],
    ["ASCII", undefined, "no-such-charset", "ASCII"],
    ["für", undefined, "us-ascii", undefined],
  ];
  for (const [text, name, label, bytes] of cases) {
    it(`${text} in ${label} is ${bytes === undefined ? "impossible" : JSON.stringify(bytes)}`, () => {
      const encoded = encodeText(text, name, label);
      assert.equal(encoded && latin1Text(encoded), bytes);
    });
  }
});

it("characters of ISO-2022-JP hide what looks like tags", () => {
  const mask = new AsciiMask();
  const masked = ["a\x1b$B<b\x1b", "(", "Bb<\x1b(J>\x1b(I>"].map((piece) =>
    latin1Text(mask.push(latin1Bytes(piece)))
  );
  assert.equal(masked.join("").replaceAll("\x80", "."), "a......" + "." + ".b<...>....");
  assert.ok(!mask.isAscii);
});

describe("a parameter is set", () => {
  const cases: [value: string, result: string][] = [
    ["text/plain", "text/plain; charset=utf-8"],
    ["text/plain;", "text/plain; charset=utf-8"],
    ["text/plain; charset=us-ascii", "text/plain; charset=utf-8"],
    ['text/plain;\n charset="us;ascii"; format=flowed', "text/plain;\n charset=utf-8; format=flowed"],
    ["text/plain; CHARSET = x (a; comment); x=y", "text/plain; charset=utf-8; x=y"],
    ["text/plain; charset=a; name=b; charset=c", "text/plain; charset=utf-8; name=b"],
    ["text/plain; charset*0*=a; x=y; charset*1=b", "text/plain; charset=utf-8; x=y"],
    ['text/plain; name="a;charset=b\\";c"', 'text/plain; name="a;charset=b\\";c"; charset=utf-8'],
    ["text/plain (x; charset=b); charsets=q", "text/plain (x; charset=b); charsets=q; charset=utf-8"],
  ];
  for (const [value, result] of cases) {
    it(JSON.stringify(value), () => assert.equal(withParameter(value, "charset", "utf-8"), result));
  }
});

describe("plain text", () => {
  it("has lines, without empty ones around it", () => {
    assert.deepEqual(linesOf("\n \r\na\r\n\nb\rc\n\n"), ["a", "", "b", "c"]);
    assert.deepEqual(linesOf(" \n"), []);
  });

  it("does not flow into the next line in format=flowed, and begins no quote", () => {
    assert.deepEqual(fixedLines(["a ", "> b", " c", "From d", "-- ", "", "Fromage"]), [
      "a",
      " > b",
      "  c",
      " From d",
      "-- ",
      "",
      "Fromage",
    ]);
  });

  it("becomes paragraphs in HTML", () => {
    assert.equal(htmlOf("\na <b>\nc\n \nd & e\n"), "<p>a &lt;b&gt;<br>\r\nc</p>\r\n<p>d &amp; e</p>");
    assert.equal(escapeHtml(`"'`), "&quot;&#39;");
    assert.equal(asciiHtml("ü😀"), "&#252;&#128512;");
  });
});

describe("splices", () => {
  const content = new Uint8Array(0);

  it("are sorted, and keep their order at one place", () => {
    const splices = [{ start: 5, end: 5, content }, { start: 5, end: 5, content }, {
      start: 1,
      end: 5,
      content,
    }];
    const [a, b, c] = splices;
    assert.deepEqual(sortedSplices(splices), [c, a, b]);
    assert.equal(sortedSplices(splices)[1], a);
  });

  it("must not change the same bytes", () => {
    assert.throws(
      () => sortedSplices([{ start: 2, end: 4, content }, { start: 0, end: 3, content }]),
      (error) => error instanceof OverlappingSplicesError && error.value.start === 2,
    );
  });
});
