import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { OptionError } from "../../lib/options/options.ts";
import { makeFooter, send } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-footer-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const HTML = file(
  "footer.html",
  '<style>p { color: red } /* registered nowhere at all in the world */</style><p>Acme <a href="https://acme.example/about/us">Ltd of M&uuml;nchen</a></p>\n',
);
const PLAIN = file("footer.txt", "\ufeff-- \nAcme Ltd of Munich\nhttps://acme.example\n");

describe("a footer from files", () => {
  const mail = {
    header: { "Content-Type": "multipart/alternative; boundary=b" },
    body: "--b\n\nHello\n--b\nContent-Type: text/html\n\n<p>Hello</p>\n--b--\n",
  };
  const given = [["text-file", PLAIN], ["html-file", HTML]] as const;

  it("is added as it is there", async () => {
    const { body } = await send(given, mail);
    assert.ok(body.includes("Hello\n\n-- \nAcme Ltd of Munich\nhttps://acme.example\n"), body);
    assert.ok(body.includes("<p>Hello</p>\n<style>p { color: red }"), body);
  });

  for (const quoted of ["&gt; Ltd of M&#xFC;nchen", "<a>Ltd of</a> München", "https://acme.example"]) {
    it(`is recognized by its longest line or text: ${quoted}`, async () => {
      const body = mail.body.replace("<p>Hello</p>", quoted).replace("html\n", "html; charset=utf-8\n");
      assert.equal((await send(given, { ...mail, body })).body, body);
    });
  }

  it("has what senders write as text, not as HTML", async () => {
    const html = file("names.html", "<p title='{subject}'>{from_name} of Acme Ltd of Munich</p>");
    const { body } = await send([["text", "Acme Ltd of Munich"], ["html-file", html]], {
      ...mail,
      header: { ...mail.header, From: '"<b>Ann</b>" <ann@example.org>', Subject: "' onclick='x" },
    });
    assert.ok(
      body.includes("<p title='&#39; onclick=&#39;x'>&lt;b&gt;Ann&lt;/b&gt; of Acme Ltd of Munich</p>"),
      body,
    );
  });

  it("is recognized by --marker in its place", async () => {
    const own = [["text", "Acme Ltd of Munich\nsomething else that is longer"], [
      "marker",
      "ACME Ltd. of",
    ]] as const;
    assert.deepEqual((await send(own, { body: "> Acme Ltd\n> of Munich\n" })).remarks, [
      "no footer: the message has it already",
    ]);
    assert.deepEqual((await send(own, { body: "something else that is longer\n" })).remarks, [
      "footer added to text/plain",
    ]);
  });
});

describe("a wrong option", () => {
  const cases: [given: [string, string][], option: string, message: RegExp][] = [
    [[], "text", /give the footer, with this or with --text-file$/],
    [[["html-file", HTML]], "text", /give the footer for plain text too, with this or with --text-file$/],
    [[["text", "Acme Ltd of Munich"], ["text-file", PLAIN]], "text-file", /--text gives the footer already$/],
    [[["text-file", join(folder, "none")]], "text-file", /it cannot be read: there is no such file$/],
    [[["text-file", folder]], "text-file", /it cannot be read: it is a folder$/],
    [[["text-file", file("latin1", Uint8Array.of(0x66, 0xfc, 0x72))]], "text-file", /it is not in UTF-8$/],
    [[["text-file", file("empty", " \n")]], "text-file", /it contains no text$/],
    [
      [["text-file", file("large", "x".repeat(262_145))]],
      "text-file",
      /it has 262145 bytes; the maximum is 256 KiB$/,
    ],
    [[["text", "a\x07b, c and d"]], "text", /it holds control characters$/],
    [
      [["text", "Sent by {from_nam}"]],
      "text",
      /there is no \{from_nam\}; did you mean \{from_name\}\?$/,
    ],
    [[["text", "Sent by {FROM}"]], "text", /did you mean \{from\}\?$/],
    [
      [["text", "Sent to {recipient}"]],
      "text",
      /want one of \{from\}, .*, or \{\{recipient\} for the text itself$/,
    ],
    [
      [["text", "Acme\n{subject}\nLtd"]],
      "text",
      /no line of it has 8 letters and digits, .*; write more, or give --repeat$/,
    ],
    [
      [["text", "Acme Ltd of Munich"], ["html-file", file("short", "<p>Ac<b>me</b></p>")]],
      "html-file",
      /no line of it has 8/,
    ],
    [[["text", "Acme Ltd of Munich"], ["marker", "Acme"]], "marker", /want at least 8 letters and digits/],
    [
      [["text", "Acme Ltd of Munich"], ["marker", "Acme of Munich"]],
      "marker",
      /it must be in the text of the footer/,
    ],
    [
      [["text", "Acme Ltd of Munich"], ["html-file", HTML], ["marker", "Ltd of Munich"]],
      "marker",
      /in the HTML of the footer too/,
    ],
    [
      [["text", "Acme Ltd of Munich"], ["repeat", "true"], ["marker", "Acme Ltd"]],
      "marker",
      /leave it out: with --repeat, the footer is added without looking for it$/,
    ],
  ];
  for (const [given, option, message] of cases) {
    it(
      JSON.stringify(given.map(([name, text]) => [name, text.replace(folder, "")])).slice(0, 100),
      async () => {
        await assert.rejects(makeFooter(given), (error) => {
          assert.ok(error instanceof OptionError);
          assert.equal(error.option, option);
          assert.match(error.message, message);
          return true;
        });
      },
    );
  }
});
