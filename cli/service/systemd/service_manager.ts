/**
 * Notifies the service manager, as described in sd_notify(3): ready, reloading, stopping, and the watchdog.
 *
 * @module
 */

import process from "node:process";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { log } from "../../log/log.ts";
import { loadSystemCalls, type SystemCalls } from "../../log/system_calls.ts";
import type { ReloadWatcher } from "../reload.ts";

/** The longest status text, in characters; systemd shows one line. */
const LONGEST_STATUS = 300;

/** The service manager's environment variables. */
export interface ServiceEnvironment {
  /** Its notification socket; undefined if there is no service manager. */
  readonly socket: string | undefined;
  /** The watchdog timeout, in milliseconds; undefined if there is none. */
  readonly watchdog: number | undefined;
}

/**
 * Reads the service manager's variables and removes them, so that child processes cannot notify in this one's name.
 *
 * @param environment the environment
 * @param pid the id of this process
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

/** The service manager; without one, its methods do nothing. */
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
   * Prepares notifications. If that fails, logs a warning: mail goes on.
   *
   * @param environment its variables
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

  /** Notifies that Milterkit serves. */
  ready(): void {
    this.#tell("READY=1", "STATUS=Serving");
  }

  /** Notifies that a reload has begun; {@linkcode reloaded} must follow. */
  reloading(): void {
    this.#tell(
      "RELOADING=1",
      `MONOTONIC_USEC=${this.#calls?.monotonicTime()}`,
      "STATUS=Reloading",
    );
  }

  /**
   * Notifies that a reload has ended.
   *
   * @param reason why it failed; undefined if it succeeded
   * @param notice what else the administrator needs to know
   */
  reloaded(reason: string | undefined, notice: string | undefined): void {
    const result = reason === undefined
      ? "Serving, reloaded successfully"
      : `Serving the previous version, the reload failed: ${reason}`;
    const status = notice === undefined ? result : `${result}; ${notice}`;
    this.#tell("READY=1", `STATUS=${escapeControlCharacters(status).slice(0, LONGEST_STATUS)}`);
  }

  /** Notifies that Milterkit is stopping. After that, it sends only signs of life. */
  stopping(): void {
    if (this.#stopping) return;
    this.#tell("STOPPING=1", "STATUS=Finishing the messages in progress");
    this.#stopping = true;
  }

  /**
   * Sends signs of life if the watchdog is enabled: twice in its timeout, so that one may be late.
   *
   * @param alive called before each; if it returns false, none is sent
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

/** Logs that notification failed; nothing more, since mail matters more. */
function warn({ message }: Error): void {
  log("warning", `cannot notify the service manager (NOTIFY_SOCKET is set): ${message}`);
}
