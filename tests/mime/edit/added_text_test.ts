import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { withText } from "./edited.ts";

const PLAIN = "Content-Type: text/plain";

describe("text at the end", () => {
  const cases: [what: string, message: string, text: string, expected: string][] = [
    ["of a message without MIME", "A: b\n\nHello\n", "End", "A: b\n\nHello\n\nEnd\n"],
    [
      "after an empty line, which is not doubled",
      "A: b\n\nHello\n\n",
      "\n\nEnd\n\n",
      "A: b\n\nHello\n\nEnd\n",
    ],
    ["of an empty message", "A: b\n\n", "End", "A: b\n\nEnd\n"],
    ["of a message that is an empty line", "A: b\n\n\n", "End", "A: b\n\n\nEnd\n"],
    ["after a line without an end", "A: b\n\nHello", "End", "A: b\n\nHello\n\nEnd\n"],
    ["after a signature", "A: b\n\nHello\n-- \nMe\n", "End", "A: b\n\nHello\n-- \nMe\n\nEnd\n"],
    [
      "in its charset, where 8bit is declared",
      `${PLAIN}; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ncaf\xe9\n`,
      "für",
      `${PLAIN}; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ncaf\xe9\n\nf\xfcr\n`,
    ],
    [
      "in its charset, encoded where 8bit is not declared",
      `${PLAIN}; charset=iso-8859-1\n\na=b\n`,
      "für",
      `Content-Transfer-Encoding: quoted-printable\n${PLAIN}; charset=iso-8859-1\n\na=3Db\n\nf=FCr\n`,
    ],
    [
      "in UTF-8 if the charset lacks a character, and the text with it",
      `${PLAIN}; charset=iso-8859-1; format=fixed\nContent-Transfer-Encoding: 8bit\n\ncaf\xe9\n`,
      "5 €",
      `${PLAIN}; charset=utf-8; format=fixed\nContent-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9\n\n5 =E2=82=AC\n`,
    ],
    [
      "in UTF-8 without writing the text anew if that is ASCII",
      `${PLAIN}; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\na=b\n`,
      "5 €",
      `${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\na=b\n\n5 \xe2\x82\xac\n`,
    ],
    [
      "of text without a charset that is UTF-8",
      "A: b\n\ncaf\xc3\xa9\n",
      "für",
      `MIME-Version: 1.0\n${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nA: b\n\ncaf=C3=A9\n\nf=C3=BCr\n`,
    ],
    [
      "of quoted-printable, without a change of what is there",
      `${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\na =e4=\n =C3=A9  \n`,
      "für = ",
      `${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\na =e4=\n =C3=A9  \n\nf=C3=BCr =3D=20\n`,
    ],
    [
      "of quoted-printable that ends in a soft line break",
      `${PLAIN}\nContent-Transfer-Encoding: quoted-printable\n\nHello=`,
      "End",
      `${PLAIN}\nContent-Transfer-Encoding: quoted-printable\n\nHello=\n\n\nEnd\n`,
    ],
    [
      "of format=flowed, in lines that stay as they are",
      `${PLAIN}; format=flowed\n\nflows \non\n`,
      "> a \n-- \nFrom b",
      `${PLAIN}; format=flowed\n\nflows \non\n\n > a\n-- \n From b\n`,
    ],
    [
      "in quoted-printable if a line is too long for SMTP",
      "A: b\n\na=b\n",
      "x".repeat(1000),
      `Content-Transfer-Encoding: quoted-printable\nA: b\n\na=3Db\n\n${`${"x".repeat(75)}=\n`.repeat(13)}${
        "x".repeat(25)
      }\n`,
    ],
    [
      "of ISO-2022-JP that does not return to ASCII",
      `${PLAIN}; charset=iso-2022-jp\n\n\x1b$B$"`,
      "End",
      `${PLAIN}; charset=iso-2022-jp\n\n\x1b$B$"\x1b(B\n\nEnd\n`,
    ],
  ];
  for (const [what, message, text, expected] of cases) {
    it(what, async () => {
      const { text: result, results: [outcome] } = await withText(message, { text });
      assert.equal(result, expected);
      assert.deepEqual([outcome!.done, outcome!.refused], [true, []]);
    });
  }

  it("of base64 stays in base64, in any charset", async () => {
    const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes as string).toString("base64");
    const utf16 = new Uint8Array(Uint16Array.from("Hi ö\n", (char) => char.charCodeAt(0)).buffer);
    for (const [charset, content] of [["utf-8", "Hi ö\n"], ["utf-16le", utf16], ["utf-16", utf16]] as const) {
      const header = `Content-Type: text/plain; charset=${charset}\nContent-Transfer-Encoding: base64\n\n`;
      const { text, after } = await withText(`${header}${base64(content)}\n`, { text: "5 €" });
      assert.equal(text, `${header.replace(charset, "utf-8")}${base64("Hi ö\n\r\n5 €\r\n")}\n`);
      assert.equal(await after.root.text(), "Hi ö\n\n5 €\n");
    }
  });

  it("keeps a charset of several bytes for ASCII, and leaves it for more", async () => {
    const header = `${PLAIN}; charset=shift_jis\nContent-Transfer-Encoding: 8bit\n\n`;
    assert.equal((await withText(`${header}\x93\xfa\n`, { text: "End" })).text, `${header}\x93\xfa\n\nEnd\n`);
    const { after } = await withText(`${header}\x93\xfa\n`, { text: "本" });
    assert.equal(await after.root.text(), "日\n\n本\n");
    assert.equal(after.root.charset, "utf-8");
  });
});

describe("text at the top", () => {
  const cases: [what: string, message: string, expected: string][] = [
    ["of plain text", "A: b\n\nHello\n", "A: b\n\nTop\n\nHello\n"],
    ["of nothing", "A: b\n\n", "A: b\n\nTop\n"],
    [
      "after a byte order mark",
      `${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\xef\xbb\xbfHello\n`,
      `${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\xef\xbb\xbfTop\n\nHello\n`,
    ],
    [
      "after an encoded one",
      `${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=EF=BB=BFHello\n`,
      `${PLAIN}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=EF=BB=BFTop\n\nHello\n`,
    ],
  ];
  for (const [what, message, expected] of cases) {
    it(what, async () => {
      assert.equal((await withText(message, { text: "Top", at: "top" })).text, expected);
    });
  }
});

describe("HTML", () => {
  const html = (content: string, header = "") =>
    `Content-Type: text/html; charset=iso-8859-1\n${header}\n${content}\n`;
  const QP = "Content-Transfer-Encoding: quoted-printable\n";
  const cases: [what: string, message: string, expected: string][] = [
    [
      "is added before the end of the body",
      html("<body>Hi</body>"),
      html("<body>Hi\n<p>5 &#8364;</p>\n</body>"),
    ],
    [
      "is added to quoted-printable, of which nothing else changes",
      html("<body>a =e4=\n=3C/body>", QP),
      html("<body>a =e4\n<p>5 &#8364;</p>\n=\n=3C/body>", QP),
    ],
    [
      "is in the charset of the part if that has its characters",
      html("Hi", QP),
      html("Hi\n\n<p>5 &#8364;</p>", QP),
    ],
  ];
  for (const [what, message, expected] of cases) {
    it(what, async () => {
      assert.equal((await withText(message, { text: "x", html: "<p>5 €</p>" })).text, expected);
    });
  }

  it("is made of the text if there is none", async () => {
    assert.equal(
      (await withText(html("Hi"), { text: "a & b\nc", at: "top" })).text,
      html("<p>a &amp; b<br>\nc</p>\nHi"),
    );
  });

  it("knows what is HTML in ISO-2022-JP", async () => {
    const message = "Content-Type: text/html; charset=iso-2022-jp\n\n<body>\x1b$B</body>\x1b(B</body>\n";
    const { text } = await withText(message, { text: "End" });
    assert.equal(text, message.replace("\x1b(B", "\x1b(B\n<p>End</p>\n"));
  });
});

describe("what cannot be changed is left as it is", () => {
  const cases: [reason: string, message: string][] = [
    ["charset", `${PLAIN}; charset=utf-7\n\nHello\n`],
    ["charset", `${PLAIN}; charset=x-unknown\n\ncaf\xe9\n`],
    ["encoding", `${PLAIN}\nContent-Transfer-Encoding: x-strange\n\nHello\n`],
    ["encoding", `${PLAIN}\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n`],
    ["encrypted", "A: b\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n"],
    ["signed", "A: b\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nabc\n"],
    ["signed", "Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nabc\n"],
    ["encrypted", "Content-Type: application/pkcs7-mime\n\nabc\n"],
    ["no-text", "Content-Type: application/pdf\n\nabc\n"],
    ["no-text", "Content-Type: text/plain\nContent-Disposition: Attachment\n\nabc\n"],
    ["no-text", "Content-Type: message/rfc822\n\nSubject: b\n\nabc\n"],
  ];
  for (const [reason, message] of cases) {
    it(`${reason}: ${JSON.stringify(message.slice(0, 60))}`, async () => {
      const { text, results: [outcome] } = await withText(message, { text: "für" });
      assert.equal(text, message);
      assert.deepEqual(outcome!.refused.map((each) => each.reason), [reason]);
      assert.equal(outcome!.done, false);
    });
  }
});
