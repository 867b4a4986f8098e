/**
 * Writes lines to the system's log daemon, at `/dev/log`, as syslog(3) does.
 *
 * No runtime has datagrams over unix sockets, so the C library sends them (`system_calls.ts`), in a few microseconds. The
 * alternative, a running logger(1), would lose what it has read when it dies, and give every line its own process id.
 *
 * @module
 */

import process from "node:process";
import type { LogLevel } from "../../lib/filter/logger.ts";
import type { SystemCalls } from "./system_calls.ts";

/** Severities of syslog(3), by level. */
export const SEVERITIES: Record<LogLevel, number> = {
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
};

/** How many lines wait while the daemon takes none. */
const MOST_WAITING = 1000;
/** How long to wait until the next attempt to send them, in milliseconds: while its queue is full, and while it is away. */
const FULL_AGAIN_AFTER = 20;
const AWAY_AGAIN_AFTER = 250;
/** What remains of a line that is too long for a datagram, in bytes. */
const LONGEST = 8192;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** What a {@linkcode Syslog} needs. */
export interface SyslogOptions {
  /** The code of the facility, such as 2 for mail. */
  readonly facility: number;
  /** The system calls, once they are loaded. */
  readonly calls: Promise<Pick<SystemCalls, "send">>;
  /** Writes a line that cannot go to the daemon. */
  readonly otherwise: (line: string) => void;
  /** The socket of the daemon. @default "/dev/log" */
  readonly path?: string;
  /** Calls a function after some milliseconds. @default a timer that does not keep the process running */
  readonly later?: (work: () => void, milliseconds: number) => void;
}

/**
 * A connection to the log daemon. It never waits for the daemon, since mail would wait too: lines that the daemon does not
 * take are kept for a while, and counted when they become too many.
 */
export class Syslog {
  /** The code of the facility. */
  readonly facility: number;
  readonly #options: Required<Omit<SyslogOptions, "calls">>;
  readonly #waiting: string[] = [];
  #send: ((text: string) => void) | undefined;
  #lost = 0;
  #isFailed = false;
  #isScheduled = false;
  #isTold = false;

  constructor({ calls, ...options }: SyslogOptions) {
    this.facility = options.facility;
    this.#options = { path: "/dev/log", later: laterOrNever, ...options };
    calls.then(
      ({ send }) => {
        this.#send = (text) => send(this.#options.path, text);
        this.#flush();
      },
      (error) => this.#fail(error),
    );
    process.on("exit", () => this.#end());
  }

  /**
   * Sends a line.
   *
   * @param severity its severity, from 0 to 7
   * @param text the line, without its line break
   * @param timestamp when it was logged, in milliseconds since 1970
   */
  write(severity: number, text: string, timestamp: number): void {
    const line = message(this.facility * 8 + severity, text, new Date(timestamp));
    if (this.#isFailed) return this.#options.otherwise(withoutPriority(line));
    this.#waiting.push(line);
    if (!this.#isScheduled) this.#flush();
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      this.#lost++;
    }
  }

  /** Sends what waits, until the daemon takes no more. */
  #flush(): void {
    this.#isScheduled = false;
    if (!this.#send) return;
    while (this.#waiting.length > 0) {
      const problem = this.#attempt(this.#waiting[0]!);
      if (problem !== undefined) return this.#wait(problem);
      this.#waiting.shift();
    }
    this.#isTold = false;
    if (this.#lost === 0) return;
    const text = `${this.#lost} log lines were lost because syslog accepted none for a while`;
    this.#lost = 0;
    this.write(SEVERITIES.warning, text, Date.now());
  }

  /** Returns why the daemon does not take a line; undefined if it does. */
  #attempt(line: string): string | undefined {
    try {
      this.#send!(line);
      return undefined;
    } catch (error) {
      const code = (error as Error).message;
      if (code !== "EMSGSIZE" || line.length <= LONGEST) return code;
      return this.#attempt(shortened(line));
    }
  }

  #wait(problem: string): void {
    const isFull = problem === "EAGAIN";
    // A full queue passes. That nobody is there may last, and is said where it is seen.
    if (!this.#isTold && !isFull) {
      this.#isTold = true;
      this.#options.otherwise(
        `milterkit: cannot log to ${this.#options.path} (${problem}); the last ${MOST_WAITING} lines are kept until it works`,
      );
    }
    this.#isScheduled = true;
    this.#options.later(() => this.#flush(), isFull ? FULL_AGAIN_AFTER : AWAY_AGAIN_AFTER);
  }

  /** There will never be system calls. */
  #fail(error: Error): void {
    this.#isFailed = true;
    const { otherwise } = this.#options;
    otherwise(`milterkit: cannot log to syslog, only to standard error: ${error.message}`);
    for (const line of this.#waiting.splice(0)) otherwise(withoutPriority(line));
  }

  /** The process ends: what cannot be sent is not lost in silence. */
  #end(): void {
    this.#flush();
    for (const line of this.#waiting.splice(0)) this.#options.otherwise(withoutPriority(line));
  }
}

/** A message as syslog(3) sends it: RFC 3164 without the host, which the daemon adds. */
function message(priority: number, text: string, at: Date): string {
  const [, hours = ""] = /(\d\d:\d\d:\d\d)/.exec(at.toString()) ?? [];
  const day = String(at.getDate()).padStart(2);
  return `<${priority}>${MONTHS[at.getMonth()]} ${day} ${hours} milterkit[${process.pid}]: ${text}`;
}

function withoutPriority(line: string): string {
  return line.slice(line.indexOf(">") + 1);
}

/** Cuts a message at a character. */
function shortened(line: string): string {
  const bytes = new TextEncoder().encode(line).subarray(0, LONGEST - 3);
  return new TextDecoder().decode(bytes).replace(/\ufffd+$/, "") + "…";
}

function laterOrNever(work: () => void, milliseconds: number): void {
  setTimeout(work, milliseconds).unref();
}
