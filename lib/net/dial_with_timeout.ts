/**
 * Bringing a connection about within a time.
 *
 * @module
 */

import { type Clock, systemClock } from "../time/clock.ts";
import type { Accept, Connection, ConnectionHandler, Dial } from "./transport.ts";

/** A connection did not come about in time. */
export class DialTimeoutError extends Error {
  override readonly name = "DialTimeoutError";
  readonly code = "timeout";
  /** The time that there was, in milliseconds. */
  readonly value: number;

  /** @param value the time that there was, in milliseconds */
  constructor(value: number) {
    super(`no connection within ${value} ms`);
    this.value = value;
  }
}

const NOBODY: ConnectionHandler = { data() {}, drain() {}, closed() {} };

/**
 * Brings a connection about. One that comes too late is closed, and nobody hears of it.
 *
 * @param dial how
 * @param accept called with the connection once it stands, unless the time is over
 * @param timeout the time for it, in milliseconds; no end where it is left out
 * @param clock what tells the time
 * @throws {DialTimeoutError} when the time is over; else what `dial` throws
 */
export function dialWithTimeout(
  dial: Dial,
  accept: Accept,
  timeout?: number,
  clock: Clock = systemClock,
): Promise<Connection> {
  if (timeout === undefined) return dial(accept);
  return new Promise((resolve, reject) => {
    let late = false;
    const callOff = clock.after(timeout, () => {
      late = true;
      reject(new DialTimeoutError(timeout));
    });
    const connecting = dial((connection) => {
      if (late) return NOBODY;
      // Whoever was told of it has it.
      callOff();
      return accept(connection);
    });
    connecting.then((connection) => late ? connection.destroy() : resolve(connection), reject)
      .finally(callOff);
  });
}
