// Changes that are noticed, once a file has come to rest, and what is none.
import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FileWatch } from "../../cli/service/watch/file_watch.ts";
import { inFolder } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { at } from "../support/present.ts";

let writes = 0;

/** Writes a file; each time at another time of day, which some file systems tell to a few milliseconds only. */
function write(file: string, text: string): void {
  writeFileSync(file, text);
  utimesSync(file, ++writes, writes);
}

/** Lets time pass until something is so, but no longer than a file may be gone and come to rest. */
function passUntil(clock: ManualClock, condition: () => boolean): void {
  for (let looks = 0; looks < 20 && !condition(); looks++) clock.advance(200);
  assert.ok(condition());
}

async function watching(
  files: Readonly<Record<string, string>>,
  roots: readonly string[],
  use: (folder: string, clock: ManualClock, next: () => string[], count: () => number) => void,
): Promise<void> {
  const clock = new ManualClock();
  await inFolder((folder) => {
    for (const [name, text] of Object.entries(files)) write(join(folder, name), text);
    const watch = new FileWatch(roots.map((root) => join(folder, root)), clock);
    const changes: string[][] = [];
    let taken = 0;
    watch.start((changed) => changes.push(changed.map((file) => file.slice(folder.length + 1))));
    try {
      use(folder, clock, () => {
        passUntil(clock, () => changes.length > taken);
        return at(changes, taken++);
      }, () => changes.length);
    } finally {
      watch.close();
    }
  });
}

test("a file, what it imports, and a file that is no program", async () => {
  const files = { "a.ts": 'import "./b.ts";', "b.ts": "1", rules: 'import "./c.ts"', "c.ts": "1" };
  await watching(files, ["a.ts", "rules"], (folder, clock, next, count) => {
    write(join(folder, "b.ts"), "2");
    assert.deepEqual(next(), ["b.ts"]);
    write(join(folder, "a.ts"), 'import "./c.ts";');
    write(join(folder, "rules"), "other");
    assert.deepEqual(next().sort(), ["a.ts", "rules"]);
    write(join(folder, "b.ts"), "nobody's any more");
    write(join(folder, "c.ts"), "2");
    assert.deepEqual(next(), ["c.ts"]);
    utimesSync(join(folder, "a.ts"), new Date(), new Date());
    write(join(folder, "c.ts"), "2");
    clock.advance(700);
    assert.equal(count(), 3);
  });
});

test("a file that is written bit by bit is one change", async () => {
  await watching({ "a.ts": "" }, ["a.ts"], (folder, clock, next, count) => {
    for (let i = 0; i < 40; i++) {
      write(join(folder, "a.ts"), "x".repeat(i + 1));
      clock.advance(20);
    }
    assert.equal(count(), 0);
    assert.deepEqual(next(), ["a.ts"]);
    clock.advance(500);
    assert.equal(count(), 1);
  });
});

test("a file that is replaced, gone for a moment, or gone", async () => {
  await watching({ "a.ts": "1" }, ["a.ts"], (folder, clock, next, count) => {
    const file = join(folder, "a.ts");
    write(`${file}~`, "2");
    renameSync(`${file}~`, file);
    assert.deepEqual(next(), ["a.ts"]);
    rmSync(file);
    clock.advance(1000);
    assert.equal(count(), 1);
    write(file, "2");
    clock.advance(700);
    assert.equal(count(), 1, "it is what it was");
    rmSync(file);
    assert.deepEqual(next(), ["a.ts"]);
    write(file, "3");
    assert.deepEqual(next(), ["a.ts"]);
  });
});

test("a link that is turned to another folder", async () => {
  const clock = new ManualClock();
  await inFolder((folder) => {
    for (const version of ["1", "2"]) {
      mkdirSync(join(folder, version));
      write(join(folder, version, "a.ts"), version);
    }
    const link = join(folder, "now");
    symlinkSync(join(folder, "1"), link);
    const watch = new FileWatch([join(link, "a.ts")], clock);
    const changes: (readonly string[])[] = [];
    watch.start((changed) => changes.push(changed));
    try {
      symlinkSync(join(folder, "2"), `${link}~`);
      renameSync(`${link}~`, link);
      passUntil(clock, () => changes.length > 0);
      assert.deepEqual(changes[0], [join(link, "a.ts")]);
    } finally {
      watch.close();
    }
  });
});
