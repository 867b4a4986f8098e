/**
 * What comes behind a message or a connection: abort and close callbacks, which nobody else fails with.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { ConnectionHost } from "./chain_host.ts";
import { Failure, type Link } from "./link.ts";
import { guard, isPromise } from "./waiting.ts";

/** Abort and close callbacks that are still at work: nothing else is asked before they are done. */
export class Trailing {
  /** Settled when all of them are done; undefined where none is at work. */
  pending: Promise<unknown> | undefined;
  readonly #timeout: number;
  readonly #host: ConnectionHost;

  /**
   * @param timeout how long each may take, in milliseconds
   * @param host told of those that fail
   */
  constructor(timeout: number, host: ConnectionHost) {
    this.#timeout = timeout;
    this.#host = host;
  }

  /**
   * Runs a callback.
   *
   * @param link whose it is
   * @param event `abort` or `close`
   * @param call calls it
   * @param detached whether nobody is to wait for it
   */
  run(link: Link, event: EventName, call: () => void | Promise<void>, detached = false): void {
    const failed = (error: unknown) => this.#host.onFilterError?.(link.name, event, error, "ignored");
    try {
      const done = call();
      if (!isPromise(done)) return;
      if (detached) {
        done.catch(failed);
        return;
      }
      const guarded = guard(done as Promise<undefined>, this.#timeout).then((given) => {
        if (given instanceof Failure) failed(given.error);
      });
      const all: Promise<unknown> = Promise.all([this.pending, guarded]).then(() => {
        if (this.pending === all) this.pending = undefined;
      });
      this.pending = all;
    } catch (error) {
      failed(error);
    }
  }
}
