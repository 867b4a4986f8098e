// A file that cannot be a filter: one line that says what is wrong and where, exit code 2, and nothing listens.
import assert from "node:assert/strict";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { milterkitBinary } from "../../support/milterkit.ts";
import { type Argv, findCommand } from "../../support/process.ts";
import { PROGRAM } from "../../support/programs.ts";
import { runIn, withFiles } from "./support.ts";

const DEFINE = 'import { defineFilter } from "milterkit";\n';

/** What is wrong, the files of which the first is loaded, and what the line has to say. */
const CASES: [what: string, files: Record<string, string>, says: RegExp][] = [
  [
    "a syntax error",
    { "a.ts": `${DEFINE}export default { name: "x",\n  header( { return 1; }\n};\n` },
    /: syntax error at \.\/a\.ts:3:20: Expected /,
  ],
  [
    "a syntax error in what it imports",
    { "a.ts": 'import "./lib/b.ts";\n', "lib/b.ts": "const a = 1;\nconst a = 2;\n" },
    /: syntax error at \.\/lib\/b\.ts:2:7: .*already been declared$/,
  ],
  [
    "a regular expression",
    { "a.ts": "\nexport default /(/;\n" },
    /: syntax error at \.\/a\.ts:2:\d+: Invalid regular/,
  ],
  ["what is no text", { "a.ts": "\0\x01\x02" }, /: syntax error at \.\/a\.ts:1:1: Unexpected /],
  [
    "JSON",
    { "a.ts": 'import d from "./d.json" with { type: "json" };\nexport default d;\n', "d.json": '{"a": }' },
    /: syntax error at \.\/d\.json: Unexpected token/,
  ],
  [
    "a missing file",
    { "a.ts": '// from "./b.ts"\nimport { b } from "./b.ts";\nexport default b;\n' },
    /: \.\/a\.ts:2:19 imports "\.\/b\.ts", and there is no such file$/,
  ],
  [
    "a missing file, imported late",
    { "a.ts": 'await import("./b.ts");\n' },
    /: \.\/a\.ts:1:14 imports "\.\/b\.ts", and there is no such file$/,
  ],
  [
    "a missing package",
    { "a.ts": `${DEFINE}import x from "no-such-package";\nexport default x;\n` },
    /: \.\/a\.ts:2:15 imports "no-such-package", a package that is not installed$/,
  ],
  [
    "a part of the library",
    { "a.ts": `${DEFINE}import * as t from "milterkit/tests";\nexport default defineFilter(t);\n` },
    /: \.\/a\.ts:2:20 imports "milterkit\/tests", which does not exist; did you mean "milterkit\/testing"\?$/,
  ],
  [
    "a module of the runtime",
    { "a.ts": 'import fs from "node:nofs";\nexport default fs;\n' },
    /: \.\/a\.ts:1:16 imports "node:nofs", which does not exist$/,
  ],
  [
    "a name that the library does not have",
    { "a.ts": 'import { defineFilter, rejcet } from "milterkit";\nexport default defineFilter(rejcet());\n' },
    /: \.\/a\.ts:1:24 imports "rejcet" from "milterkit", which has no such export; did you mean "reject"\?$/,
  ],
  [
    "a name that a file does not have",
    { "a.ts": 'import b from "./b.ts";\nexport default b;\n', "b.ts": "export const b = 1;\n" },
    /: \.\/a\.ts:1:8 imports "\.\/b\.ts", which has no default export$/,
  ],
  [
    "a throw",
    { "a.ts": 'function f(): never {\n  throw new Error("no config");\n}\nexport default f();\n' },
    /: it threw at \.\/a\.ts:2:\d+: no config$/,
  ],
  [
    "a throw in what it imports",
    { "a.ts": 'import "./b.ts";\n', "b.ts": "\nexport default missing + 1;\n" },
    /: it threw at \.\/b\.ts:2:16: ReferenceError: missing is not defined$/,
  ],
  [
    "a throw of the library",
    { "a.ts": 'import { reject } from "milterkit";\nexport default reject(99);\n' },
    /: it threw at \.\/a\.ts:2:\d+: InvalidReplyError: Cannot reply with code 99/,
  ],
  [
    "JSON that it reads itself",
    { "a.ts": '\nexport default JSON.parse("{a");\n' },
    /: it threw at \.\/a\.ts:2:\d+: SyntaxError: /,
  ],
  ["a throw of no error", { "a.ts": 'throw "a\\x07text\\n";\n' }, /: it threw at \.\/a\.ts: a\\x07text/],
  ["nothing", { "a.ts": "" }, /: it exports nothing; want export default defineFilter\(/],
  [
    "a named export",
    { "a.ts": `${DEFINE}export const mine = defineFilter({ name: "x" });\n` },
    /: it exports mine by name only; add: export default mine;$/,
  ],
  [
    "other exports",
    { "a.ts": "export const a = 1, b = 2;\n" },
    /: it has no default export \(it exports a, b\); want /,
  ],
  ["a function", { "a.ts": "export default () => 1;\n" }, /: its default export is a function; want /],
  ["a list", { "a.ts": "export default [];\n" }, /: its default export is a list; want /],
  [
    "a promise",
    { "a.ts": "export default Promise.resolve({});\n" },
    /: its default export is a promise; put await/,
  ],
  [
    "no name",
    { "a.ts": "export default { header() {} };\n" },
    /: its default export is not a filter: it needs a name/,
  ],
  [
    "a wrong callback",
    { "a.ts": 'export default { name: "x", heder() {} };\n' },
    /: invalid filter "x": there is no callback "heder"; did you mean "header"\?$/,
  ],
  [
    "a wrong change",
    { "a.ts": 'export default { name: "x", changes: ["addHeder"], eom() {} };\n' },
    /: invalid filter "x": changes holds "addHeder"; did you mean "addHeader"\?$/,
  ],
  [
    "a wrong key of a definition",
    { "a.ts": 'export default { name: "x", optons: {}, create() {} };\n' },
    /: invalid filter "x": there is no setting "optons"; did you mean "options"\?$/,
  ],
  [
    "a wrong kind of option",
    {
      "a.ts":
        'export default { name: "x", create() {}, options: { a: { kind: "int", description: "d" } } };\n',
    },
    /: invalid filter "x": option "a": there is no kind "int"; did you mean "\w+"\?$/,
  ],
  [
    "a list of options",
    {
      "a.ts":
        'export default { name: "x", create() {}, options: [{ name: "a", kind: "size", description: "d" }] };\n',
    },
    /: invalid filter "x": options must be an object of options by name, got a list$/,
  ],
  [
    "a callback beside create()",
    { "a.ts": 'export default { name: "x", create: () => ({}), eom() {} };\n' },
    /: invalid filter "x": it has eom beside create: let create return eom$/,
  ],
  [
    "a default that does not fit",
    {
      "a.ts":
        'export default { name: "x", create() {}, options: { a: { kind: "size", description: "d", default: "1q" } } };\n',
    },
    /: invalid filter "x": option "a": its default: Invalid --a "1q"/,
  ],
];

/** Files that load, and what is wrong only once a filter is made of them. */
const MADE: typeof CASES = [
  [
    "create() that throws",
    {
      "a.ts": 'export default { name: "x",\n  create() { throw new Error("no") } };\n',
    },
    /: its create\(\) threw at \.\/a\.ts:2:\d+: no$/,
  ],
  [
    "create() that makes nothing",
    { "a.ts": 'export default { name: "x", create() {} };\n' },
    /: its create returned undefined: want an object with callbacks$/,
  ],
  [
    "create() that makes what is no filter",
    {
      "a.ts": 'export default { name: "x", create: () => ({ name: "y", eoom() {} }) };\n',
    },
    /: what create returned: there is no callback "eoom"; did you mean "eom"\?$/,
  ],
];

const [name, program] = PROGRAM;

/** Started before all other tests, which run through the ten seconds that it takes. */
const neverLoaded = Promise.allSettled([
  withFiles({ "a.ts": "await new Promise(() => {});\nexport default 1;\n" }, async (folder) => {
    const { code, stderr } = await runIn(folder, program, "filters", "a.ts");
    assert.equal(code, 2);
    assert.match(
      stderr,
      /: it has not finished loading after 10 s; is there an await at its top level\?\n$/,
    );
  }),
]);

for (const [what, files, says] of [...CASES, ...MADE]) {
  test(`${name}: ${what}`, { timeout: 120_000 }, async () => {
    await withFiles(files, async (folder) => {
      const commands = [["serve", "--listen", "unix:/nonexistent/milter.sock", "--filter", "./a.ts"]];
      if (!MADE.some((each) => each[0] === what)) commands.push(["filters", "a.ts"]);
      await Promise.all(commands.map(async (args) => {
        const { code, stdout, stderr } = await runIn(folder, program, ...args);
        assert.equal(code, 2, stderr);
        assert.equal(stdout, "");
        assert.match(stderr, /^milterkit \w+: Cannot load (\.\/)?a\.ts: [^\n]+\n$/, "one line");
        assert.match(stderr.trimEnd(), says);
        // deno-lint-ignore no-control-regex -- a terminal must not act on what it is shown
        assert.doesNotMatch(stderr.trimEnd(), /[\x00-\x1f\x7f-\x9f]/);
        assert.ok(!existsSync(join(folder, "milter.sock")));
      }));
    });
  });
}

test(`${name}: files that are none`, { timeout: 120_000 }, async () => {
  await withFiles({ "dir/a.ts": "" }, async (folder) => {
    const reasonFor = async (file: string) => (await runIn(folder, program, "filters", file)).stderr;
    assert.match(await reasonFor("./none.ts"), /: Cannot load \.\/none\.ts: there is no such file\n$/);
    assert.match(await reasonFor("dir/a.ts/b.ts"), /: there is no such file\n$/);
    assert.match(await reasonFor("./dir"), /: Cannot load \.\/dir: it is a folder; name a file in it\n$/);
    assert.match(await reasonFor("none"), /there is no filter none; .*\(There are .*as \.\/none\.\)\n$/);
  });
});

test(`${name}: a file that never finishes loading`, { timeout: 120_000 }, async () => {
  const [outcome] = await neverLoaded;
  if (outcome.status === "rejected") throw outcome.reason;
});

test(`${name}: wrong options of a file's filter`, { timeout: 120_000 }, async () => {
  const definition = `export default { name: "x", create: () => ({}), options: {
      word: { kind: "string", description: "A word" }, max: { kind: "size", description: "Most" } } };`;
  await withFiles({ "a.ts": definition }, async (folder) => {
    const reasonFor = async (...args: string[]) => {
      const listen = ["serve", "--listen", "unix:/nonexistent/milter.sock"];
      const { code, stderr } = await runIn(folder, program, ...listen, ...args);
      assert.equal(code, 2, stderr);
      return stderr;
    };
    const file = ["--filter", "./a.ts"];
    assert.match(await reasonFor(...file, "--wrd", "x"), /serve --filter \.\/a\.ts: .*--wrd\b.*--word\b/);
    assert.match(await reasonFor(...file, "--max", "1q"), /serve --filter \.\/a\.ts: .*--max\b.*1q.*25MB/);
    assert.match(
      await reasonFor(...file, "--workers", "2"),
      /--workers is not an option of --filter \.\/a\.ts; put it before the first --filter/,
    );
    assert.match(
      await reasonFor("--watch", "--filter", "size-limit", "--max", "1MB"),
      /--watch has nothing to watch/,
    );
  });
});

const setpriv = process.getuid?.() === 0 ? findCommand("setpriv") : undefined;
const noStranger = process.getuid?.() === 0 && !setpriv
  ? "needs setpriv, to be somebody who may not read all"
  : undefined;

test("a file that may not be read", { timeout: 120_000, skip: skipFor(noStranger) }, async () => {
  await withFiles({ "a.ts": "" }, async (folder) => {
    chmodSync(folder, 0o755);
    chmodSync(join(folder, "a.ts"), 0);
    const stranger = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const binary: Argv = setpriv ? [setpriv, ...stranger, milterkitBinary()] : [milterkitBinary()];
    const { code, stderr } = await runIn(folder, binary, "filters", "a.ts");
    assert.equal(code, 2);
    assert.match(stderr, /: Cannot load a\.ts: permission denied\n$/);
  });
});
