// The example docs/examples/attachment-names.ts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deliver, make } from "milterkit/testing";
import definition from "../../docs/examples/attachment-names.ts";

/** A message with two parts, the second one with these fields. */
const withPart = (...fields: string[]) =>
  [
    "Subject: Files",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "See the file.",
    "--b",
    ...fields,
    "",
    "TVqQAAMAAAAEAAAA",
    "--b--",
    "",
  ].join("\r\n");

/** The same message in another one. */
const attached = (message: string) =>
  [
    'Content-Type: multipart/mixed; boundary="a"',
    "",
    "--a",
    "Content-Type: message/rfc822",
    "",
    message,
    "--a--",
  ]
    .join("\r\n");

const DISPOSITION = "Content-Disposition: attachment;";
const PROGRAMS: Readonly<Record<string, string[]>> = {
  "in quotes": [`${DISPOSITION} filename="invoice.pdf.exe"`],
  "without quotes": [`${DISPOSITION} filename=a.exe; size=3`],
  "in Content-Type": ['content-type: application/octet-stream; Name="A.EXE"'],
  "on a line of its own": [DISPOSITION, '\tfilename="a.exe"'],
  "cut by a line": [DISPOSITION, ' filename="a.', ' exe"'],
  "with quoted characters": [`${DISPOSITION} filename="a\\.e\\xe"`],
  "with dots and spaces at its end": [`${DISPOSITION} filename="a.exe. ."`],
  "that is only an ending": [`${DISPOSITION} filename=".exe"`],
  "without an end": [`${DISPOSITION} filename="a;b.exe`],
  "in percent encoding": [`${DISPOSITION} filename*=utf-8''na%C3%AFve%2Eexe`],
  "in UTF-16": [`${DISPOSITION} filename*=utf-16le''a%00.%00e%00x%00e%00`],
  "in pieces": [DISPOSITION, ' filename*0="inv";', ' filename*1="oice.e";', ' filename*2="xe"'],
  "in pieces out of order": [`${DISPOSITION} filename*1="xe"; filename*0="a.e"`],
  "in encoded pieces": [`${DISPOSITION} filename*0*=utf-8''a%2E; filename*1*=ex; filename*2=e`],
  "in base64": [`${DISPOSITION} filename="=?utf-8?B?YS5leGU=?="`],
  "in quoted-printable": [`${DISPOSITION} filename="=?iso-8859-1?q?a=2Eex?= =?iso-8859-1?Q?e?="`],
  "beside another name": [`${DISPOSITION} filename="a.exe"; name="a.txt"`],
};

describe("a program is refused, with its name", () => {
  for (const [what, fields] of Object.entries(PROGRAMS)) {
    test(what, async () => {
      const message = withPart(...fields);
      (await deliver(definition, { message })).assertRejected(552, "We take no .exe files by mail")
        .assertNoFailures();
      (await deliver(definition, { message: attached(message) })).assertRejected(552).assertNoFailures();
    });
  }

  test("in the header of the message", async () => {
    const header = { "Content-Disposition": 'attachment;\n\tfilename="a.exe"' };
    (await deliver(definition, { header })).assertRejected(552);
  });

  test("in the last line", async () => {
    (await deliver(definition, { body: 'Content-Type: a/b; name="a.exe"' })).assertRejected(552);
    (await deliver(definition, { body: 'Content-Type: a/b;\r\n name="a.exe"' })).assertRejected(552);
  });

  // The parts of a message that an MTA sends are at most 65,535 bytes long.
  for (const before of [65_490, 65_500, 65_510, 65_516, 65_517, 65_518, 65_520]) {
    test(`${before} bytes into the body`, async () => {
      const line = "x".repeat(76) + "\r\n";
      const body = line.repeat(before / line.length).padEnd(before - 2, "x") +
        '\r\nContent-Type: a/b;\r\n name="a.exe"\r\n\r\n';
      (await deliver(definition, { body })).assertRejected(552);
    });
  }
});

describe("other mail passes", () => {
  const OTHERS: Readonly<Record<string, string[]>> = {
    "a document": [`${DISPOSITION} filename="invoice.exe.pdf"`],
    "a name without an ending": [`${DISPOSITION} filename="exe"`],
    "an encoded document": [`${DISPOSITION} filename*=utf-8''%2Eexe.pdf`],
    "invalid base64": [`${DISPOSITION} filename="a.exe=?utf-8?B?!?="`],
    "text about a program": ["Content-Type: text/plain", "", 'I wrote filename="a.exe" there'],
    "a part without a name": [],
  };
  for (const [what, fields] of Object.entries(OTHERS)) {
    test(what, async () => {
      (await deliver(definition, { message: withPart(...fields) })).assertAccepted().assertUnchanged();
    });
  }

  test("a line without an end", async () => {
    (await deliver(definition, { body: "x".repeat(300_000) })).assertAccepted();
  });
});

test("a field that is too long to be one is refused", async () => {
  const long = withPart(
    DISPOSITION,
    ...Array<string>(400).fill(` x="${"y".repeat(70)}";`),
    ' filename="a.exe"',
  );
  (await deliver(definition, { message: long })).assertRejected(552, /too long a header/);
  const endless = await deliver(definition, { body: `Content-Type: a/b;\r\n${" x;\r\n".repeat(60_000)}` });
  assert.equal(endless.assertRejected(552, /too long/).event, "body");
  (await deliver(definition, { body: `Content-Type: a/b; x=${"y".repeat(200_000)}` })).assertRejected(
    552,
    /too long/,
  );
});

test("the endings are an option", async () => {
  await using filter = await make(definition, { extension: ["ZIP", "rar"] });
  (await deliver(filter, { message: withPart(`${DISPOSITION} filename=a.zip`) })).assertRejected(
    552,
    /no \.zip/,
  );
  (await deliver(filter, { message: withPart(`${DISPOSITION} filename=a.exe`) })).assertAccepted();
});
