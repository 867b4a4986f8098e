// The imports of a file as they are found without parsing it, and where they stand.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { importsOf, reachableFiles, targetOf } from "../../cli/user_filter/imports.ts";
import { inFolder } from "../server/support.ts";
import { at } from "../support/present.ts";

const SOURCE = `// import "./comment.ts";
/**
 * import "./in-doc.ts";
 */
import "./outright.ts";
import a, { b as c } from './single.ts';
import type { T } from "pkg";
import {
  one,
  two,
} from "../up.ts"; export * from "./again.ts";
export { x } from "./exported.ts"
const late = await import("./late.ts");
const old = require("./old.cjs");
const text = "from nowhere";
`;

test("imports and their places", async () => {
  await inFolder((folder) => {
    const file = join(folder, "a.ts");
    writeFileSync(file, SOURCE);
    const found = importsOf(file).map(({ specifier, place }) => [specifier, place.line, place.column]);
    assert.deepEqual(found, [
      ["./outright.ts", 5, 8],
      ["./single.ts", 6, 27],
      ["pkg", 7, 24],
      ["../up.ts", 11, 8],
      ["./again.ts", 11, 34],
      ["./exported.ts", 12, 19],
      ["./late.ts", 13, 27],
      ["./old.cjs", 14, 21],
    ]);
    const placeOf = (index: number, name: string) => {
      const place = at(importsOf(file), index).placeOf(name);
      return place && [place.line, place.column];
    };
    assert.deepEqual(placeOf(1, "b"), [6, 13]);
    assert.deepEqual(placeOf(1, "default"), [6, 8]);
    assert.deepEqual(placeOf(3, "two"), [10, 3]);
    assert.equal(placeOf(3, "tw"), undefined);
    assert.equal(placeOf(3, "default"), undefined);
    assert.deepEqual(importsOf(join(folder, "none.ts")), []);
  });
});

test("files that are reached, in a circle and where one is missing", async () => {
  await inFolder((folder) => {
    mkdirSync(join(folder, "lib"));
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write("a.ts", 'import "./lib/b.ts"; import d from "./d.json"; import "pkg"; import "node:fs";');
    write("lib/b.ts", 'import "../a.ts"; import "./c"; import "./gone.ts?x=1";');
    write("lib/c.ts", "");
    write("d.json", '"import \\"./no.ts\\""');
    const names = ["a.ts", "lib/b.ts", "d.json", "lib/c.ts", "lib/gone.ts"];
    assert.deepEqual(reachableFiles(join(folder, "a.ts")), names.map((name) => join(folder, name)));
    assert.equal(
      targetOf(join(folder, "a.ts"), new URL(`file://${folder}/lib/c.ts`).href),
      join(folder, "lib/c.ts"),
    );
  });
});

test("an import of another machine's file is passed over", async () => {
  await inFolder((folder) => {
    const file = join(folder, "a.ts");
    writeFileSync(file, 'import "file://server/share/x.ts";\nimport "./b.ts";\n');
    assert.ok(reachableFiles(file).includes(join(folder, "b.ts")));
  });
});
