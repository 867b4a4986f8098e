import assert from "node:assert/strict";
import { test } from "node:test";
import { latin1Bytes } from "../../lib/message/text.ts";
import { parseParameters } from "../../lib/mime/parameters.ts";

/** What is expected: the value before the parameters, the parameters, and those that do not count. */
type Row = readonly [
  given: string,
  value: string,
  parameters: Readonly<Record<string, string>>,
  duplicates?: readonly (readonly [name: string, value: string])[],
];

const ROWS: readonly Row[] = [
  ["", "", {}],
  ["Text/Plain", "text/plain", {}],
  ["text/plain; charset=us-ascii (Plain text)", "text/plain", { charset: "us-ascii" }],
  ['text/plain; charset="us-ascii"', "text/plain", { charset: "us-ascii" }],
  ["text/plain (a (nested) comment); (b) CHARSET (c) = (d) utf-8 (e)", "text/plain", { charset: "utf-8" }],
  ["text/plain;\r\n\tcharset=utf-8;\n format=flowed;", "text/plain", { charset: "utf-8", format: "flowed" }],
  ["text/plain;;; charset = utf-8 ;", "text/plain", { charset: "utf-8" }],
  ['"attachment"; filename=a', "attachment", { filename: "a" }],
  // RFC 2231 sections 3 and 4.
  [
    'message/external-body; access-type=URL; URL*0="ftp://"; URL*1="cs.utk.edu/pub/x.tar"',
    "message/external-body",
    { "access-type": "URL", "url": "ftp://cs.utk.edu/pub/x.tar" },
  ],
  [
    "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
    "application/x-stuff",
    { title: "This is ***fun***" },
  ],
  [
    `application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2="isn't it!"`,
    "application/x-stuff",
    { title: "This is even more ***fun*** isn't it!" },
  ],
  ["a/b; filename*1*=%AD; filename*0*=utf-8''%E4%B8", "a/b", { filename: "中" }],
  ["a/b; filename*0=a; filename*2=.exe", "a/b", { filename: "a.exe" }],
  ["a/b; filename*=%C3%BC.pdf", "a/b", { filename: "ü.pdf" }],
  [`a/b; filename*="iso-8859-1''%FC%zz.pdf"`, "a/b", { filename: "ü%zz.pdf" }],
  ["a/b; filename*0=plain%20; filename*1*=%20coded", "a/b", { filename: "plain%20 coded" }],
  // RFC 2047 where it is not allowed, as many programs write it.
  ['a/b; name="=?utf-8?B?Z3LDvMOfZS5wZGY=?="', "a/b", { name: "grüße.pdf" }],
  ["a/b; name==?utf-8?Q?gr=C3=BC=C3=9Fe.pdf?=", "a/b", { name: "grüße.pdf" }],
  ['a/b; name="=?utf-8?Q?gr=C3=BC?=\r\n =?utf-8?Q?=C3=9Fe.pdf?="', "a/b", { name: "grüße.pdf" }],
  ['multipart/mixed; boundary="=?utf-8?Q?a?="', "multipart/mixed", { boundary: "=?utf-8?Q?a?=" }],
  ['multipart/mixed; boundary=" a b "', "multipart/mixed", { boundary: " a b " }],
  // Against the rules.
  ["attachment; filename=my report (final) v2.pdf", "attachment", { filename: "my report (final) v2.pdf" }],
  ["attachment; filename=report(1).pdf; size=3", "attachment", { filename: "report(1).pdf", size: "3" }],
  ['attachment; filename="never closed.exe; size=3', "attachment", { filename: "never closed.exe; size=3" }],
  ['attachment; filename="a;b\\"c.txt"', "attachment", { filename: 'a;b"c.txt' }],
  ['attachment; filename="a.e\\xe"', "attachment", { filename: "a.exe" }],
  ['attachment; filename="a.txt".exe', "attachment", { filename: "a.txt.exe" }],
  ['attachment; filename="a.txt" name="b.exe"', "attachment", { filename: "a.txt", name: "b.exe" }],
  ["text/plain charset=utf-8 format=flowed", "text/plain", { charset: "utf-8", format: "flowed" }],
  ["attachment; filename; size=3", "attachment", { size: "3" }],
  ["attachment; =x; (open; size=3", "attachment", { size: "3" }],
  ["attachment; filename=", "attachment", { filename: "" }],
  ["; filename=a", "", { filename: "a" }],
  ["attachment; filename**=a; x*y=b", "attachment", { "filename**": "a", "x*y": "b" }],
  ['attachment; filename="a\0b\r\nc\td"', "attachment", { filename: "ab c d" }],
  ["attachment; filename=gr\xc3\xbc.pdf", "attachment", { filename: "grü.pdf" }],
  ["attachment; filename=gr\xfc.pdf", "attachment", { filename: "grü.pdf" }],
  ["attachment; __proto__=a", "attachment", { ["__proto__"]: "a" }],
  // Only one counts.
  ["a/b; name=a.txt; NAME=b.exe", "a/b", { name: "a.txt" }, [["name", "b.exe"]]],
  ["a/b; filename=a.txt; filename*=utf-8''b.exe", "a/b", { filename: "b.exe" }, [["filename", "a.txt"]]],
  [
    "a/b; filename=a; filename*0=b; filename*0=c; filename*1=d; filename*=''e",
    "a/b",
    { filename: "e" },
    [["filename", "bd"], ["filename", "a"], ["filename", "c"]],
  ],
];

for (const [given, value, parameters, duplicates = []] of ROWS) {
  test(JSON.stringify(given), () => {
    const parsed = parseParameters(latin1Bytes(given));
    assert.equal(parsed.value, value);
    assert.deepEqual([...parsed.parameters], Object.entries(parameters));
    assert.deepEqual(parsed.duplicates.map((each) => [each.name, each.value]), duplicates);
  });
}

test("text is read like its bytes", () => {
  assert.equal(parseParameters("a; name=grü\udcfc").parameters.get("name"), "grÃ¼ü");
  assert.equal(parseParameters("a; name=grü").parameters.get("name"), "grü");
});

test("what opens and never closes is read in linear time", () => {
  // A size that only linear work gets through.
  for (
    const piece of ["(", "a(", " (", '"', '\\"', " ", ";", "=", "a=(", "a =", "a= (x) ", "a*0=", "%", " a"]
  ) {
    parseParameters(`a/b; ${piece.repeat(200_000 / piece.length)}`);
    parseParameters(`a/b; x=${piece.repeat(200_000 / piece.length)}`);
    parseParameters(piece.repeat(200_000 / piece.length));
  }
});
