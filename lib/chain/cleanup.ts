/**
 * What comes behind a message or a connection: abort and close callbacks, which nobody else fails with.
 *
 * @module
 */

import type { Budget } from "./budget.ts";
import type { ChainSettings } from "./chain_settings.ts";
import type { ConnectionHost } from "./connection_host.ts";
import { Failure } from "./failure.ts";
import type { FilterInstance } from "./filter_instance.ts";
import { guard, settling } from "./maybe_promise.ts";

/** Abort and close callbacks that are still at work: nothing else is asked before they are done. */
export class Cleanup {
  /** Settled when all of them are done; undefined where none is at work. */
  pending: Promise<unknown> | undefined;
  readonly #settings: ChainSettings;
  readonly #host: ConnectionHost;
  readonly #budget: Budget;

  /**
   * @param settings how long each may take
   * @param host told of those that fail
   * @param budget told when they take their time
   */
  constructor(settings: ChainSettings, host: ConnectionHost, budget: Budget) {
    this.#settings = settings;
    this.#host = host;
    this.#budget = budget;
  }

  /**
   * Ends the message at hand for a filter, with its abort callback: at once, or once its late callbacks are done.
   *
   * @param reason what its signal says
   */
  abort(instance: FilterInstance, reason: string): void {
    const late = instance.lateInMessage;
    const call = instance.abort(reason);
    if (call) this.#run(instance, "abort", call, late);
  }

  /** Ends the connection for a filter, once only, with its close callback: at once, or once its late callbacks are done. */
  close(instance: FilterInstance): void {
    const late = instance.late;
    const call = instance.close();
    if (call) this.#run(instance, "close", call, late);
  }

  #run(
    instance: FilterInstance,
    event: "abort" | "close",
    call: () => unknown,
    late: Promise<unknown> | undefined,
  ): void {
    if (late) {
      // Nobody waits for one that has had its time.
      instance.goesOn(late.then(() => this.#call(instance, event, call)));
      return;
    }
    const done = this.#call(instance, event, call);
    if (!done) return;
    this.#budget.waits();
    const { timeouts, clock } = this.#settings;
    const allowance = { milliseconds: timeouts.callback, restOf: undefined };
    const guarded = guard(done, allowance, clock).then((given) => {
      if (!(given instanceof Failure)) return;
      this.#failed(instance, event, given.error);
      if (given.pending) instance.goesOn(given.pending);
    });
    const all: Promise<unknown> = Promise.all([this.pending, guarded]).then(() => {
      if (this.pending === all) this.pending = undefined;
    });
    this.pending = all;
  }

  /** Calls back; a promise where that takes its time. Failures are told of. */
  #call(instance: FilterInstance, event: "abort" | "close", call: () => unknown): Promise<void> | undefined {
    try {
      const given = settling(call());
      if (!(given instanceof Promise)) return undefined;
      return given.then((settled) => {
        if (settled instanceof Failure) this.#failed(instance, event, settled.error);
      });
    } catch (error) {
      this.#failed(instance, event, error);
      return undefined;
    }
  }

  #failed(instance: FilterInstance, event: "abort" | "close", error: unknown): void {
    this.#host.onFilterError?.(instance.name, event, error, "ignored");
  }
}
