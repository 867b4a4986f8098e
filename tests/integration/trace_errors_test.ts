// What milterkit trace and milterkit replay refuse: files that are there, and wrong command lines.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { newFolder } from "../support/instance.ts";
import { Milterkit, runMilterkit } from "../support/milterkit.ts";

const folder = newFolder("milterkit-trace-");

after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${files++}.trace`);

test(
  "a file that is there already stays as it is unless --force says otherwise",
  { timeout: 120_000 },
  async () => {
    const file = newFile();
    const args = ["trace", "--listen", "inet:0@127.0.0.1", "--milter", "inet:1@127.0.0.1", "--write", file];
    writeFileSync(file, "mine", { mode: 0o644 });
    const refused = await runMilterkit(args);
    assert.deepEqual(refused, {
      code: 1,
      stdout: "",
      stderr: `milterkit: Cannot write ${file}: it exists; --force replaces it\n`,
    });
    assert.equal(readFileSync(file, "utf8"), "mine");
    const tracing = await Milterkit.start([...args, "--force"]);
    await tracing.stop();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, "utf8"), /^\{"format":"milterkit-trace","version":1,.*\}\n$/);
    // a trace that never begins makes no file, and replaces none
    const never = newFile();
    const bad = ["trace", "--listen", "unix:/nowhere/x", "--milter", "unix:/x", "--force", "--write"];
    writeFileSync(file, "mine");
    assert.equal((await runMilterkit([...bad, file])).code, 1);
    assert.equal(readFileSync(file, "utf8"), "mine");
    assert.equal((await runMilterkit([...bad, never])).code, 1);
    assert.throws(() => statSync(never));
  },
);

const wrong: [what: string, args: string[], code: number, says: RegExp][] = [
  [
    "no address",
    ["trace", "--milter", "inet:1@a"],
    2,
    /Missing --listen: give it, for example --listen inet:/,
  ],
  ["no milter", ["trace", "--listen", "inet:1@a"], 2, /Missing --milter: /],
  ["a flag", ["trace", "--lissen", "inet:1@a"], 2, /--lissen.*--listen/],
  [
    "a bad address",
    ["trace", "--listen", "inett:1@a", "--milter", "inet:1@a"],
    2,
    /Invalid --listen "inett:1@a": want unix:/,
  ],
  [
    "a descriptor",
    ["trace", "--listen", "inet:1@a", "--milter", "fd:3"],
    2,
    /Invalid --milter "fd:3": want unix:/,
  ],
  [
    "--force alone",
    ["trace", "--listen", "inet:1@a", "--milter", "inet:1@a", "--force"],
    2,
    /--force needs --write FILE/,
  ],
  ["a number", ["trace", "--listen", "inet:1@a", "--milter", "inet:1@a", "--body", "-1"], 2, /--body/],
  ["no file", ["replay", "--milter", "inet:1@a"], 2, /Missing FILE: milterkit trace --write makes one/],
  ["two files", ["replay", "a", "b", "--milter", "inet:1@a"], 2, /want one FILE, not a and b/],
  ["no milter to replay to", ["replay", "a"], 2, /Missing --milter: /],
  [
    "no such file",
    ["replay", "/nowhere/a", "--milter", "inet:1@127.0.0.1"],
    1,
    /Cannot read \/nowhere\/a: there is no such file/,
  ],
  [
    "another file",
    ["replay", "/etc/passwd", "--milter", "inet:1@127.0.0.1"],
    1,
    /\/etc\/passwd: milterkit trace --write did not write it/,
  ],
];

for (const [what, args, code, says] of wrong) {
  test(`wrong: ${what}: ${args.join(" ")}`, { timeout: 120_000 }, async () => {
    const result = await runMilterkit(args);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, says);
    assert.match(result.stderr, /^milterkit[^\n]+\n$/);
    assert.equal(result.stdout, "");
  });
}
