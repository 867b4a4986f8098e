import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, it } from "node:test";
import { OptionError } from "../../lib/options/options.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import { PROGRAM, zip } from "./archives.ts";
import { bodyOf, messageWith, MIXED, multipart, part } from "./messages.ts";
import { delivered, makeAttachments, tried } from "./support.ts";

const EXE = { name: "a.exe", content: PROGRAM };
const TXT = { name: "notes.txt", content: "x\r\n=?\0\xff".repeat(500) };
const strip = [["executable", "true"], ["action", "strip"]] as const;
const nothing = [...strip, ["keep-nothing", "true"]] as const;
const NOTE = `The attachment "a.exe" (application/octet-stream, 209 bytes) was removed from this message.

Reason: a.exe is a program by its name (.exe).
`;

let folder: string;
beforeEach(() => folder = mkdtempSync(join(tmpdir(), "attachments-")));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A message whose content is of a type, with lines below its header. */
const messageOf = (type: string, body: string) =>
  toBytes(`Subject: x\r\nContent-Type: ${type}\r\n\r\n${body}`);

describe("--action strip", () => {
  it("puts a note in the place of a part, and changes nothing else", async () => {
    const before = bodyOf(TXT, EXE, TXT);
    const { body } = (await delivered(messageWith(TXT, EXE, TXT), ...nothing)).assertAccepted();
    const removed = `--b\r\n${part(EXE)}`;
    assert.equal(before.split(removed).length, 2);
    const [above = "", below = ""] = before.split(removed);
    assert.ok(body.startsWith(above), "what is above it");
    assert.ok(body.endsWith(below), "what is below it");
    const note = body.slice(above.length, body.length - below.length);
    assert.match(note, /^--b\r\nContent-Type: text\/plain/);
    assert.ok(note.replaceAll("\r\n", "\n").includes(NOTE.trimEnd()), note);
  });

  it("leaves a message alone in which nothing is found", async () => {
    (await delivered(messageWith(TXT), ...nothing)).assertAccepted().assertUnchanged();
  });

  it("takes out several parts, and a part within a part with the outer one", async () => {
    const inner = messageWith(EXE);
    const attached = { type: "message/rfc822", name: "mail.scr", content: inner };
    const { body } = await delivered(messageWith(EXE, attached, { name: "b.com", content: "x" }), ...nothing);
    assert.equal(body.match(/was removed from this message/g)?.length, 3);
    assert.ok(!body.includes("attachment;"), body);
    assert.match(body, /mail\.scr is a program by its name \(\.scr\); a\.exe is a program/);
  });

  it("takes a part out of an attached message, or the whole of one that is encoded", async () => {
    const inner = messageWith(TXT, EXE);
    for (const encoded of [false, true]) {
      const { body } = await delivered(
        messageWith({ type: "message/rfc822", content: inner, encoded }),
        ...nothing,
      );
      assert.equal(body.match(/was removed from this message/g)?.length, 1);
      assert.equal(body.includes("notes.txt"), !encoded);
      assert.ok(!body.includes('filename="a.exe"'), body);
    }
  });

  it("replaces the content of a message that is nothing but the attachment", async () => {
    const result = await delivered(toBytes(`Subject: x\r\n${part(EXE)}`), ...nothing);
    assert.ok(result.assertAccepted().body.includes("was removed from this message"));
    result.assertHeader("Content-Type", /^text\/plain/).assertHeader("Content-Disposition", "inline");
  });

  it("takes out every archive that was not searched, once a limit was met", async () => {
    const many = zip(Array.from({ length: 20 }, (_, n) => ({ name: `${n}.txt`, content: "x" })));
    const message = messageWith(
      { name: "many.zip", content: many },
      { name: "files.zip", content: zip([{ name: "a.exe", content: PROGRAM }]) },
      TXT,
    );
    const { body } = await delivered(message, ...nothing, ["archive-files", "15"]);
    assert.match(body, /many\.zip was not searched/);
    assert.match(body, /files\.zip was not searched/);
    assert.equal(body.match(/attachment;/g)?.length, 1);
  });

  it("takes out a group of parts with the name of a program as a whole", async () => {
    const type = 'multipart/mixed; boundary=i; name="a.exe"';
    const group = { type, content: multipart([part(TXT)], "i") };
    const { body } = (await delivered(messageWith(group, TXT), ...nothing)).assertAccepted();
    assert.match(body, /"a\.exe" \(multipart\/mixed, .*was removed/);
    assert.equal(body.match(/attachment;/g)?.length, 1);
    await delivered(messageOf(type, group.content), ...nothing).then((whole) =>
      assert.match(whole.body, /was removed/)
    );
  });

  it("replaces an archive in which something is found as a whole", async () => {
    const { body } = await delivered(messageWith({ name: "b.zip", content: zip([EXE]) }), ...nothing);
    assert.match(body, /The attachment "b\.zip"/);
    assert.match(body, /Reason: a\.exe in b\.zip is a program by its name/);
  });
});

describe("what is signed or encrypted", () => {
  const signed = multipart([
    multipartOf([part(EXE)], "i"),
    part({ type: "application/pgp-signature", content: "x" }),
  ]);
  const message = messageOf('multipart/signed; boundary=b; protocol="application/pgp-signature"', signed);

  it("is never changed: the message is rejected", async () => {
    (await delivered(message, ...nothing)).assertRejected(550, /a\.exe is a program/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("or held or marked as it is, with --on-unstrippable", async () => {
    const given = [...strip, ["keep", folder]] as const;
    (await delivered(message, ...given, ["on-unstrippable", "quarantine"])).assertHeld(/a\.exe/);
    const result = await delivered(message, ...given, ["on-unstrippable", "mark"]);
    assert.equal(result.assertAccepted().body, signed);
    result.assertHeader("X-Attachments-Found", "executable (a.exe)");
    assert.deepEqual(readdirSync(folder), [], "nothing was removed, so there is nothing to keep");
  });

  it("does not keep what stands beside it from being removed", async () => {
    const both = messageOf(
      MIXED,
      multipart([multipartOf([part(EXE)], "s", "signed"), part({ ...EXE, name: "b.exe" })]),
    );
    const { body } = (await delivered(both, ...nothing, ["on-unstrippable", "mark"])).assertAccepted();
    assert.ok(body.includes('filename="a.exe"'));
    assert.match(body, /The attachment "b\.exe"/);
  });
});

describe("--keep", () => {
  const given = () => [...strip, ["keep", folder]] as const;

  it("keeps the whole original for its owner only, with the envelope", async () => {
    const message = messageWith(TXT, EXE);
    const { body } = (await delivered(message, ...given())).assertAccepted();
    const [name = "", ...others] = readdirSync(folder);
    assert.deepEqual(others, []);
    assert.match(name, /^4Rk1Xb2pQz-[0-9a-f]{8}\.eml$/);
    assert.ok(body.includes(`The mail administrator can give you the original message: ${name}`), body);
    const path = join(folder, name);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const envelope = "X-Envelope-From: <ann@example.org>\r\nX-Envelope-To: <bob@example.net>\r\n" +
      "X-Envelope-To: <eve@example.net>\r\n";
    assert.deepEqual(new Uint8Array(readFileSync(path)), toBytes(envelope + utf8Text(message)));
  });

  it("keeps nothing of a message from which nothing was removed", async () => {
    await delivered(messageWith(TXT), ...given());
    assert.deepEqual(readdirSync(folder), []);
  });

  it("keeps nothing in a dry run", async () => {
    const result = await delivered(messageWith(EXE), ...given(), ["dry-run", "true"]);
    result.assertAccepted().assertUnchanged();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("keeps nothing of a message that is only tried", async () => {
    const result = (await tried(messageWith(EXE), ...given())).assertAccepted();
    assert.match(result.body, /was removed from this message/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("that fails removes nothing: --on-error decides", async () => {
    const filter = await makeAttachments(...given());
    rmSync(folder, { recursive: true });
    const { deliver } = await import("../../lib/testing.ts");
    const result = await deliver(filter, { message: messageWith(EXE) });
    result.assertTempfailed();
    const [failure] = result.failures;
    assert.match(
      String(failure?.error),
      /^KeepError: Cannot keep the original message in .*attachments-.*: no such file/,
    );
  });

  it("wants a folder that can be written to, at the start", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const wrong of [join(folder, "none"), file]) {
      await assert.rejects(makeAttachments(...strip, ["keep", wrong]), OptionError);
    }
    // Root can write everywhere.
    if (process.getuid?.() === 0) return;
    chmodSync(folder, 0o500);
    await assert.rejects(makeAttachments(...given()), /it cannot be written to: permission denied/);
  });
});

describe("--note", () => {
  const noted = async (text: string | Uint8Array, ...given: [string, string][]) => {
    const path = join(folder, "note.txt");
    writeFileSync(path, text);
    return (await delivered(messageWith(EXE), ...strip, ["note", path], ...given)).assertAccepted().body;
  };

  it("is the text with the values filled in, in UTF-8", async () => {
    const text = "Entfernt für Sie: {name}, {type}, {size} {{x}\n{reason}\n";
    const body = await noted(text, ["keep-nothing", "true"]);
    assert.match(body, /charset="?utf-8/i);
    assert.ok(
      body.includes("Entfernt f=C3=BCr Sie") || body.includes("Entfernt für Sie: a.exe"),
      body,
    );
  });

  it("does not fill in what a name says", async () => {
    const message = messageWith({ name: "{id}$&.exe", content: PROGRAM });
    const { body } = await delivered(message, ...nothing);
    assert.ok(body.includes('The attachment "{id}$&.exe"'), body);
  });

  const wrong: readonly [what: string, text: string | Uint8Array, reason: RegExp][] = [
    [
      "names what does not exist",
      "{file}",
      /\{file\} is none of \{name\}, \{type\}, \{size\}, \{reason\}, \{id\}/,
    ],
    ["has a brace alone", "a { b", /write \{\{ for a brace/],
    ["is not UTF-8", Uint8Array.of(0x80), /it is not in UTF-8/],
    ["is empty", " \n", /it is empty/],
    ["is too long", "x".repeat(300_000), /it has 300000 bytes; the maximum is 256 KiB/],
    ["names an original that is not kept", "{id}", /--keep-nothing keeps none/],
  ];
  for (const [what, text, reason] of wrong) {
    it(`that ${what} is an error at the start`, async () => {
      await assert.rejects(noted(text, ["keep-nothing", "true"]), reason);
    });
  }
});

/** A multipart as a part of another one. */
function multipartOf(parts: readonly string[], boundary: string, type = "mixed"): string {
  return `Content-Type: multipart/${type}; boundary=${boundary}\r\n\r\n${multipart(parts, boundary)}`;
}
