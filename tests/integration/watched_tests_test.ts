// milterkit test --watch and -t: which tests run, and when they run again.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { newFolder } from "../support/instance.ts";
import { present } from "../support/present.ts";
import { run } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";

const [title, program] = PROGRAM;
const env = { ...process.env as Record<string, string>, NO_COLOR: "1" };

/** What is still to be ended. */
const running = new Set<Watching>();

/** `milterkit test --watch`. */
class Watching {
  output = "";
  readonly ended: Promise<number | null>;
  readonly #child: ReturnType<typeof spawn>;
  #news: () => void = () => {};
  /** Up to where the output was read. */
  #read = 0;

  constructor(cwd: string, ...args: string[]) {
    const [command, ...words] = program;
    this.#child = spawn(command, [...words, "test", "--watch", ...args], { cwd, env });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#news();
      });
    }
    this.ended = new Promise((resolve) =>
      this.#child.on("close", (code) => {
        running.delete(this);
        resolve(code);
        this.#news();
      })
    );
  }

  /** Waits for a text behind what was awaited before. */
  async until(text: string): Promise<void> {
    while (true) {
      const at = this.output.indexOf(text, this.#read);
      if (at >= 0) {
        this.#read = at + text.length;
        return;
      }
      assert.equal(this.#child.exitCode, null, this.output);
      await new Promise<void>((resolve) => this.#news = resolve);
    }
  }

  kill(signal: NodeJS.Signals): void {
    // After kill() of the child itself, Deno no longer tells its exit code.
    process.kill(present(this.#child.pid, "the process"), signal);
  }
}

async function inFolder(
  files: Record<string, string>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = newFolder("milterkit-watched-");
  try {
    for (const [name, text] of Object.entries(files)) write(folder, name, text);
    await work(folder);
  } finally {
    for (const watching of running) watching.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

// A test that takes too long does not come to its end.
process.on("exit", () => {
  for (const watching of running) watching.kill("SIGTERM");
});

const WAITING = "milterkit: waiting for a file to change";
const word = (text: string) => `export const word = ${JSON.stringify(text)};\n`;
const ABOUT_WORD = `import assert from "node:assert/strict";
import { test } from "node:test";
import { word } from "../lib/word.ts";
test("the word is right", () => assert.equal(word, "right"));
`;

test(`${title}: tests run again when what they import changes, and when a file of tests is added`, {
  timeout: 120_000,
}, () =>
  inFolder({ "tests/word_test.ts": ABOUT_WORD, "lib/word.ts": word("right") }, async (folder) => {
    const watching = new Watching(folder);
    await watching.until("1 pass");
    await watching.until(WAITING);
    write(folder, "lib/word.ts", word("wrong"));
    await watching.until("milterkit: changed: ./lib/word.ts");
    await watching.until("1 fail");
    await watching.until(WAITING);
    write(folder, "tests/more.test.ts", `import { test } from "node:test";\ntest("one more", () => {});\n`);
    await watching.until("milterkit: changed: ./tests/more.test.ts");
    await watching.until("1 fail");
    await watching.until(WAITING);
    write(folder, "lib/word.ts", word("right"));
    await watching.until("2 pass");
    await watching.until(WAITING);
    // Nobody imports this.
    write(folder, "lib/other.ts", "export {};\n");
    watching.kill("SIGINT");
    assert.equal(await watching.ended, 130);
    assert.doesNotMatch(watching.output, /other\.ts/);
  }));

test(`${title}: a run that is outdated is called off`, { timeout: 120_000 }, () => {
  const slow = (seconds: number, what: string) =>
    `import { writeSync } from "node:fs";
import { test } from "node:test";
test("slow", { timeout: 700_000 }, async () => {
  writeSync(2, "\\n${what} has begun\\n");
  await new Promise((resolve) => setTimeout(resolve, ${seconds} * 1000));
});
`;
  return inFolder({ "a_test.ts": slow(600, "the first") }, async (folder) => {
    const watching = new Watching(folder, "a_test.ts");
    await watching.until("the first has begun");
    write(folder, "a_test.ts", slow(0, "the second"));
    await watching.until("milterkit: changed: ./a_test.ts");
    await watching.until("1 pass");
    await watching.until(WAITING);
    watching.kill("SIGTERM");
    assert.equal(await watching.ended, 143);
  });
});

test(`${title}: -t chooses tests by their names`, { timeout: 120_000 }, () =>
  inFolder({
    "a_test.ts": `import { test } from "node:test";
test("about lotteries", () => {});
test("about casinos", () => {});
test("other", () => { throw new Error("not this one"); });
`,
  }, async (folder) => {
    for (
      const [args, passed] of [
        [["-t", "about"], 2],
        [["--test-name-pattern", "cas.nos$"], 1],
        [["a_test.ts", "-t", "lotteries"], 1],
      ] as const
    ) {
      const { code, stdout, stderr } = await run([...program, "test", ...args], { cwd: folder, env });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout + stderr, new RegExp(`\\b${passed} pass`), args.join(" "));
    }
  }));
