// The example docs/examples/footer.ts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OptionError } from "milterkit";
import { deliver, type Delivered, make, type TestMail } from "milterkit/testing";
import definition from "../../docs/examples/footer.ts";

const TEXT = ["Example Ltd", `1 High Street ${"=".repeat(40)} London`];
const FOOTER = `\n-- \n${TEXT.join("\n")}\n`;

async function footed(mail: TestMail, maxSize = "1kB"): Promise<Delivered> {
  await using filter = await make(definition, { text: TEXT, maxSize });
  return (await deliver(filter, mail)).assertAccepted();
}

const typed = (type: string, encoding = "7bit") => ({
  "Content-Type": type,
  "Content-Transfer-Encoding": encoding,
});

describe("a footer is added to", () => {
  test("text without a type", async () => {
    (await footed({ body: "Hello\n" })).assertBody(`Hello\n${FOOTER}`);
  });

  test("plain text with a charset, whose bytes stay", async () => {
    const header = typed('text/plain; format=flowed; charset="ISO-8859-1"', "8bit");
    const { bodyBytes } = await footed({ header, body: Uint8Array.of(0xe9, 13, 10) });
    assert.deepEqual([...bodyBytes.slice(0, 3)], [0xe9, 13, 10]);
    assert.match(new TextDecoder().decode(bodyBytes), /Example Ltd\r\n1 High/);
  });

  test("an empty message", async () => {
    (await footed({ body: "" })).assertBody(FOOTER);
  });

  test("text in several chunks", async () => {
    const body = "A line\n".repeat(30_000);
    (await footed({ body }, "1MB")).assertBody(body + FOOTER);
  });

  test("quoted-printable", async () => {
    const { body } = await footed({
      header: typed("text/plain; charset=utf-8", "Quoted-Printable"),
      body: "caf=C3=A9\n",
    });
    assert.ok(body.split("\r\n").every((line) => line.length <= 76 && !/ $/.test(line)), body);
    assert.doesNotMatch(body, /=(?![0-9A-F]{2}|\r\n)/);
    const decoded = body.replace(/=\r\n/g, "").replace(
      /=([0-9A-F]{2})/g,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    );
    assert.equal(decoded.replaceAll("\r\n", "\n"), `cafÃ©\n${FOOTER}`);
  });

  test("base64", async () => {
    const { body } = await footed({ header: typed("text/plain", "base64"), body: `${btoa("Hello\r\n")}\n` });
    assert.ok(body.split("\r\n").every((line) => line.length <= 76), body);
    assert.equal(atob(body.replaceAll("\r\n", "")).replaceAll("\r\n", "\n"), `Hello\n${FOOTER}`);
  });
});

describe("a message stays as it is", () => {
  const OTHERS: Readonly<Record<string, [TestMail, why: RegExp]>> = {
    "signed with DKIM": [{ header: { "DKIM-Signature": "v=1" } }, /signed/],
    "sealed": [{ header: { "ARC-Seal": "i=1" } }, /signed/],
    "signed with PGP": [{ body: "-----BEGIN PGP SIGNED MESSAGE-----\n" }, /signed/],
    "multipart": [{ header: typed('multipart/signed; boundary="b"') }, /not plain text/],
    "HTML": [{ header: typed("text/html") }, /not plain text/],
    "of a type that begins like it": [{ header: typed("text/plainer") }, /not plain text/],
    "in UTF-16": [{ header: typed("text/plain; charset=utf-16", "base64") }, /charset/],
    "in invalid base64": [{ header: typed("text/plain", "base64"), body: "====" }, /encoding/],
    "in an unknown encoding": [{ header: typed("text/plain", "x-uuencode") }, /encoding/],
    "above the size": [{ body: "x".repeat(999) + "\n" }, /too large/],
    "far above the size": [{ body: "A line\n".repeat(50_000) }, /too large/],
  };
  for (const [what, [mail, why]] of Object.entries(OTHERS)) {
    test(what, async () => {
      const { notes } = (await footed(mail)).assertUnchanged();
      assert.match(JSON.stringify(notes), why);
    });
  }

  test("unless it is just as large as allowed", async () => {
    (await footed({ body: "x".repeat(998) + "\n" })).assertBody(/Example Ltd/);
  });
});

test("a footer that is not ASCII is refused", async () => {
  await assert.rejects(make(definition, { text: "Café" }), OptionError);
});
