/**
 * Helpers for work that may be synchronous or asynchronous: waits only for promises.
 *
 * @module
 */

import type { Allowance } from "./budget.ts";
import type { Clock } from "../time/clock.ts";
import type { Answer } from "../filter/allowed.ts";
import { Failure, FilterTimeoutError } from "./failure.ts";

/** A value, or a promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** What a callback's answer settled to. */
export type Given = Awaited<Answer> | Failure;

/**
 * Returns what a callback returned, with a thenable replaced by a promise that never rejects. Any object with a `then`
 * method is a thenable; it may throw, settle twice, or never settle.
 *
 * @throws what reading the object's `then` property throws
 */
export function settling<T>(returned: T | PromiseLike<T>): T | Promise<T | Failure> {
  return isThenable(returned) ? Promise.resolve(returned).catch((error) => new Failure(error)) : returned;
}

/** Whether a value is a promise, or another object with a `then` method. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Waits for a callback, up to its time limit. */
export function guard<T>(
  pending: Promise<T | Failure>,
  { milliseconds, restOf }: Allowance,
  clock: Clock,
): Promise<T | Failure> {
  const allowed = Math.max(1, milliseconds);
  return new Promise((resolve) => {
    const callOff = clock.after(allowed, () => {
      resolve(new Failure(new FilterTimeoutError(Math.round(allowed), restOf), pending));
    });
    pending.then((value) => {
      callOff();
      resolve(value);
    });
  });
}

/** A generator that yields the promises it waits for. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** Runs the steps: synchronously if they yield no promise. */
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
    // The steps may catch the error, to release something or to go on.
    const step = "error" in settled ? steps.throw(settled.error) : steps.next(settled.value);
    if (step.done) return step.value;
    pending = step.value;
  }
}
