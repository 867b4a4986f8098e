/** What docs/workers.md says of sharing is tried here: of many processes exactly one is the first. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../support/process.ts";
import { programCommand } from "../support/runtime.ts";

const PROCESSES = 4;
const KEYS = 50;

test("processes agree on when a key was seen first", { timeout: 60_000 }, async () => {
  const text = readFileSync(new URL("../../docs/workers.md", import.meta.url), "utf8");
  const [, code] = /```ts\n(.*?)```/s.exec(text)!;
  const folder = mkdtempSync(join(tmpdir(), "milterkit-first-seen-"));
  try {
    const program = join(folder, "program.ts");
    const loop = `const times: number[] = [];
      for (let i = 0; i < ${KEYS}; i++) times.push(await firstSeen(${JSON.stringify(folder)}, "key" + i));
      console.log(JSON.stringify(times));`;
    writeFileSync(program, code + loop);
    const results = await Promise.all(
      Array.from({ length: PROCESSES }, () => run(programCommand(program))),
    );
    for (const { code, stderr } of results) assert.equal(code, 0, stderr);
    const [first, ...others] = results.map(({ stdout }) => JSON.parse(stdout));
    assert.equal(first.length, KEYS);
    for (const other of others) assert.deepEqual(other, first);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
