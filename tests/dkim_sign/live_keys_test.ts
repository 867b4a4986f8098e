// Keys that change while mail flows.
import assert from "node:assert/strict";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keyChanges } from "../../filters/dkim_sign/key_changes.ts";
import { KeySources } from "../../filters/dkim_sign/keys/key_sources.ts";
import { parseKeyArgument } from "../../filters/dkim_sign/keys/key_argument.ts";
import { KeysFolder, newPem, pemOf } from "./key_files.ts";

test("every change of a file or folder shows in the fingerprint, and reading does not", async () => {
  using folder = new KeysFolder();
  const a = folder.write("example.org/a.pem", pemOf("ed25519"));
  const b = folder.write("other/b.pem", pemOf("ed25519"));
  folder.write("each/example.org.pem", pemOf("ed25519"));
  const each = join(folder.path, "each/%.pem");
  rmSync(join(folder.path, "x"), { force: true });
  const sources = new KeySources(folder.path, [
    parseKeyArgument(`example.net:b:${b}`),
    parseKeyArgument(`%:s:${each}`),
  ]);
  let before = await sources.fingerprint();
  const changed = async (what: string) => {
    const now = await sources.fingerprint();
    assert.notEqual(now, before, what);
    before = now;
  };
  assert.equal(await sources.fingerprint(), before);
  writeFileSync(a, "x");
  await changed("content");
  chmodSync(a, 0o600);
  await changed("mode");
  folder.write("example.org/c.pem", "");
  await changed("a new file");
  folder.write("each/example.net.pem", "");
  await changed("a new file that fits %");
  renameSync(a, join(folder.path, "example.org/a.old.pem"));
  await changed("a new name");
  chmodSync(b, 0o400);
  await changed("a named file");
  rmSync(b);
  await changed("a named file that is gone");
  rmSync(folder.path, { recursive: true });
  await changed("no folder any more");
  assert.equal(await sources.fingerprint(), before);
});

test("a folder, named files and files that fit % are read together, and a known file only once", () => {
  using folder = new KeysFolder();
  using others = new KeysFolder();
  const a = folder.write("example.org/a.pem", pemOf("ed25519"));
  const b = others.write("b.pem", pemOf("rsa"));
  others.write("d/one.example/s.pem", pemOf("rsa"));
  others.write("d/two.example/s.pem", pemOf("ed25519"));
  others.write("d/three.example/other.pem", pemOf("ed25519"));
  others.write("d/no domain/s.pem", pemOf("ed25519"));
  const sources = new KeySources(folder.path, [
    parseKeyArgument(`example.net:b:${b}`),
    parseKeyArgument(`%:any:${b}`),
    parseKeyArgument(`%:s:${others.path}/d/%/s.pem`),
  ]);
  const { keys, warnings } = sources.read();
  assert.deepEqual(keys.map(({ domain, selector }) => `${domain}/${selector}`), [
    ...["example.org/a", "example.net/b", "%/any", "one.example/s", "two.example/s"],
  ]);
  assert.deepEqual(warnings, []);
  const again = sources.read().keys;
  assert.ok(again.every((key, i) => key.key === keys[i]?.key));
  writeFileSync(a, newPem("ed25519"));
  assert.deepEqual(sources.read().keys.map((key, i) => key.key === keys[i]?.key), [
    false,
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(keyChanges(keys, sources.read().keys), [
    `signs with ${a} (ed25519, d=example.org s=a) from now on`,
    `signs with ${a} (ed25519, d=example.org s=a) no longer`,
  ]);
});

test("folders without a key are refused", () => {
  using folder = new KeysFolder();
  folder.write("example.org/a.next.pem", pemOf("ed25519"));
  assert.throws(
    () => new KeySources(folder.path, []).read(),
    /there is no key in it; want DOMAIN\/SELECTOR.pem/,
  );
  const none = parseKeyArgument(`%:s:${folder.path}/none/%.pem`);
  assert.throws(() => new KeySources(undefined, [none]).read(), /\/none: there is no such folder$/);
  const unfit = parseKeyArgument(`%:s:${folder.path}/%/a.pem`);
  assert.throws(
    () => new KeySources(undefined, [unfit]).read(),
    /no file has a domain in place of its %$/,
  );
});
