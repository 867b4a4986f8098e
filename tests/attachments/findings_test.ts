import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { toBytes } from "../../lib/message/text.ts";
import type { Given } from "../support/made_filter.ts";
import { PROGRAM, tar, tnef, zip } from "./archives.ts";
import { messageWith, multipart, part } from "./messages.ts";
import { findings } from "./support.ts";

/** What is found, as people read it. */
async function found(message: Uint8Array, ...given: Given): Promise<string[]> {
  return (await findings(message, ...given)).map(({ file, text }) => `${file} ${text}`);
}

const programs = ["executable", "true"] as const;

describe("--file-name", () => {
  it("fits the whole name, whatever its case", async () => {
    const message = messageWith({ name: "Invoice.EXE", content: "x" }, { name: "exe.pdf", content: "x" });
    assert.deepEqual(await found(message, ["file-name", "*.exe"]), ["Invoice.EXE has a name like *.exe"]);
    assert.deepEqual(await found(message, ["file-name", "{*.pdf,invoice*}"]), [
      "Invoice.EXE has a name like {*.pdf,invoice*}",
      "exe.pdf has a name like {*.pdf,invoice*}",
    ]);
  });

  const spellings: readonly [what: string, header: string][] = [
    ["in Content-Type alone", 'Content-Type: application/pdf; name="a.exe"'],
    ["encoded by RFC 2231", "Content-Disposition: attachment; filename*=utf-8''a%2Eexe"],
    ["cut in two", 'Content-Disposition: attachment; filename*0="a.e"; filename*1="xe"'],
    ["in an encoded word", 'Content-Disposition: attachment; filename="=?utf-8?B?YS5leGU=?="'],
    ["behind another one", "Content-Disposition: attachment; filename=a.pdf; filename=a.exe"],
    ["cut in two with one number", 'Content-Disposition: attachment; filename*0="a.e"; filename*0="xe"'],
    ["with a slash behind it", 'Content-Disposition: attachment; filename="a.exe/"'],
    ["in a second field", "Content-Disposition: inline\r\nContent-Disposition: attachment; filename=a.exe"],
    ["with dots and spaces behind it", 'Content-Disposition: attachment; filename="a.exe. . "'],
    ["with a folder", 'Content-Disposition: attachment; filename="..\\\\..\\\\a.exe"'],
    [
      "with a folder, its backslashes as they are",
      'Content-Disposition: attachment; filename="C:\\temp\\a.exe"',
    ],
    ["with a mark for right to left", "Content-Disposition: attachment; filename*=utf-8''a%E2%80%AE.exe"],
    ["of a part that is shown", "Content-Disposition: inline; filename=a.exe"],
  ];
  for (const [what, header] of spellings) {
    it(`finds a name ${what}`, async () => {
      const [first = "", ...others] = header.split("\r\n");
      const lines = first.startsWith("Content-Type")
        ? [first]
        : ["Content-Type: text/plain", first, ...others];
      const message = toBytes(
        `Content-Type: multipart/mixed; boundary=b\r\n\r\n${multipart([[...lines, "", "x"].join("\r\n")])}`,
      );
      assert.equal((await findings(message, ["file-name", "a.exe"])).length, 1);
    });
  }

  it("says which of several names it found", async () => {
    const message = toBytes(
      "Content-Type: application/pdf; name=a.exe\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx",
    );
    assert.deepEqual(await found(message, ["file-name", "*.exe"]), ["a.exe has a name like *.exe"]);
    assert.deepEqual(await found(message, programs), ["a.exe is a program by its name (.exe)"]);
  });

  it("finds a name in a text, where uuencode puts it", async () => {
    const long = "x".repeat(300_000);
    for (const before of ["", "Hello,\r\n", `${long}\r\n`, `${long} `]) {
      const content = `${before}begin 644 a.exe \r\n#0V%T\r\n`;
      const text = toBytes(`Content-Type: text/plain\r\n\r\n${content}`);
      const wanted = before.endsWith(" ") ? [] : ["a.exe in text/plain has a name like *.exe"];
      assert.deepEqual(await found(text, ["file-name", "*.exe"]), wanted);
    }
  });

  it("leaves out what --except-file-name fits", async () => {
    const message = messageWith({ name: "a.pdf", content: "x" }, { name: "b.doc", content: "x" });
    assert.deepEqual(await found(message, ["file-name", "*"], ["except-file-name", "*.pdf"]), [
      "b.doc has a name like *",
    ]);
  });

  it("takes a file without a name for one that is called unnamed", async () => {
    const message = messageWith(
      { type: "application/x-msdownload", content: "x" },
      { type: "text/html", header: ["Content-Disposition: attachment"], content: "x" },
      { type: "text/html", content: "x" },
      { type: "message/rfc822", content: "Subject: x\r\n\r\nx" },
      { type: "application/pgp-signature", content: "x", encoded: false },
      { name: "a.zip", content: zip([{ name: "dir/", content: "" }]) },
    );
    const allowed = [["file-name", "*"], ["except-file-name", "*.{pdf,zip}"]] as const;
    assert.deepEqual(await found(message, ...allowed), [
      "application/x-msdownload has no file name",
      "text/html has no file name",
    ]);
    assert.deepEqual(await found(message, ...allowed, ["except-file-name", "unnamed"]), []);
  });

  it("finds the name of a group of parts, but not its type", async () => {
    const group = {
      type: 'multipart/mixed; boundary=i; name="a.exe"',
      content: multipart([part({ name: "b.txt", content: "x" })], "i"),
    };
    assert.deepEqual(await found(messageWith(group), programs), ["a.exe is a program by its name (.exe)"]);
    assert.deepEqual(await found(messageWith(group), ["type", "*/mixed"]), []);
  });

  it("looks into attached messages, encoded or not", async () => {
    const inner = messageWith({ name: "a.exe", content: PROGRAM });
    for (const encoded of [false, true]) {
      const message = messageWith({ type: "message/rfc822", content: inner, encoded });
      assert.deepEqual(await found(message, ["file-name", "*.exe"]), ["a.exe has a name like *.exe"]);
    }
  });
});

describe("--type", () => {
  it("fits what the message says, and what the content shows", async () => {
    const message = messageWith(
      { type: "application/x-msdownload", name: "a", content: "x" },
      { type: "application/pdf", name: "b.pdf", content: PROGRAM },
    );
    assert.deepEqual(await found(message, ["type", "application/*"]), [
      "a is of the type application/x-msdownload",
      "b.pdf is of the type application/pdf",
    ]);
    assert.deepEqual(await found(message, ["type", "application/vnd.microsoft.portable-executable"]), [
      "b.pdf is of the type application/vnd.microsoft.portable-executable",
    ]);
  });

  it("does not take a document that is a zip file inside for one", async () => {
    const document = zip([{ name: "[Content_Types].xml", content: "<Types/>" }]);
    const message = messageWith({ name: "a.docx", content: document }, { name: "b.zip", content: zip([]) });
    assert.deepEqual(await found(message, ["type", "application/zip"]), [
      "b.zip is of the type application/zip",
    ]);
  });
});

describe("--executable", () => {
  it("finds programs by name and by content", async () => {
    const message = messageWith(
      { name: "a.scr", content: "x" },
      { name: "b.pdf", type: "application/pdf", content: PROGRAM },
      { type: "text/plain", content: PROGRAM, encoded: true },
      { name: "c.pdf.js", content: "x" },
      { name: "d.txt", content: "MZ is how this text begins, and it goes on for more than 64 characters." },
    );
    assert.deepEqual(await found(message, programs), [
      "a.scr is a program by its name (.scr)",
      "b.pdf is a program by its content (application/vnd.microsoft.portable-executable)",
      "text/plain is a program by its content (application/vnd.microsoft.portable-executable)",
      "c.pdf.js is a program with the name of a document (.js)",
    ]);
  });

  it("looks into archives in archives, by content too", async () => {
    const inner = zip([{ name: "readme.txt", content: PROGRAM }]);
    const message = messageWith({
      name: "files.zip",
      content: zip([{ name: "dir/inner.dat", content: inner }]),
    });
    assert.deepEqual(await found(message, programs), [
      "readme.txt in inner.dat in files.zip is a program by its content (application/vnd.microsoft.portable-executable)",
    ]);
  });

  const archives: readonly [name: string, content: Uint8Array][] = [
    ["files.tgz", gzipSync(tar([{ name: "a.exe", content: "x" }]))],
    ["winmail.dat", tnef([{ title: "A~1.EXE", longName: "a.exe", content: "x" }])],
    ["files.zip", zip([{ name: "a.exe;1", content: "x" }])],
    ["files.zip", zip([{ name: "a.exe::$DATA", content: "x" }])],
    ["files.zip", zip([{ name: "dir\\a.exe ", content: "x" }])],
  ];
  for (const [name, content] of archives) {
    it(`looks into ${name}`, async () => {
      const [finding] = await findings(messageWith({ name, content }), programs);
      assert.equal(finding?.rule, "executable");
    });
  }

  it("does not look into archives with --archive-depth 0", async () => {
    const message = messageWith({ name: "a.zip", content: zip([{ name: "a.exe", content: PROGRAM }]) });
    assert.deepEqual(await found(message, programs, ["archive-depth", "0"]), []);
  });
});

it("--double-extension finds programs named like documents, and no others", async () => {
  const names = ["a.pdf.exe", "a.docx     .scr", "a.exe", "a.tar.gz", "v1.2.pdf", "a.pdf.zip", "a.JPG.Lnk"];
  const message = messageWith(...names.map((name) => ({ name, content: "x" })));
  assert.deepEqual((await findings(message, ["double-extension", "true"])).map(({ file }) => file), [
    "a.pdf.exe",
    "a.docx     .scr",
    "a.JPG.Lnk",
  ]);
});

it("--max-size counts what is decoded", async () => {
  const message = messageWith({ name: "a", content: "x".repeat(1000) }, {
    name: "b",
    content: "x".repeat(1001),
  });
  assert.deepEqual(await found(message, ["max-size", "1000"]), ["b is larger than 1000"]);
});

describe("archives with problems", () => {
  const encrypted = { name: "secret.zip", content: zip([{ name: "a.txt", content: "x", encrypted: true }]) };
  const damaged = { name: "damaged.zip", content: zip([{ name: "a.txt", content: "x" }]).subarray(0, -9) };
  const foreign = { name: "a.tar.xz", content: Buffer.from("\xfd7zXZ\0", "latin1") };

  it("are found only if wanted", async () => {
    const message = messageWith(encrypted, damaged, foreign);
    assert.deepEqual(await found(message, programs), []);
    assert.deepEqual(await found(message, ["encrypted-archive", "true"]), [
      "a.txt in secret.zip is encrypted",
    ]);
    assert.deepEqual(await found(message, ["unreadable-archive", "true"]), [
      "damaged.zip cannot be searched: it has no directory",
      "a.tar.xz cannot be searched: it is of an unsupported kind",
    ]);
  });
});

describe("limits", () => {
  it("of archives hold for every archive behind, whatever it is called", async () => {
    const many = zip(Array.from({ length: 20 }, (_, n) => ({ name: `${n}.txt`, content: "x" })));
    const message = messageWith(
      { name: "many.zip", content: many },
      { name: "a.dat", content: zip([{ name: "a.exe", content: "x" }]) },
      { name: "b.txt", content: "x" },
    );
    assert.deepEqual(await found(message, programs, ["archive-files", "15"]), [
      "many.zip was not searched: more than 15 files in archives",
      "a.dat was not searched: more than 15 files in archives",
    ]);
  });

  it("of archives leave what is outside of them to be looked at", async () => {
    const many = zip(Array.from({ length: 20 }, (_, n) => ({ name: `${n}.txt`, content: "x" })));
    const message = messageWith(
      { name: "many.zip", content: many },
      { name: "more.zip", content: many },
      { name: "a.exe", content: "x" },
    );
    assert.deepEqual(
      (await findings(message, programs, ["archive-files", "15"])).map(({ file, rule }) => [file, rule]),
      [
        ["many.zip", "limit"],
        ["more.zip", "limit"],
        ["a.exe", "executable"],
      ],
    );
  });

  it("of depth are told, unless something is found beside", async () => {
    const deep = zip([{ name: "1.zip", content: zip([{ name: "2.zip", content: zip([]) }]) }]);
    const message = messageWith({ name: "deep.zip", content: deep });
    assert.deepEqual(await found(message, programs, ["archive-depth", "2"]), [
      "2.zip in 1.zip in deep.zip was not searched: it is inside more than 1 others",
    ]);
    assert.deepEqual(await found(message, ["file-name", "2.*"], ["archive-depth", "2"]), [
      "2.zip in 1.zip in deep.zip has a name like 2.*",
    ]);
  });

  it("of the structure are told with their part", async () => {
    const message = messageWith(...Array.from({ length: 1100 }, () => ({ content: "x" })));
    const [first, ...others] = await findings(message, programs);
    assert.equal(first?.rule, "limit");
    assert.match(first.text, /too many parts/);
    assert.deepEqual(others, []);
  });

  it("of the header of a group of parts, whose rest may hold a name", async () => {
    const header = [`X-Long: ${"x".repeat(70_000)}`];
    const type = "multipart/mixed; boundary=i";
    const group = { type, header, content: multipart([part({ name: "b.txt", content: "x" })], "i") };
    assert.deepEqual((await findings(messageWith(group), programs)).map(({ rule }) => rule), ["limit"]);
  });

  it("of a part's header, whose rest may hold a name", async () => {
    const header = [`X-Long: ${"x".repeat(70_000)}`];
    assert.deepEqual(
      (await findings(messageWith({ header, content: "x" }), programs)).map(({ rule }) => rule),
      [
        "limit",
      ],
    );
  });
});

it("a part is found once", async () => {
  const content = zip([{ name: "a.exe", content: "x" }, { name: "b.exe", content: "x" }]);
  assert.equal((await findings(messageWith({ name: "c.zip", content }), programs)).length, 1);
  assert.equal((await findings(messageWith({ name: "c.exe", content }), programs)).length, 1);
});

it("a message without parts is looked at, too", async () => {
  const message = toBytes(part({ name: "a.exe", content: PROGRAM }));
  assert.equal((await findings(message, programs)).length, 1);
});
