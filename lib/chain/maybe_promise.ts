/**
 * Waiting, but only for those who make us wait: what is there at once stays synchronous.
 *
 * @module
 */

import type { Allowance } from "./budget.ts";
import type { Clock } from "../time/clock.ts";
import type { Answer } from "../filter/filter.ts";
import { Failure, FilterTimeoutError } from "./failure.ts";

/** A value that is there, or will be. */
export type MaybePromise<T> = T | Promise<T>;

/** What a callback has given in the end. */
export type Given = Awaited<Answer> | Failure;

/**
 * What a callback returned, with a promise that never rejects in the place of one: any object with a `then` is one, which
 * may throw, settle twice, or never.
 *
 * @throws what the object throws where it is only looked at
 */
export function settling<T>(returned: T | PromiseLike<T>): T | Promise<T | Failure> {
  return isThenable(returned) ? Promise.resolve(returned).catch((error) => new Failure(error)) : returned;
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Waits for a callback, as long as it may take. */
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
