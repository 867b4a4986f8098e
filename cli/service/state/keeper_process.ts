/**
 * A keeper, as the process sees it that starts it: it is started again when it dies.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { log } from "../../log/log.ts";
import { ownCommand } from "../own_command.ts";
import { errorOf } from "../workers/error_data.ts";
import { type KeeperMessage, type KeeperTask, keeperVariables } from "./keeper_task.ts";

/** A keeper that lived this long is replaced at once, in milliseconds. */
const LIVED_WELL = 10_000;
/** The longest wait before a keeper is replaced, in milliseconds. */
const LONGEST_WAIT = 30_000;
/** How long a keeper may take to end before it is killed, in milliseconds. */
const END_LIMIT = 5000;

/** A keeper's process. */
export class KeeperProcess {
  readonly #task: KeeperTask;
  #child: ChildProcess | undefined;
  #isReady = false;
  #startedAt = 0;
  #earlyDeaths = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #ended: Promise<void> = Promise.resolve();

  private constructor(task: KeeperTask) {
    this.#task = task;
  }

  /**
   * Starts a keeper, and waits until it answers.
   *
   * @param task what it has to do
   * @throws {Error} what it reports if it cannot, or how it ended
   */
  static async start(task: KeeperTask): Promise<KeeperProcess> {
    const keeper = new KeeperProcess(task);
    await keeper.#start();
    return keeper;
  }

  /** Whether it runs and answers. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Ends it; it makes everything safe before. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    child?.stdin?.end();
    const timer = setTimeout(() => child?.kill("SIGKILL"), END_LIMIT);
    await this.#ended;
    clearTimeout(timer);
  }

  async #start(): Promise<void> {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const { program, args, name } = ownCommand();
    this.#startedAt = performance.now();
    const child = this.#child = spawn(program, args, {
      ...(name === undefined ? {} : { argv0: name }),
      env: { ...process.env, ...keeperVariables(this.#task) },
      // It ends when its standard input does, even if this process is killed.
      stdio: ["pipe", "inherit", "inherit", "ipc"],
    });
    child.stdin!.on("error", () => {});
    let problem: Error | undefined;
    child.on("message", (message) => {
      const heard = message as KeeperMessage;
      if (heard.type === "failed") problem = errorOf(heard.error);
      else if (heard.type === "saving") this.#saving(heard.problem);
      else {
        this.#isReady = true;
        resolve();
      }
    });
    this.#ended = new Promise((over) => {
      const ended = (how: string) => {
        const wasReady = this.#isReady;
        this.#isReady = false;
        reject(problem ?? new Error(`Cannot start the keeper of the state: it ${how}`));
        over();
        if (wasReady && !this.#isClosed) this.#again(child.pid, how);
      };
      child.on(
        "error",
        (error) => child.pid === undefined && ended(`could not be started: ${error.message}`),
      );
      child.on(
        "exit",
        (code, signal) => ended(signal ? `ended by ${signal}` : `ended with exit code ${code}`),
      );
    });
    await ready;
  }

  #again(pid: number | undefined, how: string): void {
    this.#earlyDeaths = performance.now() - this.#startedAt > LIVED_WELL ? 0 : this.#earlyDeaths + 1;
    const wait = this.#earlyDeaths <= 1 ? 0 : Math.min(1000 * 2 ** (this.#earlyDeaths - 2), LONGEST_WAIT);
    const next = wait === 0 ? "starting another one" : `starting another one in ${wait / 1000} s`;
    log("error", `the keeper of the state (process ${pid ?? "none"}) ${how}; ${next}`, {
      type: "keeper-ended",
    });
    this.#timer = setTimeout(() => void this.#restart(), wait);
  }

  async #restart(): Promise<void> {
    try {
      await this.#start();
      log("info", `the keeper of the state (process ${this.#child?.pid}) is ready`, { type: "keeper-ready" });
    } catch (error) {
      if (!this.#isClosed) {
        this.#again(this.#child?.pid, `could not start again: ${(error as Error).message}`);
      }
    }
  }

  #saving(problem: string | undefined): void {
    const where = this.#task.file ?? "memory";
    if (problem === undefined) {
      return log("info", `the state in ${where} is written to disk again`, {
        type: "state-saved",
      });
    }
    const what = `cannot write the state in ${where} to disk: ${problem}`;
    log("error", what, { type: "state-not-saved" });
  }
}
