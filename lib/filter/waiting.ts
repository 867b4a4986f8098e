/**
 * Waiting, but only for those who make us wait: what is there at once stays synchronous.
 *
 * @module
 */

import type { Answer } from "./filter.ts";
import { Failure, FilterTimeoutError } from "./link.ts";

/** A value that is there, or will be. */
export type MaybePromise<T> = T | Promise<T>;

/** What a callback has given in the end. */
export type Given = Awaited<Answer> | Failure;

/** Whether a callback takes its time. */
export function isPromise(value: unknown): value is Promise<Given> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Waits for a callback, at most so many milliseconds. The promise never rejects. */
export function guard(pending: Promise<Given>, milliseconds: number): Promise<Given> {
  const allowed = Math.max(1, milliseconds);
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve(new Failure(new FilterTimeoutError(Math.round(allowed)), pending)),
      allowed,
    );
    // Resolved anew: what only looks like a promise may throw.
    Promise.resolve(pending).then((value) => {
      clearTimeout(timer);
      resolve(value);
    }, (error) => {
      clearTimeout(timer);
      resolve(new Failure(error));
    });
  });
}

/** Work in steps, each a promise that it waits for. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** Does work in steps: at once where there are none. */
export function run<T>(steps: Steps<T>): MaybePromise<T> {
  const first = steps.next();
  return first.done ? first.value : runLater(steps, first.value);
}

async function runLater<T>(
  steps: Steps<T>,
  pending: Promise<unknown>,
): Promise<T> {
  while (true) {
    const settled = await pending.then((value) => ({ value }), (error: unknown) => ({ error }));
    // The steps may have something to let go of, and a way to go on.
    const step = "error" in settled ? steps.throw(settled.error) : steps.next(settled.value);
    if (step.done) return step.value;
    pending = step.value;
  }
}
