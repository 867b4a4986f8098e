/**
 * Runs tests again whenever their files change.
 *
 * @module
 */

import process from "node:process";
import { FileWatch } from "../../service/watch/file_watch.ts";
import { printMessage } from "../../terminal/messages.ts";
import { showFile } from "../../user_filter/place.ts";
import { exitCodeOf, startTests, type TestRun, type TestSelection } from "./run_tests.ts";
import { testFiles } from "./test_files.ts";

/** How often to look for new files with tests, in milliseconds. */
const SEARCH_INTERVAL = 1000;
/** How long a run has to end when it is called off, in milliseconds. */
const END_LIMIT = 2000;

/**
 * Runs tests, and again whenever one of their files, a file that they import or a new file of tests is written. A run in
 * progress is called off. Goes on until SIGINT or SIGTERM.
 *
 * @returns the exit code that stands for the signal
 */
export async function watchTests(selection: TestSelection): Promise<number> {
  const changes = new Changes(selection.files);
  const signal = signalled();
  while (true) {
    const run = startTests(selection);
    const change = changes.next();
    const outcome = await Promise.race([run.ended, change, signal.received]);
    if (typeof outcome === "number") printMessage("waiting for a file to change; Ctrl+C ends this");
    else if (Array.isArray(outcome)) await callOff(run, "SIGTERM");
    const files = await Promise.race([change, signal.received]);
    if (!Array.isArray(files)) {
      changes.close();
      signal.close();
      await callOff(run, files);
      return exitCodeOf(files);
    }
    printMessage(`changed: ${files.map(showFile).join(", ")}`);
  }
}

/** The files that change. */
class Changes {
  readonly #places: readonly string[];
  readonly #watch: FileWatch;
  readonly #search: ReturnType<typeof setInterval>;
  #tests: readonly string[];
  #changed: string[] = [];
  #resolve: ((files: string[]) => void) | undefined;

  constructor(places: readonly string[]) {
    this.#places = places;
    this.#tests = testFiles(places);
    this.#watch = new FileWatch(this.#tests);
    this.#watch.start((files) => this.#add(files));
    this.#search = setInterval(() => this.#find(), SEARCH_INTERVAL);
  }

  /** Resolves with the files that have changed since the last call, when there are any. */
  next(): Promise<string[]> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#add([]);
    });
  }

  close(): void {
    this.#watch.close();
    clearInterval(this.#search);
  }

  #add(files: readonly string[]): void {
    this.#changed.push(...files);
    if (this.#changed.length === 0 || !this.#resolve) return;
    this.#resolve(this.#changed.splice(0));
    this.#resolve = undefined;
  }

  #find(): void {
    const tests = testFiles(this.#places);
    const added = tests.filter((file) => !this.#tests.includes(file));
    if (added.length === 0 && tests.length === this.#tests.length) return;
    this.#tests = tests;
    this.#watch.watchInstead(tests);
    this.#add(added);
  }
}

/** Waits for a signal that ends this program. */
function signalled(): { readonly received: Promise<NodeJS.Signals>; close(): void } {
  const signals = ["SIGTERM", "SIGINT"] as const;
  let resolve: (signal: NodeJS.Signals) => void = () => {};
  const received = new Promise<NodeJS.Signals>((take) => resolve = take);
  const listeners = signals.map((signal) => [signal, () => resolve(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    received,
    close() {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

async function callOff(run: TestRun, signal: NodeJS.Signals): Promise<void> {
  run.kill(signal);
  const timer = setTimeout(() => run.kill("SIGKILL"), END_LIMIT);
  await run.ended;
  clearTimeout(timer);
}
