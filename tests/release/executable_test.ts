// Executables for machines on which they cannot be tried: that what is wrong with one is seen.
// Runs once: Bun's compiler is judged here, which is the same whatever runtime starts it.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import config from "../../deno.json" with { type: "json" };
import { compileProgram } from "../../scripts/compile_program.ts";
import { executableProblems } from "../../scripts/release/executable_problems.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { skipFor } from "../support/instance.ts";
import { milterkitBinary } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { run } from "../support/process.ts";

const target = (name: string) => TARGETS.find((target) => target.name === name)!;
const machine = `linux-${process.arch}`;
const notLinux = skipFor(process.platform === "linux" ? undefined : "needs Linux");

test("the executable for this machine is right, and is none for another", { skip: notLinux }, () => {
  const bytes = readFileSync(milterkitBinary());
  assert.deepEqual(executableProblems(bytes, target(machine), config.version), []);
  const other = machine === "linux-x64" ? "linux-arm64" : "linux-x64";
  assert.match(at(executableProblems(bytes, target(other), config.version), 0), /^it is for machine 0x/);
  assert.match(
    at(executableProblems(bytes, target(`${machine}-musl`), config.version), 0),
    /^its loader is not \/lib\/ld-musl/,
  );
  assert.deepEqual(executableProblems(bytes, target("windows-x64"), config.version), ["it is not a pe file"]);
  assert.deepEqual(executableProblems(bytes, target(machine), "99.98.97"), ["version 99.98.97 is not in it"]);
});

test("the executable starts from bytecode, not from source", { skip: notLinux }, async () => {
  // Makes the engine say for each module whether it found bytecode.
  const env = { BUN_JSC_verboseDiskCache: "1" };
  const { code, stdout, stderr } = await run([milterkitBinary(), "serve", "--help"], { env });
  assert.equal(code, 0, stderr);
  const count = (what: string) => `${stdout}${stderr}`.split(`Cache ${what} for sourceCode`).length - 1;
  assert.ok(count("hit") >= 10, `${count("hit")} modules had bytecode`);
  // One is the runtime's own.
  assert.ok(count("miss") <= 1, `${count("miss")} modules had none`);
});

test("a runtime without the program is seen", { skip: notLinux }, () => {
  const bytes = readFileSync(new URL("../../node_modules/bun/bin/bun.exe", import.meta.url));
  assert.deepEqual(executableProblems(bytes, target(machine), "99.98.97"), [
    "the program is not in it",
    "version 99.98.97 is not in it",
  ]);
});

test(
  "a runtime of the other C library gives an executable for it",
  { skip: notLinux, timeout: 120_000 },
  () => {
    // npm installs both, since it looks at system and processor only.
    const modules = new URL("../../node_modules/.deno/", import.meta.url);
    const folder = readdirSync(modules).find((name) => /^@oven\+bun-linux-\w+-musl@/.test(name));
    assert.ok(folder, "the package with Bun for musl is installed");
    const { bunTarget, runtime } = target(`${machine}-musl`);
    const place = mkdtempSync(join(tmpdir(), "milterkit-musl-"));
    try {
      const outfile = join(place, "milterkit");
      compileProgram({
        outfile,
        target: bunTarget,
        runtime: new URL(`${folder}/node_modules/${runtime}/bin/bun`, modules).pathname,
      });
      assert.deepEqual(
        executableProblems(readFileSync(outfile), target(`${machine}-musl`), config.version),
        [],
      );
    } finally {
      rmSync(place, { recursive: true });
    }
  },
);
