// Changes that are noticed, once a file has come to rest, and what is none.
import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FileWatch } from "../../cli/watch/file_watch.ts";
import { inFolder, sleep, until } from "../server/support.ts";

async function watching(
  files: Readonly<Record<string, string>>,
  roots: readonly string[],
  use: (folder: string, next: () => Promise<string[]>, count: () => number) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const watch = new FileWatch(roots.map((root) => join(folder, root)));
    const changes: string[][] = [];
    let taken = 0;
    watch.start((changed) => changes.push(changed.map((file) => file.slice(folder.length + 1))));
    try {
      await use(folder, async () => {
        await until(() => changes.length > taken);
        return changes[taken++];
      }, () => changes.length);
    } finally {
      watch.close();
    }
  });
}

test("a file, what it imports, and a file that is no program", { timeout: 30_000 }, async () => {
  const files = { "a.ts": 'import "./b.ts";', "b.ts": "1", rules: 'import "./c.ts"', "c.ts": "1" };
  await watching(files, ["a.ts", "rules"], async (folder, next, count) => {
    writeFileSync(join(folder, "b.ts"), "2");
    assert.deepEqual(await next(), ["b.ts"]);
    writeFileSync(join(folder, "a.ts"), 'import "./c.ts";');
    writeFileSync(join(folder, "rules"), "other");
    assert.deepEqual((await next()).sort(), ["a.ts", "rules"]);
    writeFileSync(join(folder, "b.ts"), "nobody's any more");
    writeFileSync(join(folder, "c.ts"), "2");
    assert.deepEqual(await next(), ["c.ts"]);
    utimesSync(join(folder, "a.ts"), new Date(), new Date());
    writeFileSync(join(folder, "c.ts"), "2");
    await sleep(700);
    assert.equal(count(), 3);
  });
});

test("a file that is written bit by bit is one change", { timeout: 30_000 }, async () => {
  await watching({ "a.ts": "" }, ["a.ts"], async (folder, next, count) => {
    for (let i = 0; i < 40; i++) {
      writeFileSync(join(folder, "a.ts"), "x".repeat(i + 1));
      await sleep(20);
    }
    assert.equal(count(), 0);
    assert.deepEqual(await next(), ["a.ts"]);
    await sleep(500);
    assert.equal(count(), 1);
  });
});

test("a file that is replaced, gone for a moment, or gone", { timeout: 30_000 }, async () => {
  await watching({ "a.ts": "1" }, ["a.ts"], async (folder, next, count) => {
    const file = join(folder, "a.ts");
    writeFileSync(`${file}~`, "2");
    renameSync(`${file}~`, file);
    assert.deepEqual(await next(), ["a.ts"]);
    rmSync(file);
    await sleep(1000);
    assert.equal(count(), 1);
    writeFileSync(file, "2");
    await sleep(700);
    assert.equal(count(), 1, "it is what it was");
    rmSync(file);
    assert.deepEqual(await next(), ["a.ts"]);
    writeFileSync(file, "3");
    assert.deepEqual(await next(), ["a.ts"]);
  });
});

test("a link that is turned to another folder", { timeout: 30_000 }, async () => {
  await inFolder(async (folder) => {
    for (const version of ["1", "2"]) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "a.ts"), version);
    }
    const link = join(folder, "now");
    symlinkSync(join(folder, "1"), link);
    const watch = new FileWatch([join(link, "a.ts")]);
    const changes: (readonly string[])[] = [];
    watch.start((changed) => changes.push(changed));
    try {
      symlinkSync(join(folder, "2"), `${link}~`);
      renameSync(`${link}~`, link);
      await until(() => changes.length > 0);
      assert.deepEqual(changes[0], [join(link, "a.ts")]);
    } finally {
      watch.close();
    }
  });
});
