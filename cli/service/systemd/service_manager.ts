/**
 * What a service manager is told of this process, as sd_notify(3) describes it: that it is ready, reloads, stops, lives.
 *
 * @module
 */

import process from "node:process";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { log } from "../../log/log.ts";
import type { ReloadWatcher } from "../reload.ts";
import { loadSystemCalls, type SystemCalls } from "./system_calls.ts";

/** Longest text of a status; systemd shows one line. */
const LONGEST_STATUS = 300;

/** What the environment says of a service manager. */
export interface ServiceEnvironment {
  /** The socket that it listens on; undefined where there is none. */
  readonly socket: string | undefined;
  /** How often it wants a sign of life, in milliseconds; undefined where it does not. */
  readonly watchdog: number | undefined;
}

/**
 * Reads what an environment says of a service manager, and takes it away: what this process starts must not speak for it.
 *
 * @param environment the environment
 * @param pid this process
 */
export function takeServiceEnvironment(
  environment: Record<string, string | undefined> = process.env,
  pid: number = process.pid,
): ServiceEnvironment {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: time, WATCHDOG_PID: watched } = environment;
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete environment[name];
  const isOurs = watched === undefined || Number(watched) === pid;
  const watchdog = time !== undefined && /^[1-9]\d*$/.test(time) && isOurs ? Number(time) / 1000 : undefined;
  return { socket: socket || undefined, watchdog: socket ? watchdog : undefined };
}

/** The service manager; without one nothing happens. */
export class ServiceManager implements ReloadWatcher {
  readonly #environment: ServiceEnvironment;
  readonly #calls: SystemCalls | undefined;
  #stopping = false;
  #failed = false;

  private constructor(environment: ServiceEnvironment, calls: SystemCalls | undefined) {
    this.#environment = environment;
    this.#calls = calls;
  }

  /**
   * Finds it. Where it cannot be told anything, the log says so, and mail goes on.
   *
   * @param environment what the environment says of it
   */
  static async find(environment: ServiceEnvironment): Promise<ServiceManager> {
    if (environment.socket === undefined) return new ServiceManager(environment, undefined);
    try {
      return new ServiceManager(environment, await loadSystemCalls());
    } catch (error) {
      warn(error as Error);
      return new ServiceManager(environment, undefined);
    }
  }

  /** Mail is taken. */
  ready(): void {
    this.#tell("READY=1", "STATUS=Serving");
  }

  /** A new version is being taken; {@linkcode reloaded} is to follow. */
  reloading(): void {
    this.#tell(
      "RELOADING=1",
      `MONOTONIC_USEC=${this.#calls?.monotonicTime()}`,
      "STATUS=Taking a new version",
    );
  }

  /**
   * Mail is taken again as it always was: the end of {@linkcode reloading}.
   *
   * @param reason why there is no new version; undefined where there is one
   */
  reloaded(reason?: string): void {
    const status = reason === undefined
      ? "Serving, since the last reload"
      : `Serving what was there before the reload, which failed: ${reason}`;
    this.#tell("READY=1", `STATUS=${escapeControlCharacters(status).slice(0, LONGEST_STATUS)}`);
  }

  /** No more mail is taken. Nothing but signs of life can follow. */
  stopping(): void {
    if (this.#stopping) return;
    this.#tell("STOPPING=1", "STATUS=Finishing the messages at hand");
    this.#stopping = true;
  }

  /**
   * Gives signs of life where they are wanted: twice in each time, so that one may be late.
   *
   * @param alive asked before each; where it says no there is none
   */
  watch(alive: () => boolean): void {
    const { watchdog } = this.#environment;
    if (watchdog === undefined || !this.#calls) return;
    const live = () => {
      if (alive()) this.#notify("WATCHDOG=1");
    };
    live();
    setInterval(live, watchdog / 2).unref();
  }

  #tell(...lines: readonly string[]): void {
    if (!this.#stopping) this.#notify(lines.join("\n"));
  }

  #notify(text: string): void {
    const { socket } = this.#environment;
    if (socket === undefined) return;
    try {
      this.#calls?.send(socket, text);
    } catch (error) {
      if (!this.#failed) warn(error as Error);
      this.#failed = true;
    }
  }
}

/** Mail matters more. */
function warn({ message }: Error): void {
  log("warning", `the service manager cannot be told anything (NOTIFY_SOCKET is set): ${message}`);
}
