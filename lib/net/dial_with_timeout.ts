/**
 * Opens a connection with a timeout.
 *
 * @module
 */

import { type Clock, systemClock } from "../time/clock.ts";
import type { Accept, Connection, ConnectionHandler, Dial } from "./transport.ts";

/** A connection could not be opened in time. */
export class DialTimeoutError extends Error {
  override readonly name = "DialTimeoutError";
  readonly code = "timeout";
  /** The timeout, in milliseconds. */
  readonly value: number;

  /** @param value the timeout, in milliseconds */
  constructor(value: number) {
    super(`no connection within ${value} ms`);
    this.value = value;
  }
}

const NOBODY: ConnectionHandler = { data() {}, drain() {}, closed() {} };

/**
 * Opens a connection. One that is established too late is closed without calling `accept`.
 *
 * @param dial opens the connection
 * @param accept called with the connection once it is open, unless the time is up
 * @param timeout the timeout, in milliseconds; undefined for none
 * @param clock the clock for the timeout
 * @throws {DialTimeoutError} if the time is up; otherwise what `dial` throws
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
      // From here on, the connection belongs to the caller.
      callOff();
      return accept(connection);
    });
    connecting.then((connection) => late ? connection.destroy() : resolve(connection), reject)
      .finally(callOff);
  });
}
