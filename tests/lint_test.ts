// The lint rule for verdicts that are not returned, in Deno's linter.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { denoCommand } from "../scripts/package/deno_command.ts";
import { run } from "./support/process.ts";

const IMPORT = `import { accept, discard, proceed, reject, skip, tempfail as later } from "milterkit";\n`;

/** Statements of a callback; what the rule says of each. */
const WRONG: readonly (readonly [code: string, call: string])[] = [
  ["reject(550);", "reject(…)"],
  ["reject();", "reject()"],
  ["if (n) later();", "tempfail()"],
  ["else_: accept();", "accept()"],
  ["await discard();", "discard()"],
  ["void skip();", "skip()"],
  ["proceed();", "proceed()"],
  ["n && reject(550);", "reject(…)"],
  ["n ? n : reject(550);", "reject(…)"],
  ["n++, reject(550);", "reject(…)"],
  ["(reject(550) as unknown);", "reject(…)"],
  ["[1].forEach(() => { reject(550); });", "reject(…)"],
  ["{ const { accept } = n; accept(); reject(550); }", "reject(…)"],
];

const RIGHT: readonly string[] = [
  "return reject(550);",
  "const verdict = reject(550); return verdict;",
  "return n ? reject(550) : accept();",
  "[1].map(() => reject(550));",
  "await new Promise<void>((resolve, reject) => { if (n) reject(new Error()); else resolve(); });",
  "await new Promise((_, { reject } = n) => { reject(n); });",
  "const reject = n; reject(550);",
  "function reject() {} reject();",
  "try { n(); } catch (reject) { reject(550); }",
  "for (const reject of n) { reject(550); }",
  "n.reject(550);",
  "other(550);",
];

/** Lints files with this plugin, and returns the messages by file. */
async function linted(files: Readonly<Record<string, string>>): Promise<Map<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-lint-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(fileURLToPath(new URL("..", import.meta.url)), join(folder, "node_modules/milterkit"));
    writeFileSync(join(folder, "package.json"), '{ "dependencies": { "milterkit": "*" } }');
    const config = { lint: { plugins: ["npm:milterkit/lint"], rules: { tags: [] } } };
    writeFileSync(join(folder, "deno.json"), JSON.stringify(config));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { stdout, stderr } = await run([...denoCommand(), "lint", "--json"], { cwd: folder });
    const { diagnostics, errors } = JSON.parse(stdout || `{ "errors": [${JSON.stringify(stderr)}] }`);
    assert.deepEqual(errors, []);
    const found = new Map(Object.keys(files).map((name): [string, string[]] => [name, []]));
    for (const { filename, code, message } of diagnostics) {
      found.get(filename.split("/").at(-1))?.push(`${code}: ${message}`);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const callback = (code: string) =>
  `export async function callback(n: any, other: any): Promise<unknown> {\n  ${code}\n}\n`;

test("a verdict whose value is dropped is reported", { timeout: 60_000 }, async () => {
  const found = await linted(
    Object.fromEntries(WRONG.map(([code], i) => [`wrong_${i}.ts`, IMPORT + callback(code)])),
  );
  for (const [i, [code, call]] of WRONG.entries()) {
    assert.deepEqual(found.get(`wrong_${i}.ts`), [
      `milterkit/return-verdict: ${call} does nothing unless the callback returns it: write return ${call}`,
    ], code);
  }
});

test("what is returned, kept, or something else of that name is not", { timeout: 60_000 }, async () => {
  const found = await linted(
    Object.fromEntries(RIGHT.map((code, i) => [`right_${i}.ts`, IMPORT + callback(code)])),
  );
  for (const [i, code] of RIGHT.entries()) assert.deepEqual(found.get(`right_${i}.ts`), [], code);
});

test("the library is known by how it is imported", { timeout: 60_000 }, async () => {
  const whole = (from: string) => `import * as mk from "${from}";\n${callback("mk.reject(550);")}`;
  const known = [
    "milterkit",
    "npm:milterkit@1",
    "jsr:@milterkit/milterkit",
    "https://x.example/milterkit@1/mod.ts",
  ];
  const others = ["milter", "milterkit/testing", "./mod.ts"];
  const found = await linted(
    Object.fromEntries([...known, ...others].map((from, i) => [`from_${i}.ts`, whole(from)])),
  );
  for (const [i, from] of [...known, ...others].entries()) {
    assert.equal(found.get(`from_${i}.ts`)?.length, i < known.length ? 1 : 0, from);
  }
});
