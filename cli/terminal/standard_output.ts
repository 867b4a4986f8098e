/**
 * Standard output that loses nothing: a caller waits until its text is taken, and the process ends only after that.
 *
 * @module
 */

import process from "node:process";
import { systemErrorText } from "../../lib/system_errors.ts";

/** Standard output cannot be written. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  /** `output-closed`: nobody reads it. `cannot-write`: another reason, such as a full disk. */
  readonly code: "output-closed" | "cannot-write";
  /** The system's code, such as `ENOSPC`; undefined where it gave none. */
  readonly value: string | undefined;

  /** @param cause the system's error */
  constructor(cause: NodeJS.ErrnoException) {
    super(`Cannot write to standard output: ${systemErrorText(cause, { EPIPE: "nobody reads it" })}`, {
      cause,
    });
    this.code = cause.code === "EPIPE" ? "output-closed" : "cannot-write";
    this.value = cause.code;
  }
}

let failure: OutputError | undefined;
const broken = new Set<NodeJS.WriteStream>();

function fail(error: Error): OutputError {
  broken.add(process.stdout);
  return failure ??= new OutputError(error);
}

/** Records errors of standard output for the functions below, ignores those of standard error. Call it at startup. */
export function catchOutputErrors(): void {
  process.stdout.on("error", fail);
  // If standard error cannot be written, there is nowhere to say so.
  process.stderr.on("error", () => void broken.add(process.stderr));
}

/**
 * Prints, and waits until the system has taken the text.
 *
 * @param text what to print, including the newline at its end; or bytes
 * @throws {OutputError} if it, or something before it, cannot be written
 */
export function print(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (failure) return reject(failure);
    try {
      process.stdout.write(text, (error) => error ? reject(fail(error)) : resolve());
    } catch (error) {
      // Deno writes synchronously, and throws here.
      reject(fail(error as Error));
    }
  });
}

/** Keeps {@linkcode finishOutput} from waiting: the caller has waited for the reader in vain, and has said so. */
export function abandonOutput(): void {
  broken.add(process.stdout);
}

/**
 * Waits until the system has taken everything that was printed. Nothing can be printed afterwards.
 *
 * @param limit longest wait, in milliseconds; without it, as long as it takes
 * @returns the error, if something could not be written
 */
export async function finishOutput(limit?: number): Promise<OutputError | undefined> {
  await within(limit, ended(process.stdout));
  return failure;
}

/** Like {@linkcode finishOutput}, for standard error. */
export async function finishErrorOutput(limit?: number): Promise<void> {
  await within(limit, ended(process.stderr));
}

/** Ends the stream. An empty write would not do: Bun calls back for it before earlier writes are done. */
function ended(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    // After an error, Deno calls no callback.
    if (broken.has(stream)) return resolve();
    stream.once("error", () => resolve());
    stream.end(() => resolve());
  });
}

async function within(limit: number | undefined, work: Promise<unknown>): Promise<void> {
  if (limit === undefined) return void await work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([work, new Promise((resolve) => timer = setTimeout(resolve, limit))]);
  clearTimeout(timer);
}
