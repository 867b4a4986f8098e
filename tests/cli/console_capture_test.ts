// What code writes with console while it is captured, and which filter wrote it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { captureConsole, type ConsoleLine } from "../../cli/service/console_capture.ts";
import { FilterFiles } from "../../cli/user_filter/filter_files.ts";
import { at } from "../support/present.ts";

/** What is captured while `work` runs. */
function capturing(work: () => void, write?: (line: ConsoleLine) => void): ConsoleLine[] {
  const lines: ConsoleLine[] = [];
  const end = captureConsole((line) => {
    lines.push(line);
    write?.(line);
  });
  try {
    work();
  } finally {
    end();
  }
  return lines;
}

/** What the console itself writes while `work` runs. */
function written(work: () => void): unknown[][] {
  const all: unknown[][] = [];
  const original = console.log;
  console.log = (...given: unknown[]) => void all.push(given);
  try {
    work();
  } finally {
    console.log = original;
  }
  return all;
}

describe("a captured console", () => {
  it("has a level for each method, and text as the console formats it", () => {
    const lines = capturing(() => {
      console.debug("d");
      console.log("%s is %d", "it", 5, { a: [1, { b: 2 }] });
      console.info();
      console.warn(undefined);
      console.error(new TypeError("wrong"), "here");
    });
    assert.deepEqual(lines.map(({ level, text }) => [level, text]), [
      ["debug", "d"],
      ["info", "it is 5 { a: [ 1, { b: 2 } ] }"],
      ["info", ""],
      ["warning", "undefined"],
      ["error", "TypeError: wrong here"],
    ]);
    assert.match(at(lines, 4).stack ?? "", /console_capture_test/);
    assert.equal(at(lines, 0).stack, undefined);
    assert.match(at(lines, 0).callers, /console_capture_test\.ts/);
    assert.doesNotMatch(at(lines, 0).callers, /console_capture\.ts/);
  });

  it("writes as before what is said while a line is written, and a line that cannot be", () => {
    const said = written(() => {
      const lines = capturing(() => console.log("outer"), () => console.log("inner"));
      assert.equal(lines.length, 1);
      capturing(() => console.log("lost?"), () => {
        throw new Error("the log is broken");
      });
      // To format this, the console calls a function of it.
      const speaks = { toString: () => `${console.log("from toString")}` };
      assert.equal(capturing(() => console.log("%s", speaks)).length, 1);
    });
    assert.deepEqual(said, [["inner"], ["lost?"], ["from toString"]]);
  });

  it("is the console again afterwards", () => {
    const before = console.log;
    capturing(() => assert.notEqual(console.log, before));
    assert.equal(console.log, before);
  });
});

const folder = mkdtempSync(join(tmpdir(), "milterkit-console-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text = "") => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const [shared, own] = [file("shared.ts"), file("own.ts")];
const a = file("a.ts", 'import "./shared.ts";\nimport "./own.ts";\n');
const b = file("b.ts", 'import "./shared.ts";\n');
const stack = (...files: string[]) => `Error\n${files.map((each) => `    at f (${each}:1:2)`).join("\n")}`;

describe("the files of filters", () => {
  const files = new FilterFiles();
  files.add({ name: "one", definition: "a", file: a });
  files.add({ name: "two", definition: "b", file: b });

  it("tell which filter ran, by the first file that belongs to one", () => {
    const package_ = join(folder, "node_modules/p/p.js");
    assert.equal(files.nameIn(stack(package_, a)), "one");
    assert.equal(files.nameIn(stack(`file://${own}`, b)), "one");
    assert.equal(files.nameIn(`    at ${b}:3:4`), "two");
    assert.equal(files.nameIn(stack(package_)), undefined);
    assert.equal(files.nameIn(""), undefined);
  });

  it("leave it to the callers if the first one belongs to several", () => {
    assert.equal(files.nameIn(stack(shared, b)), "two");
    assert.equal(files.nameIn(stack(shared, own)), "one");
    assert.equal(files.nameIn(stack(shared)), undefined);
  });

  it("tell the definition of several filters in one file, and names that create chose", () => {
    const files = new FilterFiles();
    files.add({ name: "first", definition: "a", file: a });
    files.add({ name: "second", definition: "a", file: a });
    assert.equal(files.nameIn(stack(a)), "a");
    const renamed = new FilterFiles();
    renamed.add({ name: "a", definition: "a", file: a });
    renamed.rename("a", "a of example.org");
    assert.equal(renamed.nameIn(stack(shared)), "a of example.org");
  });

  it("know a file by its path without links too", () => {
    const link = join(folder, "link.ts");
    symlinkSync(b, link);
    const files = new FilterFiles();
    files.add({ name: "linked", definition: "b", file: link });
    assert.equal(files.nameIn(stack(b)), "linked");
    assert.equal(files.nameIn(stack(link)), "linked");
  });
});
