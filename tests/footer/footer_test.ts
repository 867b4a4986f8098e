import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeText, parseMime } from "../../lib/mime.ts";
import { toBytes } from "../../lib/message/text.ts";
import { send } from "./support.ts";

const TEXT = "Example Ltd, registered in Leeds";
const ADDED = ["text", TEXT] as const;

const alternative = (plain: string, html: string) => ({
  header: { Subject: "Hi", "MIME-Version": "1.0", "Content-Type": "multipart/alternative; boundary=b" },
  body: `--b\n\n${plain}\n--b\nContent-Type: text/html\n\n${html}\n--b--\n`,
});

describe("a footer", () => {
  it("is added below the text, and the log says so", async () => {
    const { body, remarks } = await send([ADDED], { body: "Hello\n" });
    assert.equal(body, `Hello\n\n${TEXT}\n`);
    assert.deepEqual(remarks, ["footer added to text/plain"]);
  });

  it("is added above it with --top", async () => {
    const { body } = await send([ADDED, ["top", "true"]], { body: "Hello\n" });
    assert.equal(body, `${TEXT}\n\nHello\n`);
  });

  it("is added to text and HTML", async () => {
    const { body, remarks } = await send([ADDED], alternative("Hello", "<p>Hello</p>"));
    assert.equal(body, alternative(`Hello\n\n${TEXT}`, `<p>Hello</p>\n<p>${TEXT}</p>\n`).body);
    assert.deepEqual(remarks, ["footer added to text/plain and text/html"]);
  });

  it("changes the header of the message if its text needs another charset", async () => {
    const { message } = await send([["text", "Größe ist alles, sagt er"]], {
      header: { Subject: "Hi", "Content-Type": "text/plain; charset=us-ascii" },
      body: "Hello\n",
    });
    assert.equal(
      message,
      "Subject: Hi\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" +
        "Hello\n\nGr=C3=B6=C3=9Fe ist alles, sagt er\n",
    );
  });

  it("is added by Sendmail, too", async () => {
    const { message } = await send([["text", "Größe ist alles, sagt er"]], {
      mta: "sendmail",
      body: "Hello\n",
    });
    const { root } = await parseMime(toBytes(message));
    assert.equal(await root.text(), "Hello\n\nGröße ist alles, sagt er\n");
  });

  it("names the author and the message", async () => {
    const text =
      "{from_name} <{from}> of {from_domain} wrote {subject} for {mail_from} as {auth_authen} at {client_addr}";
    const { body } = await send([["text", `${text}, {client_name} {{x} { } {1}`], ["repeat", "true"]], {
      from: "bounce@example.com",
      client: { address: "192.0.2.7", hostname: "pc.example" },
      macros: { auth_authen: "ann" },
      header: { From: "=?utf-8?Q?Zo=C3=AB?= <zoe@example.org>", Subject: "=?utf-8?B?R3LDvMOfZQ==?=" },
    });
    const [, footer] = decodeText(toBytes(body), "utf-8").split("\n\n");
    const joined = footer!.replaceAll("=\n", "").replaceAll("=C3=AB", "ë").replaceAll("=C3=BC", "ü")
      .replaceAll("=C3=9F", "ß");
    assert.equal(
      joined,
      "Zoë <zoe@example.org> of example.org wrote Grüße for bounce@example.com as ann at 192.0.2.7, pc.example {x} { } {1}\n",
    );
  });

  it("has the day", async () => {
    const { body } = await send([["text", "Sent on the day {date}"]], { body: "Hello\n" });
    assert.match(body, /Sent on the day \d{4}-\d\d-\d\d\n$/);
  });

  it("has what senders write as text on one line, not as HTML", async () => {
    const { body } = await send([["text", "A message by {from_name} about {subject}"], ["top", "true"]], {
      ...alternative("Hello", "<p>Hello</p>"),
      header: {
        ...alternative("", "").header,
        Subject: `<b>\u202e${"x".repeat(300)}`,
        From: '"<script>\t\\"x\'" <a@example.org>',
      },
    });
    const xs = "x".repeat(197);
    assert.ok(body.replaceAll("=\n", "").includes(`A message by <script> "x' about <b>${xs}=E2=80=A6`), body);
    assert.ok(body.includes(`A message by &lt;script&gt; &quot;x&#39; about &lt;b&gt;${xs}&#8230;`), body);
  });
});

describe("no footer", () => {
  const dkim = "v=1; a=rsa-sha256; d=example.org; s=x; h=from; bh=; b=";
  const cases: [why: string, remark: string, header: Record<string, string>, body?: string][] = [
    ["for a message with a DKIM signature", "the message carries DKIM-Signature", { "DKIM-Signature": dkim }],
    ["for a message with an ARC seal", "the message carries ARC-Message-Signature", {
      "ARC-Message-Signature": "i=1",
    }],
    [
      "in what is signed",
      "it is signed, and the signature would no longer hold",
      { "Content-Type": "multipart/signed; boundary=b" },
      "--b\n\nHello\n--b--\n",
    ],
    ["in what is encrypted", "it is encrypted", { "Content-Type": "application/pkcs7-mime" }],
    ["for a message without text", "it has no text that people read", { "Content-Type": "image/png" }],
    ["for a delivery report", "it has no text that people read", {
      "Content-Type": "multipart/report; boundary=b",
    }, "--b\n\nx\n--b--\n"],
  ];
  for (const [why, remark, header, body = "Hello\n"] of cases) {
    it(`is added ${why}`, async () => {
      const { body: after, remarks } = await send([ADDED], { header, body });
      assert.equal(after, body);
      assert.deepEqual(remarks, [`no footer: ${remark}`]);
    });
  }

  it("but with --also-signed for those with a DKIM signature", async () => {
    const { body } = await send([ADDED, ["also-signed", "true"]], {
      header: { "DKIM-Signature": dkim },
      body: "Hello\n",
    });
    assert.equal(body, `Hello\n\n${TEXT}\n`);
  });

  const quotes: [how: string, body: string][] = [
    ["it was added before", `Hello\n\n${TEXT}\n`],
    ["it is quoted and wrapped", `Thanks!\n\n> Hello\n>\n> Example Ltd, registered\n> in Leeds\n`],
  ];
  for (const [how, body] of quotes) {
    it(`if ${how}`, async () => {
      const { body: after, remarks } = await send([ADDED], { body });
      assert.equal(after, body);
      assert.deepEqual(remarks, ["no footer: the message has it already"]);
      assert.equal((await send([ADDED, ["repeat", "true"]], { body })).body, `${body}\n${TEXT}\n`);
    });
  }

  it("if only the HTML quotes it, in base64", async () => {
    const html = btoa(
      `<p>Thanks!</p><blockquote><p>Example <b>Ltd</b>,\n registered in Leeds</p></blockquote>`,
    );
    const mail = alternative("Thanks!", html);
    const body = mail.body.replace("text/html\n", "text/html\nContent-Transfer-Encoding: base64\n");
    assert.equal((await send([ADDED], { ...mail, body })).body, body);
  });

  it("but if it is only in an attachment, or in a message inside", async () => {
    for (const field of ["Content-Disposition: attachment", "Content-Type: message/rfc822"]) {
      const { remarks } = await send([ADDED], {
        header: { "Content-Type": "multipart/mixed; boundary=b" },
        body: `--b\n\nHello\n--b\n${field}\n\n\n${TEXT}\n--b--\n`,
      });
      assert.deepEqual(remarks, ["footer added to text/plain"], field);
    }
  });
});

it("a part that cannot take it is named, when another one gets it", async () => {
  const mail = alternative("Hello", "<p>Hello</p>");
  const { body, remarks } = await send([ADDED], {
    ...mail,
    body: mail.body.replace("--b\n\n", "--b\nContent-Type: text/plain; charset=utf-7\n\n"),
  });
  assert.match(body, /<p>Example/);
  assert.deepEqual(remarks, [
    "footer added to text/html, but not to text/plain: its charset cannot take the text",
  ]);
});
