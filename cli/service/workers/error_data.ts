/**
 * Errors as plain data, so that a worker can tell its parent what is wrong: the parent prints or logs what it would have
 * said itself, with the same exit code.
 *
 * @module
 */

import { ConfigError, type Problem } from "../../config/problem.ts";
import { HelpShown, UsageError } from "../../terminal/arguments.ts";

/** An error as plain data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Its code; undefined for an error that nobody expected. */
  readonly code?: string | undefined;
  /** The mistakes in a configuration file, of a `ConfigError`. */
  readonly problems?: readonly Problem[] | undefined;
}

/** Turns an error into data. */
export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  return {
    // Users' code may have set these to anything.
    name: String(error.name),
    message: String(error.message),
    stack: error.stack === undefined ? undefined : String(error.stack),
    code: "code" in error ? String(error.code) : undefined,
    problems: error instanceof ConfigError ? error.value : undefined,
  };
}

/** Makes the error again: of the same class where that decides what happens next, otherwise with the same name and code. */
export function errorOf({ name, message, stack, code, problems }: ErrorData): Error {
  if (problems) return new ConfigError(problems);
  if (name === "HelpShown") return new HelpShown();
  const error = name === "UsageError" ? new UsageError(message) : Object.assign(new Error(message), { name });
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}

/** Returns the message of an expected error, and the stack of any other, which is needed to find the bug. */
export function whyItFailed({ message, stack, code }: ErrorData): string {
  return code === undefined ? stack ?? message : message.replace(/^milterkit serve: /, "");
}
