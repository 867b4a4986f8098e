import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { latin1Text } from "../../../lib/message/text.ts";
import { HeaderField } from "../../../lib/message/header.ts";
import { MimeReader } from "../../../lib/mime/structure/mime_reader.ts";
import { checkStructure, lines, read, shown } from "./support.ts";

/** What a message looks like, and its parts. */
type Row = readonly [what: string, message: readonly string[], parts: readonly string[]];

const MIXED = "Content-Type: multipart/mixed; boundary=b";

const ROWS: readonly Row[] = [
  ["nothing", [], ['text/plain ""']],
  ["a header only", ["Subject: hi"], ['text/plain ""']],
  ["a body only", ["", "Hello"], ['text/plain "Hello"']],
  ["text", ["Subject: hi", "", "Hello", ""], ['text/plain "Hello\\r\\n"']],
  ["a mailbox line", ["From joe Mon Nov 30", "Content-Type: text/html", "", "x"], ['text/html "x"']],
  [
    "two parts",
    [
      MIXED,
      "",
      "preamble",
      "--b",
      "",
      "one",
      "--b",
      "Content-Type: Text/HTML",
      "",
      "two",
      "",
      "--b--",
      "epilogue",
    ],
    ["multipart/mixed", '  text/plain "one"', '  text/html "two\\r\\n"'],
  ],
  [
    "empty parts",
    [MIXED, "", "--b", "", "", "--b", "", "--b", "X: y", "--b--"],
    ["multipart/mixed", '  text/plain ""', '  text/plain ""', '  text/plain ""'],
  ],
  ["no part between two delimiters", [MIXED, "", "--b", "--b", "--b", "", "one", "--b", "--b--"], [
    "multipart/mixed",
    '  text/plain "one"',
  ]],
  [
    "white space after delimiters",
    [MIXED, "", "--b \t", "", "one", "--b--  "],
    ["multipart/mixed", '  text/plain "one"'],
  ],
  [
    "a boundary in quotes with a space",
    ['Content-Type: multipart/mixed; boundary="a b:c "', "", "--a b:c", "", "one", "--a b:c--"],
    ["multipart/mixed", '  text/plain "one"'],
  ],
  [
    "boundaries that begin alike",
    [
      MIXED,
      "",
      "--b",
      "Content-Type: multipart/alternative; boundary=bb",
      "",
      "--bb",
      "",
      "--bbb",
      "--b-",
      "one",
      "--bb--",
      "--b",
      "",
      "two",
      "--b--",
    ],
    [
      "multipart/mixed",
      "  multipart/alternative",
      '    text/plain "--bbb\\r\\n--b-\\r\\none"',
      '  text/plain "two"',
    ],
  ],
  [
    "the same boundary inside",
    [MIXED, "", "--b", MIXED, "", "--b", "", "one", "--b--", "--b", "", "two", "--b--"],
    ["multipart/mixed", "  multipart/mixed", '    text/plain "one"', '  text/plain "two"'],
  ],
  [
    "a multipart that its outer one ends",
    [MIXED, "", "--b", "Content-Type: multipart/mixed; boundary=c", "", "--c", "", "one", "--b--"],
    ["multipart/mixed", "  multipart/mixed not-closed", '    text/plain "one"'],
  ],
  ["a multipart that nothing ends", [MIXED, "", "--b", "", "one", ""], [
    "multipart/mixed not-closed",
    '  text/plain "one\\r\\n"',
  ]],
  ["a multipart without a part", [MIXED, "", "text"], ['multipart/mixed "text" no-parts not-closed']],
  ["a multipart without a boundary", ["Content-Type: multipart/mixed", "", "--b", "", "x", "--b--"], [
    'multipart/mixed "--b\\r\\n\\r\\nx\\r\\n--b--" no-boundary',
  ]],
  ["a boundary that is too long", [
    `Content-Type: multipart/mixed; boundary=${"b".repeat(251)}`,
    "",
    "--",
  ], ['multipart/mixed "--" no-boundary']],
  ["a long boundary", [
    `Content-Type: multipart/mixed; boundary=${"b".repeat(250)}`,
    "",
    `--${"b".repeat(250)}`,
    "",
    "one",
    `--${"b".repeat(250)}--`,
  ], ["multipart/mixed", '  text/plain "one"']],
  [
    "parts after the end",
    [MIXED, "", "--b", "", "one", "--b--", "", "--b", "", "two", "--b--"],
    ["multipart/mixed parts-after-close", '  text/plain "one"', '  text/plain "two"'],
  ],
  [
    "a delimiter after a bare CR",
    [MIXED, "", "--b", "", "one\r--b\r\rtwo", "--b--"],
    ["multipart/mixed", '  text/plain "one\\r--b\\r\\rtwo" bare-cr'],
  ],
  [
    "a delimiter after a bare CR at the end",
    [MIXED, "", "--b", "", "-one\r--b--"],
    ["multipart/mixed not-closed", '  text/plain "-one\\r--b--" bare-cr'],
  ],
  [
    "a message inside",
    [MIXED, "", "--b", "Content-Type: message/rfc822", "", "Content-Type: text/html", "", "<p>", "--b--"],
    ["multipart/mixed", "  message/rfc822", '    text/html "<p>"'],
  ],
  [
    "an article of Netnews",
    ["Content-Type: Message/News", "", "Subject: a", "", "x"],
    ["message/news", '  text/plain "x"'],
  ],
  [
    "a digest",
    ["Content-Type: multipart/digest; boundary=b", "", "--b", "", "Subject: a", "", "one", "--b--"],
    ["multipart/digest", "  message/rfc822", '    text/plain "one"'],
  ],
  [
    "a header that nothing ends",
    [MIXED, "", "--b", "Content-Type: text/html", "no field", "x", "--b--"],
    ["multipart/mixed", '  text/html "no field\\r\\nx" no-header-end'],
  ],
  [
    "a header that starts with a continuation",
    [MIXED, "", "--b", " Content-Type: text/html", "Content-Type:", "\ttext/css", "", "x", "--b--"],
    ["multipart/mixed", '  text/css "x" stray-line'],
  ],
  ["white space before the colon", ["Content-Type : text/html", "", "x"], ['text/html "x"']],
  ["two types", ["Content-Type: text/html", "Content-Type: text/css", "", "x"], [
    'text/html "x" repeated-field',
  ]],
  ["a type that is none", ["Content-Type: text", "", "x"], ['text/plain "x" bad-type']],
  ["a type without a type", ["Content-Type: ; name=a", "", "x"], ['text/plain "x" bad-type']],
  ["an unknown encoding", ["Content-Transfer-Encoding: x-own", "", "x"], ['text/plain "x" unknown-encoding']],
  ["encodings with more", ['Content-Transfer-Encoding: (a) "8BIT"; b', "", "x"], ['text/plain "x"']],
  [
    "a multipart that says it is encoded",
    [MIXED, "Content-Transfer-Encoding: quoted-printable", "", "--b", "", "a=3D", "--b--"],
    ["multipart/mixed encoded-multipart", '  text/plain "a=3D"'],
  ],
  [
    "a multipart that is encoded",
    [
      MIXED,
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from("--b\r\nContent-Type: text/html\r\n\r\none\r\n--b--\r\n").toString("base64"),
    ],
    ["multipart/mixed encoded-multipart", "  text/html 32-35"],
  ],
  [
    "a message inside that is encoded",
    [
      MIXED,
      "",
      "--b",
      "Content-Type: message/rfc822",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from("Content-Type: text/html\r\n\r\none\r\n").toString("base64"),
      "--b--",
    ],
    ["multipart/mixed", "  message/rfc822 encoded-message", "    text/html 27-32"],
  ],
];

for (const [what, text, parts] of ROWS) {
  test(`a message with ${what}, however it arrives`, () => {
    const message = lines(...text);
    for (let size = Math.max(1, message.length); size > 0; size--) {
      const structure = read(message, size);
      assert.deepEqual(shown(message, structure), parts, `in pieces of ${size}`);
      checkStructure(message.length, structure);
    }
  });

  test(`a message with ${what} is the same with LF`, () => {
    const message = lines(latin1Text(lines(...text)).replaceAll("\r\n", "\n"));
    const structure = read(message);
    if (!what.includes("encoded")) {
      assert.deepEqual(shown(message, structure), parts.map((part) => part.replaceAll("\\r\\n", "\\n")));
    }
    checkStructure(message.length, structure);
  });
}

test("positions are those of the bytes", () => {
  const message = lines(MIXED, "", "--b", "X: y", "", "one", "--b", "", "two", "", "--b--", "after");
  const text = latin1Text(message);
  const { parts: [root, first, second], size } = read(message);
  const at = (what: string, from = 0) => text.indexOf(what, from);
  assert.equal(size, message.length);
  assert.partialDeepStrictEqual(root, {
    headerStart: 0,
    headerEnd: 43,
    bodyStart: 45,
    bodyEnd: size,
    end: size,
    closeStart: at("--b--"),
    closeEnd: at("after"),
    boundary: Uint8Array.of(0x62),
  });
  assert.partialDeepStrictEqual(first, {
    delimiterStart: 45,
    headerStart: at("X:"),
    headerEnd: at("X:") + 6,
    bodyStart: at("one"),
    bodyEnd: at("one") + 3,
    end: at("--b", at("one")),
  });
  assert.partialDeepStrictEqual(second, {
    delimiterStart: first!.end,
    headerStart: at("--b", at("one")) + 5,
    headerEnd: at("--b", at("one")) + 5,
    bodyStart: at("two"),
    bodyEnd: at("two") + 5,
    end: at("--b--"),
  });
  const [field] = first!.headers;
  assert.deepEqual([field!.start, field!.end], [first!.headerStart, first!.headerEnd]);
});

test("a header may be given apart from the body", () => {
  const reader = new MimeReader({
    header: [
      HeaderField.of("Subject", "=?utf-8?Q?=C3=BC?="),
      HeaderField.of("Content-type", "multipart/mixed;\n boundary=b"),
    ],
  });
  reader.push(lines("--b", "", "one", "--b--"));
  const { parts: [root, part] } = reader.end();
  assert.equal(root!.headers.text("subject"), "ü");
  assert.equal(root!.headers.length, 2);
  assert.equal(root!.headers.get("Subject")!.start, undefined);
  assert.equal(root!.bodyStart, 0);
  assert.deepEqual([part!.bodyStart, part!.bodyEnd], [7, 10]);
});
