// Lines to a process that reads late, slowly, or no more.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { test } from "node:test";
import { LineOutput } from "../../cli/commands/trace/line_output.ts";
import { sleep } from "../support/process.ts";

/** A process with its standard input; what it prints is collected. */
class Reader {
  readonly lost: Error[] = [];
  readonly output: LineOutput;
  readonly ended: Promise<void>;
  printed = "";
  readonly #child: ChildProcess;

  constructor(script: string) {
    this.#child = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
    const decoder = new TextDecoder();
    this.#child.stdout!.on(
      "data",
      (bytes: Uint8Array) => this.printed += decoder.decode(bytes, { stream: true }),
    );
    this.ended = new Promise((resolve) => this.#child.on("close", () => resolve()));
    const leftOut = (lines: number) => `(${lines} left out)`;
    this.output = new LineOutput(this.#child.stdin!, leftOut, (error) => this.lost.push(error));
  }

  /** Ends its input, and waits until it has printed all. */
  async finish(): Promise<string[]> {
    this.#child.stdin!.end();
    await this.ended;
    return this.printed.split("\n").slice(0, -1);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

const LINE = "x".repeat(1023);
/** More lines than may wait. */
const MANY = 10_000;

test("who reads at once gets all, in order", { timeout: 120_000 }, async () => {
  const reader = new Reader("exec cat");
  for (let i = 0; i < 100; i++) reader.output.write(`line ${i}`);
  assert.equal(await reader.output.end(), 0);
  assert.deepEqual(await reader.finish(), Array.from({ length: 100 }, (_, i) => `line ${i}`));
  assert.deepEqual(reader.lost, []);
});

test("what is left out is told behind what waited, at the end too", { timeout: 120_000 }, async () => {
  const reader = new Reader("sleep 0.2; exec cat");
  for (let i = 0; i < MANY; i++) reader.output.write(LINE);
  assert.equal(await reader.output.end(), 0);
  const lines = await reader.finish();
  const whole = lines.filter((line) => line === LINE).length;
  assert.ok(whole >= 8 * 1024 && whole < MANY, String(whole));
  assert.deepEqual(lines.slice(whole), [`(${MANY - whole} left out)`]);
});

test("what is left out is told before what comes next", { timeout: 120_000 }, async () => {
  const reader = new Reader("sleep 0.2; exec cat");
  for (let i = 0; i < MANY; i++) reader.output.write(LINE);
  while (reader.printed.length < 8 * 1024 * 1024) await sleep(10);
  reader.output.write("next");
  assert.equal(await reader.output.end(), 0);
  const lines = await reader.finish();
  const whole = lines.filter((line) => line === LINE).length;
  assert.deepEqual(lines.slice(whole), [`(${MANY - whole} left out)`, "next"]);
});

test("who reads slowly has longer than who does not read", { timeout: 120_000 }, async () => {
  // 2 s for all of it, twice as long as it may take nothing
  const slow = new Reader("for i in 1 2 3 4 5 6 7 8; do head -c 262144; sleep 0.25; done; exec cat");
  for (let i = 0; i < 2048; i++) slow.output.write(LINE);
  assert.equal(await slow.output.end(), 0);
  assert.equal((await slow.finish()).length, 2048);
});

test(
  "who never reads is not waited for without an end, and what is lost is counted",
  { timeout: 120_000 },
  async () => {
    const reader = new Reader("exec sleep 60");
    try {
      for (let i = 0; i < MANY; i++) reader.output.write(LINE);
      const unread = await reader.output.end();
      // what the pipe itself holds may count as read
      assert.ok(unread > MANY - 1024 && unread <= MANY, String(unread));
    } finally {
      await reader.kill();
    }
  },
);

test(
  "a reader that goes away is told of once, and nothing counts as unread",
  { timeout: 120_000 },
  async () => {
    const reader = new Reader("exec true");
    await sleep(200);
    for (let i = 0; i < 100; i++) {
      reader.output.write(LINE);
      await sleep(1);
    }
    assert.equal(await reader.output.end(), 0);
    assert.equal(reader.lost.length, 1);
  },
);
