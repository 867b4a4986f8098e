// milterkit new and milterkit test: from an empty folder to a filter that is tested and served.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { denoCommand } from "../../scripts/package/deno_command.ts";
import { toBytes } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { newFolder, skipFor } from "../support/instance.ts";
import { Milterkit, milterkitBinary } from "../support/milterkit.ts";
import { type CommandResult, findCommand, run } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";

type Cli = (cwd: string, ...args: string[]) => Promise<CommandResult>;

const [title, program] = PROGRAM;
const ownEnv = { ...process.env as Record<string, string>, NO_COLOR: "1" };
/** The executable with nothing around it: no runtime in the path, no home. */
const executable: Cli = (cwd, ...args) =>
  run([milterkitBinary(), ...args], { cwd, env: { PATH: "/nonexistent", NO_COLOR: "1" } });
const sources: Cli = (cwd, ...args) => run([...program, ...args], { cwd, env: ownEnv });
const cli = process.versions.bun ? executable : sources;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = newFolder("milterkit-new-");
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The path of Deno: npx, which may find it, would ask the registry. */
async function denoPath(): Promise<string> {
  const { stdout } = await run([...denoCommand(), "eval", "console.log(Deno.execPath())"], { env: ownEnv });
  return stdout.trim();
}

/** What a new filter can start with, and what `serve` needs for it. */
const TEMPLATES: readonly (readonly [title: string, args: string[], flags: string, tests: number])[] = [
  ["callbacks", [], "", 3],
  ["options", ["--with", "options"], " --word lottery", 2],
  ["state", ["--with", "state"], " --most 100", 1],
];

async function made(folder: string, name: string, args: readonly string[] = [], flags = ""): Promise<string> {
  const { code, stdout, stderr } = await cli(folder, "new", name, ...args);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.match(stdout, new RegExp(`^Created ${name}/\n`));
  assert.match(
    stdout,
    new RegExp(
      `\nNext:\n  cd ${name} && milterkit test\n  milterkit serve .*--filter ./${name}.ts${flags}\n$`,
    ),
  );
  return join(folder, name);
}

test(
  `${title}: a new filter has a test, which runs and can fail`,
  { timeout: 120_000 },
  () =>
    inFolder(async (folder) => {
      const path = await made(folder, "no-lottery");
      assert.deepEqual(readdirSync(path).sort(), [
        ".gitignore",
        "README.md",
        "deno.json",
        "no-lottery.ts",
        "no-lottery_test.ts",
        "node_modules",
        "package.json",
        "tsconfig.json",
      ]);
      assert.deepEqual(readdirSync(folder), ["no-lottery"]);
      const passed = await cli(path, "test");
      assert.equal(passed.code, 0, passed.stdout + passed.stderr);
      assert.match(passed.stdout + passed.stderr, /3 pass/);

      const filter = readFileSync(join(path, "no-lottery.ts"), "utf8");
      writeFileSync(join(path, "no-lottery.ts"), filter.replace("550", "551"));
      const failed = await cli(path, "test", "no-lottery_test.ts");
      assert.equal(failed.code, 1);
      assert.match(failed.stdout + failed.stderr, /rejects a lottery/);
      assert.match(failed.stdout + failed.stderr, /551/);
      assert.doesNotMatch(failed.stderr, /there is no node_modules/);
    }),
);

test(
  "the library is put back where package.json asks for it",
  { timeout: 120_000 },
  () =>
    inFolder(async (folder) => {
      const path = await made(folder, "mark");
      rmSync(join(path, "node_modules"), { recursive: true });
      const again = await cli(path, "test");
      assert.equal(again.code, 0, again.stdout + again.stderr);
      assert.match(again.stderr, /^milterkit: installed the library in node_modules again\n/);
      assert.doesNotMatch((await cli(path, "test")).stderr, /installed the library/);

      rmSync(join(path, "node_modules"), { recursive: true });
      rmSync(join(path, "package.json"));
      const lost = await cli(path, "test");
      assert.equal(lost.code, 1);
      assert.match(lost.stderr, /there is no node_modules\/milterkit here.*milterkit new makes/);
      assert.ok(!existsSync(join(path, "node_modules")));
    }),
);

for (const [title, args, flags, tests] of TEMPLATES) {
  test(
    `a filter that starts with ${title} passes its test and is served`,
    { timeout: 120_000 },
    () =>
      inFolder(async (folder) => {
        const path = await made(folder, "started", args, flags);
        const passed = await cli(path, "test");
        assert.equal(passed.code, 0, passed.stdout + passed.stderr);
        assert.match(passed.stdout + passed.stderr, new RegExp(`\\b${tests} pass`));
        const checked = await cli(
          path,
          "check",
          "started_test.ts",
          "--filter",
          "./started.ts",
          ...flags.split(" ").slice(1),
        );
        assert.equal(checked.stderr.replace(/^milterkit: debug: filter started: disposed\n$/, ""), "");
        assert.equal(checked.code, 0, checked.stdout);
      }),
  );

  test(
    `a filter that starts with ${title} has nothing for Deno's linter, offline`,
    { timeout: 120_000 },
    () =>
      inFolder(async (folder) => {
        const path = await made(folder, "started", args, flags);
        const env = { ...ownEnv, DENO_DIR: join(folder, "deno"), NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/" };
        const deno = await denoPath();
        const lint = () => run([deno, "lint"], { cwd: path, env });
        const { code, stdout, stderr } = await lint();
        assert.equal(code, 0, stdout + stderr);
        assert.match(stderr, /Checked 2 files/);
        // The plugin is there.
        const file = join(path, "started.ts");
        writeFileSync(file, readFileSync(file, "utf8").replace(/return (reject|tempfail)/, "$1"));
        const wrong = await lint();
        assert.equal(wrong.code, 1);
        assert.match(wrong.stdout + wrong.stderr, /milterkit\/return-verdict/);
      }),
  );
}

// From the sources the library is a link to them, which TypeScript reads by the settings of the filter's folder.
if (process.versions.bun) {
  for (const [title, args, flags] of TEMPLATES) {
    test(
      `TypeScript finds all types of a filter that starts with ${title}, with nothing installed`,
      { timeout: 120_000 },
      () =>
        inFolder(async (folder) => {
          const path = await made(folder, "typed", args, flags);
          const tsc = fileURLToPath(new URL("../../node_modules/typescript/lib/tsc.js", import.meta.url));
          const check = (...more: string[]) => run(["node", tsc, "-p", path, ...more], { env: ownEnv });
          const sound = await check();
          assert.equal(sound.code, 0, sound.stdout);
          const strict = await check(
            "--exactOptionalPropertyTypes",
            "--noUncheckedIndexedAccess",
            "--noUnusedLocals",
          );
          assert.equal(strict.code, 0, strict.stdout);
          const wrong =
            'import { reject } from "milterkit";\nimport { test } from "node:test";\nreject("550");\ntest(5, 5);\n';
          writeFileSync(join(path, "wrong.ts"), wrong);
          const { code, stdout } = await check();
          assert.notEqual(code, 0);
          assert.match(stdout, /wrong\.ts\(3,8\): error TS2345/);
          assert.match(stdout, /wrong\.ts\(4,/);
        }),
    );
  }
}

test("the new filter is served, with its option", { timeout: 120_000 }, () =>
  inFolder(async (folder) => {
    const path = await made(folder, "no-word", ["--with", "options"], " --word lottery");
    const help = await cli(path, "serve", "--filter", "./no-word.ts", "--help");
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, /--word\b.*A word that no subject may contain/s);
    const served = await Milterkit.startCommand(
      [...program, "serve", "--listen", "inet:0@127.0.0.1", "--filter", "./no-word.ts", "--word", "casino"],
      { cwd: path },
    );
    try {
      const client = await MtaClient.open(served.address);
      const message = (subject: string) =>
        client.message(toBytes(`Subject: ${subject}\r\n\r\nHi\r\n`), { to: ["b@example.test"] });
      const refused = await message("A CASINO");
      assert.deepEqual(refused.answer.reply, {
        code: 550,
        enhanced: "5.7.1",
        lines: ["No mail about casino here"],
      });
      assert.deepEqual((await message("A lottery")).answer.modifications.map(({ type }) => type), [
        "addHeader",
      ]);
      client.quit();
    } finally {
      await served.stop();
    }
  }));

test(
  "an empty folder is used, with the rights that a new one has",
  { timeout: 120_000 },
  () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, "mark"));
      mkdirSync(join(folder, "other"));
      const path = await made(folder, "mark");
      assert.equal(statSync(path).mode, statSync(join(folder, "other")).mode);
    }),
);

test("what is there is left alone", { timeout: 120_000 }, () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "full"));
    writeFileSync(join(folder, "full", "a.txt"), "a");
    writeFileSync(join(folder, "file"), "b");
    for (
      const [name, message] of [
        [
          "full",
          "milterkit: Cannot create full: it exists and is not empty; choose another name, or remove it\n",
        ],
        ["file", "milterkit: Cannot create file: a file of that name exists\n"],
      ] as const
    ) {
      const { code, stderr, stdout } = await cli(folder, "new", name);
      assert.deepEqual({ code, stderr, stdout }, { code: 1, stderr: message, stdout: "" });
    }
    assert.deepEqual(readdirSync(folder).sort(), ["file", "full"]);
    assert.deepEqual(readdirSync(join(folder, "full")), ["a.txt"]);
    assert.equal(readFileSync(join(folder, "file"), "utf8"), "b");
  }));

const setpriv = process.getuid?.() === 0 ? findCommand("setpriv") : undefined;
test("where it may not write it says so", {
  timeout: 120_000,
  skip: skipFor(setpriv ? undefined : "needs root and setpriv to be somebody who may not write"),
}, () =>
  inFolder(async (folder) => {
    chmodSync(folder, 0o755);
    const other = ["--reuid", "65534", "--regid", "65534", "--clear-groups", milterkitBinary()];
    const { code, stderr } = await run([setpriv ?? "setpriv", ...other, "new", "mark"], { cwd: folder });
    assert.deepEqual([code, stderr], [1, "milterkit: Cannot create mark: permission denied\n"]);
    assert.deepEqual(readdirSync(folder), []);
  }));

test("names that cannot be, and wrong command lines", { timeout: 120_000 }, () =>
  inFolder(async (folder) => {
    for (
      const [args, message] of [
        [["new"], /^milterkit new: Missing NAME: give it, for example milterkit new no-lottery\n$/],
        [["new", "a", "b"], /^milterkit new: one NAME at a time; "b" is one too many\n$/],
        [["new", "My Filter.ts"], /: Invalid NAME "My Filter.ts": want lower-case .*, such as my-filter\n$/],
        [["new", "../up"], /: Invalid NAME "..\/up": .*, such as up\n$/],
        [["new", "\u001b[31m"], /^milterkit new: Invalid NAME "\\u001b\[31m": /],
        [["new", "size-limit"], /there is a built-in filter of that name/],
        [["new", "milterkit"], /that is the library's own name/],
        [["new", "a".repeat(101)], /it is longer than 100 characters/],
        [["new", "mark", "--force"], /^milterkit new: .*--force/],
        [["new", "mark", "--with", "stat"], /^milterkit new: .*"stat".*options, state/],
        [["new", "mark", "--with"], /^milterkit new: .*--with/],
        [["test", "--wach"], /^milterkit test: .*--wach.*--watch/],
        [["test", "-t"], /^milterkit test: .*-t/],
        [
          ["test", "-t", "("],
          /^milterkit test: Invalid --test-name-pattern "\(": it is no regular expression\n$/,
        ],
        [["test", "mark_test.ts"], /^milterkit test: there is no file or folder "mark_test.ts"\n$/],
      ] as const
    ) {
      const { code, stderr } = await cli(folder, ...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, message);
    }
    assert.deepEqual(readdirSync(folder), []);
    for (const command of ["new", "test"]) {
      const { code, stdout } = await cli(folder, command, "--help");
      assert.equal(code, 0);
      assert.match(
        stdout,
        new RegExp(
          `^milterkit ${command} .*milterkit new no-lottery|^milterkit ${command} .*milterkit test`,
          "s",
        ),
      );
    }
  }));
