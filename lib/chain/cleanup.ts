/**
 * Runs the abort and close callbacks after a message or a connection. Their failures affect nothing else.
 *
 * @module
 */

import type { ConnectionState } from "./connection_state.ts";
import { Failure } from "./failure.ts";
import type { FilterInstance } from "./filter_instance.ts";
import { guard, type MaybePromise, settling } from "./maybe_promise.ts";

/**
 * Ends the current message for a filter and calls its abort callback: at once, or after its late callbacks have
 * finished.
 *
 * @param reason the message of the abort reason on its signal
 */
export function abortFilter(state: ConnectionState, instance: FilterInstance, reason: string): void {
  const late = instance.lateInMessage;
  const call = instance.abort(reason);
  if (call) runCleanup(state, instance, { event: "abort", queueId: state.host.macro("i") }, call, late);
}

/**
 * Ends the connection for a filter, once only, and calls its close callback: at once, or after its late callbacks have
 * finished.
 */
export function closeFilter(state: ConnectionState, instance: FilterInstance): void {
  const late = instance.late;
  const call = instance.close();
  if (call) runCleanup(state, instance, { event: "close", queueId: undefined }, call, late);
}

/** Continues once abort and close callbacks have finished. The wait for them counts against the time-outs. */
export function afterCleanup<T>(
  state: ConnectionState,
  cleanup: Promise<unknown>,
  next: () => MaybePromise<T>,
): Promise<T> {
  state.waits();
  return cleanup.then(next);
}

/** What is cleaned up: a message, or a connection. */
interface Ended {
  readonly event: "abort" | "close";
  /** The queue id of the message: by the time that its callback fails, the macro may be that of the next one. */
  readonly queueId: string | undefined;
}

function runCleanup(
  state: ConnectionState,
  instance: FilterInstance,
  ended: Ended,
  call: () => unknown,
  late: Promise<unknown> | undefined,
): void {
  if (late) {
    // The filter has used up its time, so nobody waits for it.
    instance.goesOn(late.then(() => callBack(state, instance, ended, call)));
    return;
  }
  const done = callBack(state, instance, ended, call);
  if (!done) return;
  state.waits();
  const allowance = { milliseconds: state.settings.timeouts.callback, restOf: undefined };
  const guarded = guard(done, allowance, state.clock).then((given) => {
    if (!(given instanceof Failure)) return;
    failed(state, instance, ended, given.error);
    if (given.pending) instance.goesOn(given.pending);
  });
  const all: Promise<unknown> = Promise.all([state.cleanup, guarded]).then(() => {
    if (state.cleanup === all) state.cleanup = undefined;
  });
  state.cleanup = all;
}

/** Runs the callback and reports a failure. Returns a promise if the callback is asynchronous. */
function callBack(
  state: ConnectionState,
  instance: FilterInstance,
  ended: Ended,
  call: () => unknown,
): Promise<void> | undefined {
  try {
    const given = settling(call());
    if (!(given instanceof Promise)) return undefined;
    return given.then((settled) => {
      if (settled instanceof Failure) failed(state, instance, ended, settled.error);
    });
  } catch (error) {
    failed(state, instance, ended, error);
    return undefined;
  }
}

function failed(
  { host }: ConnectionState,
  instance: FilterInstance,
  { event, queueId }: Ended,
  error: unknown,
): void {
  host.onFilterError?.(instance.name, event, error, "ignored", queueId);
}
