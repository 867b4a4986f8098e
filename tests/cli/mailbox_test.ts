// Where messages to be checked come from.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { filesOf, messagesIn, messagesOf } from "../../cli/commands/check/mailbox.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-mailbox-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text, "latin1");
  return path;
}

async function read(...operands: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, bytes, error } of messagesOf(filesOf(operands))) {
    const text = bytes ? new TextDecoder("latin1").decode(bytes) : `${error}`;
    found.push(`${name.replace(`${folder}/`, "")}: ${JSON.stringify(text)}`);
  }
  return found;
}

describe("messages", () => {
  it("are a file each", async () => {
    const one = file("one.eml", "A: 1\n\nFrom here\n\nFrom there\xe4\n");
    assert.deepEqual(
      await read(one, one),
      Array(2).fill('one.eml: "A: 1\\n\\nFrom here\\n\\nFrom there\xe4\\n"'),
    );
    assert.deepEqual(await read(file("empty.eml", "")), ['empty.eml: ""']);
    assert.deepEqual(await read(file("short.eml", "Fr")), ['short.eml: "Fr"']);
  });

  it("of an mbox are told apart by their From lines, which are taken off", async () => {
    const mbox = file(
      "mbox",
      "From a@b Mon\nA: 1\n\n>From here\n>>From\nx\nFrom my house\n\nFrom c@d Tue\nB: 2\n\ny\n\n",
    );
    assert.deepEqual(await read(mbox), [
      'mbox:1: "A: 1\\n\\nFrom here\\n>>From\\nx\\nFrom my house\\n"',
      'mbox:2: "B: 2\\n\\ny\\n"',
    ]);
  });

  it("of a large mbox are found wherever the file is cut in reading", async () => {
    const body = "x".repeat(99) + "\n";
    const count = 40_000;
    const mbox = file("large", `From a\nS: m\n\n${body}\n`.repeat(count));
    let number = 0;
    for await (const { bytes } of messagesOf(filesOf([mbox]))) {
      assert.equal(bytes!.length, "S: m\n\n".length + body.length, `message ${number}`);
      number++;
    }
    assert.equal(number, count);
  });

  it("are the same however small the pieces are in which they come", async () => {
    const texts = async (size: number, text: string) => {
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < text.length; at += size) {
          yield new TextEncoder().encode(text.slice(at, at + size));
        }
      }
      const found: string[] = [];
      for await (const { message } of messagesIn(pieces())) found.push(new TextDecoder().decode(message));
      return found;
    };
    const mbox = "From a\nA: 1\n\nx\nFrome\n\nFrom b\nB: 2\n\ny\n";
    for (let size = 1; size < mbox.length; size++) {
      assert.deepEqual(await texts(size, mbox), ["A: 1\n\nx\nFrome\n", "B: 2\n\ny\n"], `pieces of ${size}`);
      assert.deepEqual(await texts(size, "Fromage: 1\n\nFrom x\n"), ["Fromage: 1\n\nFrom x\n"]);
    }
  });

  it("of a folder are all its files, but hidden ones", async () => {
    file("mail/b.eml", "B: 2\n");
    file("mail/a.eml", "A: 1\n");
    file("mail/.hidden", "C: 3\n");
    file("mail/more/c.eml", "D: 4\n");
    assert.deepEqual(await read(join(folder, "mail")), [
      'mail/a.eml: "A: 1\\n"',
      'mail/b.eml: "B: 2\\n"',
      'mail/more/c.eml: "D: 4\\n"',
    ]);
    assert.equal(filesOf([join(folder, "mail"), "-", "nothing"]).length, 5);
  });

  it("of a Maildir are in cur and new, and nowhere else", async () => {
    file("Maildir/cur/1:2,S", "A: 1\n");
    file("Maildir/new/2", "B: 2\n");
    file("Maildir/tmp/3", "C: 3\n");
    file("Maildir/dovecot.index", "junk");
    assert.deepEqual(await read(join(folder, "Maildir")), [
      'Maildir/cur/1:2,S: "A: 1\\n"',
      'Maildir/new/2: "B: 2\\n"',
    ]);
  });

  it("of a folder with links are those of files, and a link to a folder is passed over", async () => {
    file("links/a.eml", "A: 1\n");
    symlinkSync(".", join(folder, "links/again"));
    symlinkSync("a.eml", join(folder, "links/b.eml"));
    symlinkSync("nowhere", join(folder, "links/c.eml"));
    assert.deepEqual(await read(join(folder, "links")), ['links/a.eml: "A: 1\\n"', 'links/b.eml: "A: 1\\n"']);
    symlinkSync("links", join(folder, "linked"));
    assert.equal(filesOf([join(folder, "linked")]).length, 2);
  });

  it("that cannot be read do not keep the others back", async () => {
    const [missing = "", one] = await read(join(folder, "missing.eml"), file("one.eml", "A: 1\n"));
    assert.match(missing, /missing\.eml: .*ENOENT|no such file/i);
    assert.equal(one, 'one.eml: "A: 1\\n"');
  });
});
