import assert from "node:assert/strict";
import { test } from "node:test";
import { toBytes } from "../../lib/message/text.ts";
import { messageWith, MIXED, multipart, part } from "./messages.ts";
import { delivered, findings } from "./support.ts";

const EXE = part({ name: "a.exe", content: "x" });
const TYPE = `Content-Type: ${MIXED}`;
/** What some programs see the parts of, and others those behind. */
const TWO = multipart([part({ type: "text/plain", content: "x" })]) + multipart([EXE], "a");

const encoded = (...fields: string[]) => multipart([[...fields, "", "eA=="].join("\r\n")]);

/** Messages in which other programs may see `a.exe`: their header and body. */
const MESSAGES: readonly (readonly [what: string, header: string, body: string])[] = [
  ["Content-Type twice", `${TYPE}\r\n${TYPE.replace("=b", "=a")}`, TWO],
  ["two boundaries", `${TYPE}; boundary=a`, TWO],
  ["two boundaries, one of them in the form of RFC 2231", `${TYPE.replace("=b", "=a")}; boundary*0=b`, TWO],
  [
    "two encodings",
    TYPE,
    encoded("Content-Transfer-Encoding: 7bit", "Content-Transfer-Encoding: base64"),
  ],
  ["an unknown encoding", TYPE, encoded("Content-Transfer-Encoding: base-64")],
  [
    "a CR in a header",
    TYPE,
    encoded("Content-Type: text/plain\rContent-Disposition: attachment; filename=a.exe"),
  ],
  ["a CR before a delimiter", TYPE, multipart([`Content-Type: text/plain\r\n\r\nx\r--b\r${EXE}`])],
  [
    "a line in a header that is no field",
    TYPE,
    encoded("Subject: x", "x", "Content-Disposition: attachment"),
  ],
  ["a type that is none", "Content-Type: multipart; boundary=b", multipart([EXE])],
  ["a multipart without boundary", "Content-Type: multipart/mixed", multipart([EXE])],
  ["a multipart without parts", TYPE, multipart([EXE], "a")],
];

const message = (header: string, body: string) => toBytes(`Subject: x\r\n${header}\r\n\r\n${body}`);

for (const [what, header, body] of MESSAGES) {
  test(`a message with ${what} is found`, async () => {
    const found = await findings(message(header, body), ["ambiguous", "true"]);
    assert.deepEqual(found.map(({ rule }) => rule), ["ambiguous"]);
    assert.match(found[0]!.text, /^may be read in another way: /);
  });
}

test("a message as it should be is not, nor is one without --ambiguous", async () => {
  const fine = messageWith({ name: "a.exe", content: "x" });
  assert.deepEqual(await findings(fine, ["ambiguous", "true"]), []);
  for (const [what, header, body] of MESSAGES) {
    assert.deepEqual(await findings(message(header, body), ["type", "video/*"]), [], what);
  }
});

test("a message that is ambiguous is refused with the reason", async () => {
  const [, header, body] = MESSAGES[1]!;
  (await delivered(message(header, body), ["ambiguous", "true"])).assertRejected(
    550,
    /^Attachment not accepted: multipart\/mixed may be read in another way: Content-Type names several boundaries/,
  );
});

test("a message that is ambiguous is replaced as a whole by --action strip", async () => {
  for (const [what, header, body] of MESSAGES.slice(0, 3)) {
    const result = await delivered(message(header, body), ["ambiguous", "true"], ["action", "strip"], [
      "keep-nothing",
      "true",
    ]);
    const after = result.assertAccepted();
    assert.match(after.body, /was removed from this message/, what);
    assert.doesNotMatch(after.body, /a\.exe/, what);
    assert.equal(after.fields.filter((field) => field.is("Content-Type")).length, 1, what);
  }
});
