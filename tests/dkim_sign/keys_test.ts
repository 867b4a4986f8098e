// Reading keys: which files and folders are taken, and what is said of the others.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { parseKeyArgument } from "../../filters/dkim_sign/keys/key_argument.ts";
import { KeyFileError, readKeyFile } from "../../filters/dkim_sign/keys/key_file.ts";
import { domainFolders, parseKeyFileName, readKeyFolder } from "../../filters/dkim_sign/keys/key_folder.ts";
import { fileProblem, folderWarning } from "../../filters/dkim_sign/keys/permissions.ts";
import { KeysFolder, newPem, pemOf } from "./key_files.ts";

const isRoot = process.geteuid?.() === 0;
const asRoot = { skip: isRoot ? undefined : "only root can give files away" };

function problemOf(path: string): string {
  try {
    readKeyFile(path, "example.org", "a");
  } catch (error) {
    assert.ok(error instanceof KeyFileError);
    assert.equal(error.code, "unusable-key-file");
    assert.equal(error.value, path);
    assert.ok(error.message.startsWith(`Cannot use ${path}: `), error.message);
    return error.problem;
  }
  assert.fail("the file was taken");
}

test("a key that its owner and group can read is taken", () => {
  using folder = new KeysFolder();
  for (const mode of [0o400, 0o600, 0o640, 0o440]) {
    const path = folder.write("a.pem", pemOf("rsa"), mode);
    const { domain, selector, key } = readKeyFile(path, "example.org", "2026");
    assert.deepEqual([domain, selector, key.type, key.bits], ["example.org", "2026", "rsa", 1024]);
    chmodSync(path, 0o600);
  }
});

test("a key that others can read or write is refused with its path, mode and owner", () => {
  using folder = new KeysFolder();
  const path = folder.write("a.pem", pemOf("ed25519"));
  const rows: [number, RegExp][] = [
    [0o644, /^it has mode 0644, owner \S+, group \S+, so everybody can read it; run chmod 0640 \S+a\.pem$/],
    [0o604, /mode 0604, .*everybody can read it/],
    [0o642, /mode 0642, .*everybody can write to it; run chmod 0640/],
    [0o660, /mode 0660, .*its group \S+ can write to it; run chmod 0640/],
  ];
  for (const [mode, says] of rows) {
    chmodSync(path, mode);
    assert.match(problemOf(path), says);
  }
});

test("a key that belongs to another user is refused", asRoot, () => {
  using folder = new KeysFolder();
  const path = folder.write("a.pem", pemOf("ed25519"));
  chownSync(path, 1, 0);
  assert.match(
    problemOf(path),
    /^it has mode 0640, owner daemon, group root, so its owner daemon can replace it; run chown root /,
  );
  chownSync(path, 54321, 54322);
  assert.match(problemOf(path), /owner number 54321, group number 54322, so its owner number 54321 can/);
});

test("a key that the service cannot read is refused with its mode and owner, and what to do", asRoot, () => {
  using folder = new KeysFolder();
  const path = folder.write("a.pem", pemOf("ed25519"), 0o600);
  try {
    process.seteuid?.("nobody");
    const says = `permission denied for user nobody (mode 0600, owner root, group root); ` +
      `run chgrp with a group of that user, and chmod 0640 ${path}`;
    assert.equal(problemOf(path), says);
  } finally {
    process.seteuid?.(0);
  }
  chmodSync(folder.path, 0o700);
  try {
    process.seteuid?.("nobody");
    assert.equal(problemOf(path), "permission denied for user nobody, who cannot search its folder");
  } finally {
    process.seteuid?.(0);
  }
});

test("permissions are judged by who runs this process", () => {
  const own = process.geteuid?.();
  if (own === undefined) return;
  assert.equal(fileProblem("f", { mode: 0o100640, uid: 0, gid: 5 }), undefined);
  assert.equal(fileProblem("f", { mode: 0o100600, uid: own, gid: 5 }), undefined);
  assert.equal(folderWarning("f", { mode: 0o040755, uid: 0, gid: 5 }), undefined);
  assert.equal(folderWarning("f", { mode: 0o040750, uid: own, gid: 5 }), undefined);
  assert.match(
    folderWarning("f", { mode: 0o041777, uid: 0, gid: 0 }) ?? "",
    /^f has mode 1777, .*everybody can replace keys in it; run chmod go-w f$/,
  );
  assert.match(
    folderWarning("f", { mode: 0o040775, uid: 0, gid: 0 }) ?? "",
    /its group root can replace keys in it/,
  );
  assert.match(
    folderWarning("f", { mode: 0o040755, uid: 54321, gid: 0 }) ?? "",
    /its owner number 54321 can .*; run chown root f$/,
  );
});

test("a file without a key that can sign is refused with its path, mode and owner", () => {
  using folder = new KeysFolder();
  const rows: [string, RegExp][] = [
    ["", /^it is empty \(mode 0640, owner \S+, group \S+\)$/],
    ["hello\n", /^it has no key: /],
    [pemOf("rsa") + pemOf("ed25519"), /^it has 2 private keys; /],
    [pemOf("rsa").slice(0, 200), /cut off or damaged/],
    ["x".repeat(100_000), /^it has more than 65536 bytes/],
  ];
  for (const [text, says] of rows) assert.match(problemOf(folder.write("a.pem", text)), says);
});

test("a path that is no file of ours is refused, and a pipe does not block", () => {
  using folder = new KeysFolder();
  assert.equal(problemOf(join(folder.path, "none.pem")), "there is no such file");
  assert.equal(problemOf(folder.path), "it is a folder");
  const pipe = join(folder.path, "pipe");
  execFileSync("mkfifo", ["-m", "600", pipe]);
  assert.equal(problemOf(pipe), "it is no file");
});

test("a link counts as the file that it leads to", () => {
  using folder = new KeysFolder();
  const path = folder.write("real", pemOf("ed25519"));
  const link = join(folder.path, "link.pem");
  symlinkSync(path, link);
  assert.equal(readKeyFile(link, "example.org", "a").key.type, "ed25519");
  chmodSync(path, 0o644);
  assert.match(problemOf(link), /everybody can read it/);
});

test("a folder has a folder for each domain, and one key of each kind signs", () => {
  using folder = new KeysFolder();
  folder.write("example.org/2026.pem", pemOf("rsa"));
  folder.write("example.org/2026e.pem", pemOf("ed25519"));
  folder.write("example.org/2027.next.pem", "anything");
  folder.write("example.org/2025.old.pem", "anything", 0o666);
  folder.write("Example.NET/a.b.pem", pemOf("ed25519"));
  folder.write(".hidden/x.pem", "");
  const { keys, warnings } = readKeyFolder(folder.path);
  assert.deepEqual(keys.map(({ domain, selector, key }) => [domain, selector, key.type]), [
    ["example.net", "a.b", "ed25519"],
    ["example.org", "2026", "rsa"],
    ["example.org", "2026e", "ed25519"],
  ]);
  assert.deepEqual(warnings, []);
  assert.deepEqual(domainFolders(folder.path).domains.map(({ domain }) => domain), [
    "example.net",
    "example.org",
  ]);
});

test("two keys of one kind for a domain are refused, and both are named", () => {
  using folder = new KeysFolder();
  const one = folder.write("example.org/a.pem", pemOf("rsa"));
  const other = folder.write("EXAMPLE.org/b.pem", newPem("rsa"));
  const says = new RegExp(`(${one}|${other}): it and (${one}|${other}) are both RSA keys of example.org`);
  assert.throws(() => readKeyFolder(folder.path), says);
});

test("a key that is being replaced signs until the new one is there", () => {
  using folder = new KeysFolder();
  const selectors = () => readKeyFolder(folder.path).keys.map(({ selector }) => selector);
  folder.write("example.org/a.pem", pemOf("rsa"));
  folder.write("example.org/ed.pem", pemOf("ed25519"));
  folder.write("example.org/a.old.pem", pemOf("rsa"));
  assert.deepEqual(selectors(), ["a", "ed"]);
  folder.write("example.org/b.pem", pemOf("rsa"));
  assert.deepEqual(selectors(), ["b", "ed"]);
});

test("other names in a folder of keys, and folders that others can write to, are warned of", () => {
  using folder = new KeysFolder();
  folder.write("example.org/a.pem", pemOf("ed25519"));
  folder.write("example.org/a.txt", "v=DKIM1");
  folder.write("a.pem", "");
  mkdirSync(join(folder.path, "not a domain"));
  chmodSync(join(folder.path, "example.org"), 0o777);
  const { keys, warnings } = readKeyFolder(folder.path);
  assert.equal(keys.length, 1);
  const wanted = [
    /\/a\.pem is no key that signs: those are \S+\/DOMAIN\/SELECTOR\.pem$/,
    /\/not a domain is no key/,
    /\/example\.org has mode 0777, .*, so everybody can replace keys in it; run chmod go-w /,
    /\/example\.org\/a\.txt is no key/,
  ];
  assert.equal(warnings.length, wanted.length, warnings.join("\n"));
  for (const [i, says] of wanted.entries()) assert.match(warnings[i] ?? "", says);
});

test("a folder that cannot be read is refused", () => {
  using folder = new KeysFolder();
  assert.throws(() => readKeyFolder(join(folder.path, "none")), /^KeyFileError: .*there is no such folder$/);
  writeFileSync(join(folder.path, "file"), "");
  assert.throws(() => readKeyFolder(join(folder.path, "file")), /^KeyFileError: .*it is no folder$/);
});

test("names of key files say what they are for", () => {
  assert.deepEqual(parseKeyFileName("2026.pem"), { state: "current", selector: "2026" });
  assert.deepEqual(parseKeyFileName("a.b.next.pem"), { state: "next", selector: "a.b" });
  assert.deepEqual(parseKeyFileName("A.old.pem"), { state: "old", selector: "a" });
  for (const name of ["a.txt", ".pem", "a b.pem", "a.pem~", "-..pem", "a.pem.next"]) {
    assert.equal(parseKeyFileName(name), undefined, name);
  }
});

test("a key on a command line names domain, selector and file", () => {
  assert.deepEqual(parseKeyArgument("Example.org:2026:/etc/a:b.pem"), {
    domain: "example.org",
    selector: "2026",
    path: "/etc/a:b.pem",
  });
  assert.deepEqual(parseKeyArgument("%:s:/etc/%/s.pem"), {
    domain: "%",
    selector: "s",
    path: "/etc/%/s.pem",
  });
  assert.equal(parseKeyArgument("bücher.example:s:f").domain, "xn--bcher-kva.example");
  const rows: [string, RegExp][] = [
    ["example.org:2026", /Invalid --key "example\.org:2026": want DOMAIN:SELECTOR:FILE, such as /],
    ["example.org:2026:", /want DOMAIN:SELECTOR:FILE/],
    [":2026:f", /"" is not a domain; want/],
    ["a@example.org:2026:f", /"a@example\.org" is not a domain/],
    ["example.org:20 26:f", /"20 26" is not a selector/],
    [
      "example.org:s:/etc/%.pem",
      /% in the file stands for the domain in From; write it as %:s:\/etc\/%\.pem/,
    ],
    [`example.org:${"a.".repeat(120)}a:f`, /the name of its record is too long/],
  ];
  for (const [text, says] of rows) assert.throws(() => parseKeyArgument(text), says);
});
