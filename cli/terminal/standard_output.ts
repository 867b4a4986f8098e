/**
 * Standard output of which nothing is lost: who writes much waits for the reader, and nothing ends before all is read.
 *
 * @module
 */

import process from "node:process";
import { systemErrorText } from "../../lib/system_errors.ts";

/** Standard output that takes no more. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  /** `output-closed`: nobody reads any more. `cannot-write`: such as for a full disk. */
  readonly code: "output-closed" | "cannot-write";
  /** The system's code, such as `ENOSPC`; undefined where it gave none. */
  readonly value: string | undefined;

  /** @param cause what the system said */
  constructor(cause: NodeJS.ErrnoException) {
    super(`Cannot write to standard output: ${systemErrorText(cause, { EPIPE: "nobody reads it" })}`, {
      cause,
    });
    this.code = cause.code === "EPIPE" ? "output-closed" : "cannot-write";
    this.value = cause.code;
  }
}

let lost: OutputError | undefined;
const broken = new Set<NodeJS.WriteStream>();

function lose(error: Error): OutputError {
  broken.add(process.stdout);
  return lost ??= new OutputError(error);
}

/** Lets errors of standard output be found here, and forgets those of standard error. For the begin of the program. */
export function catchOutputErrors(): void {
  process.stdout.on("error", lose);
  // Where nobody reads what is wrong, nobody can be told so.
  process.stderr.on("error", () => void broken.add(process.stderr));
}

/**
 * Prints, and waits until that is on its way to the reader.
 *
 * @param text what to print, with its line end
 * @throws {OutputError} where it cannot be written, or something before it could not
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (lost) return reject(lost);
    try {
      process.stdout.write(text, (error) => error ? reject(lose(error)) : resolve());
    } catch (error) {
      // Deno writes at once, and throws here.
      reject(lose(error as Error));
    }
  });
}

/** Has {@linkcode finishOutput} wait no more: who printed has waited for the reader, and has said that it was in vain. */
export function abandonOutput(): void {
  broken.add(process.stdout);
}

/**
 * Waits until all that was printed is on its way to who reads it. Nothing can be printed from then on.
 *
 * @param most how long to wait, in milliseconds; as long as it takes where undefined
 * @returns what went wrong with what was printed, if anything did
 */
export async function finishOutput(most?: number): Promise<OutputError | undefined> {
  await within(most, ended(process.stdout));
  return lost;
}

/** The same for standard error. */
export async function finishErrorOutput(most?: number): Promise<void> {
  await within(most, ended(process.stderr));
}

/** An empty write does not do: Bun calls back for it before what was written earlier. */
function ended(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    // Deno calls nobody back where an error came before.
    if (broken.has(stream)) return resolve();
    stream.once("error", () => resolve());
    stream.end(() => resolve());
  });
}

async function within(most: number | undefined, work: Promise<unknown>): Promise<void> {
  if (most === undefined) return void await work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([work, new Promise((resolve) => timer = setTimeout(resolve, most))]);
  clearTimeout(timer);
}
