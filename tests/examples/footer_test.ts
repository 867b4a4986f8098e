// The example docs/examples/footer.ts.
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { parseMime } from "milterkit/mime";
import { deliver, type Delivered, make, type TestMail } from "milterkit/testing";
import definition from "../../docs/examples/footer.ts";

const TEXT = ["Example Ltd", `1 High Street ${"=".repeat(40)} London`];
const FOOTER = `\n-- \n${TEXT.join("\n")}\n`;

async function footed(mail: TestMail, maxSize = "1kB", text = TEXT): Promise<Delivered> {
  await using filter = await make(definition, { text, maxSize });
  return (await deliver(filter, mail)).assertAccepted();
}

async function textOf({ message }: Delivered): Promise<string> {
  return await (await parseMime(new TextEncoder().encode(message))).root.text();
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
    (await footed({ body: "" })).assertBody(FOOTER.trimStart());
  });

  test("text in several chunks", async () => {
    const body = "A line\n".repeat(30_000);
    (await footed({ body }, "1MB")).assertBody(body + FOOTER);
  });

  test("quoted-printable and base64", async () => {
    for (
      const [encoding, body] of [["Quoted-Printable", "Hello\n"], [
        "base64",
        `${btoa("Hello\r\n")}\n`,
      ]] as const
    ) {
      const delivered = await footed({ header: typed("text/plain; charset=utf-8", encoding), body });
      assert.equal(await textOf(delivered), `Hello\n${FOOTER}`);
    }
  });

  test("HTML", async () => {
    (await footed({ header: typed("text/html"), body: "<p>Hello</p>\n" })).assertBody(
      /<p>-- <br>\nExample Ltd<br>/,
    );
  });

  test("text in a charset that lacks its characters", async () => {
    const delivered = await footed(
      { header: typed("text/plain; charset=us-ascii"), body: "Hello\n" },
      "1kB",
      ["Café"],
    );
    assert.equal(await textOf(delivered), "Hello\n\n-- \nCafé\n");
  });
});

describe("a message stays as it is", () => {
  const OTHERS: Readonly<Record<string, [TestMail, why: RegExp]>> = {
    "signed with DKIM": [{ header: { "DKIM-Signature": "v=1" } }, /somebody has signed/],
    "sealed": [{ header: { "ARC-Seal": "i=1" } }, /somebody has signed/],
    "signed with PGP": [{ body: "-----BEGIN PGP SIGNED MESSAGE-----\n" }, /it is signed/],
    "signed with S/MIME": [
      { header: typed('multipart/signed; boundary="b"'), body: "--b\n\nHello\n--b--\n" },
      /it is signed/,
    ],
    "a picture": [{ header: typed("image/png", "base64") }, /no text/],
    "in UTF-7": [{ header: typed("text/plain; charset=utf-7") }, /charset/],
    "in an unknown encoding": [{ header: typed("text/plain", "x-uuencode") }, /encoding/],
    "above the size": [{ body: "x".repeat(999) + "\n" }, /too large/],
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
