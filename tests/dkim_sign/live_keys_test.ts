// Keys that change while mail flows.
import assert from "node:assert/strict";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keyChanges } from "../../filters/dkim_sign/key_changes.ts";
import { KeySources } from "../../filters/dkim_sign/keys/key_sources.ts";
import { LiveKeys } from "../../filters/dkim_sign/keys/live_keys.ts";
import { parseKeyArgument } from "../../filters/dkim_sign/keys/key_argument.ts";
import type { LogLevel } from "../../lib/filter/logger.ts";
import { makeLogger } from "../../lib/filter/logger.ts";
import { KeysFolder, newPem, pemOf } from "./key_files.ts";

function collectingLog(): {
  readonly lines: [LogLevel, string][];
  readonly log: ReturnType<typeof makeLogger>;
} {
  const lines: [LogLevel, string][] = [];
  return { lines, log: makeLogger((level, text) => lines.push([level, text])) };
}

/** What can be read, and whether it is good. */
class Source {
  state = "a";
  reads = 0;
  bad = new Set<string>();

  fingerprint(): Promise<string> {
    return Promise.resolve(this.state);
  }

  read(): string {
    this.reads++;
    if (this.bad.has(this.state)) throw new Error(`Cannot use ${this.state}: it is bad`);
    return this.state;
  }
}

test("a change is used once nothing changes from one look to the next", async () => {
  const source = new Source();
  const { log, lines } = collectingLog();
  const live = new LiveKeys(source, log);
  assert.deepEqual([await live.look(), await live.look(), await live.look()], [
    "unchanged",
    "used",
    "unchanged",
  ]);
  source.state = "b";
  assert.deepEqual([await live.look(), live.current], ["unchanged", "a"]);
  source.state = "c";
  assert.deepEqual([await live.look(), live.current], ["unchanged", "a"]);
  assert.deepEqual([await live.look(), live.current], ["used", "c"]);
  const { reads } = source;
  assert.deepEqual([await live.look(), source.reads], ["unchanged", reads]);
  assert.deepEqual(lines, []);
});

test("what cannot be used is reported once, and what was there before stays", async () => {
  const source = new Source();
  const { log, lines } = collectingLog();
  const live = new LiveKeys(source, log);
  await live.look();
  await live.look();
  source.bad.add("bad");
  source.state = "bad";
  assert.deepEqual([await live.look(), await live.look(), await live.look()], [
    "unchanged",
    "refused",
    "unchanged",
  ]);
  assert.equal(live.current, "a");
  assert.deepEqual(lines, [[
    "error",
    "Cannot use bad: it is bad. The keys that were read before go on signing",
  ]]);
  source.bad.add("worse");
  source.state = "worse";
  await live.look();
  assert.equal(await live.look(), "refused");
  source.state = "a";
  await live.look();
  assert.equal(await live.look(), "unchanged");
  assert.deepEqual(lines.at(-1), ["info", "the keys are as before again"]);
  source.state = "bad";
  await live.look();
  assert.equal(await live.look(), "refused");
  assert.equal(lines.length, 4);
});

test("what is bad at the start is no start", () => {
  const source = new Source();
  source.bad.add("a");
  assert.throws(() => new LiveKeys(source, collectingLog().log), /it is bad/);
});

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
    /no file has a domain in the place of its %$/,
  );
});
