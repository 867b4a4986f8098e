/**
 * Shows the progress of a test run: in the last line of a terminal, otherwise with a line for each finished job.
 *
 * @module
 */

import process from "node:process";
import { StatusLine } from "../../cli/terminal/status_line.ts";

/** How often the terminal's last line is written, in milliseconds. */
const REFRESH = 200;
/** How long a run may print nothing where there is no terminal, in milliseconds. */
const QUIET = 30_000;
/** Jobs named in one line. */
const MOST_NAMED = 4;

/** The progress of a run. */
export class Progress {
  readonly #total: number;
  readonly #line = new StatusLine();
  readonly #began = performance.now();
  readonly #running = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #done = 0;
  #lastPrinted = performance.now();

  /** @param total how many jobs there are */
  constructor(total: number) {
    this.#total = total;
    this.#timer = setInterval(() => this.#tick(), this.#line.shown ? REFRESH : 1000);
  }

  /** A job begins. */
  started(name: string): void {
    this.#running.set(name, performance.now());
  }

  /**
   * A job has ended.
   *
   * @param name the job
   * @param text what came of it, in one line
   */
  finished(name: string, text: string): void {
    this.#running.delete(name);
    this.#done++;
    this.print(
      `[${String(this.#done).padStart(String(this.#total).length)}/${this.#total} ${this.#time()}] ${text}`,
    );
  }

  /** Prints a line. */
  print(text: string): void {
    this.#line.clear();
    this.#lastPrinted = performance.now();
    process.stdout.write(`${text}\n`);
  }

  /** Stops showing progress. */
  end(): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }

  #tick(): void {
    const text = `${this.#done}/${this.#total} ${this.#time()}  ${this.#runningNow()}`;
    if (this.#line.shown) this.#line.write(text.slice(0, (process.stderr.columns ?? 80) - 1));
    else if (performance.now() - this.#lastPrinted >= QUIET) this.print(`running: ${this.#runningNow()}`);
  }

  #runningNow(): string {
    const now = performance.now();
    const names = [...this.#running].map(([name, since]) =>
      `${name} (${Math.round((now - since) / 1000)} s)`
    );
    const more = names.length > MOST_NAMED ? [`${names.length - MOST_NAMED} more`] : [];
    return [...names.slice(0, MOST_NAMED), ...more].join(", ");
  }

  #time(): string {
    return minutes((performance.now() - this.#began) / 1000);
  }
}

/** A time as `1:05`. */
export function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
