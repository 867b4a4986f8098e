/**
 * Runs a server, or workers, until a signal or a parent says otherwise.
 *
 * @module
 */

import process from "node:process";
import { log } from "../log/log.ts";
import { EXIT_CODES } from "../terminal/exit_codes.ts";

/** How long filters have after an abort before the process goes without them, in milliseconds. */
const ABORT_GRACE = 800;

/** What was started, and can be ended: a server, or workers. */
export interface Started {
  /** How many connections there are. */
  readonly connections: number;
  /** Settled when it has ended. */
  readonly finished: Promise<void>;
  /** Ends with its connections; `timeout` milliseconds for those between messages. */
  stop(timeout: number): Promise<void>;
  /** Ends at once. */
  abort(): Promise<void>;
}

/** What a signal, or a parent, can have done. */
export interface Orders {
  /** Whether it was told to stop already. */
  readonly stopping: boolean;
  /** Stops, with so many milliseconds for connections between messages. */
  stop(timeout: number): void;
  /** Aborts; the process ends with this exit code. */
  abort(code: number): void;
}

/**
 * Runs what is started until it is told otherwise. Who reads that it listens may say so at once.
 *
 * @param start starts it
 * @param obey called with what can be ordered
 * @param grace how long filters have after an abort before the process goes without them, in milliseconds
 * @returns the exit code
 */
export function runUntilStopped(
  start: () => Promise<Started>,
  obey: (orders: Orders) => void,
  grace: number = ABORT_GRACE,
): Promise<number> {
  return new Promise((resolve, reject) => {
    // An abort during a stop ends what both wait for.
    let code = 0;
    const orders = {
      stopping: false,
      stop(timeout: number): void {
        if (orders.stopping) return;
        orders.stopping = true;
        quietly(async () => (await starting).stop(timeout));
      },
      abort(signalled: number): void {
        code = signalled;
        quietly(async () => {
          const started = await starting;
          started.abort();
          setTimeout(() => {
            log("warning", `${started.connections} connections were left with a filter at work`);
            resolve(code);
          }, grace);
        });
      },
    };
    // An error of the start is the caller's, and told once.
    const quietly = (work: () => Promise<void>) => void work().catch(() => {});
    obey(orders);
    const starting = start();
    starting.then((started) => started.finished.then(() => resolve(code)), reject);
  });
}

/**
 * SIGTERM stops, SIGINT and a second SIGTERM abort; SIGHUP reloads, or stops where there is nothing to reload.
 *
 * @param orders what can be ordered
 * @param stopTimeout how long connections between messages go on, in milliseconds
 * @param reload reads the configuration anew
 */
export function obeySignals(orders: Orders, stopTimeout: number, reload?: () => void): void {
  process.on(
    "SIGTERM",
    () => orders.stopping ? orders.abort(EXIT_CODES.terminated) : orders.stop(stopTimeout),
  );
  process.on("SIGHUP", reload ?? (() => orders.stop(stopTimeout)));
  process.on("SIGINT", () => orders.abort(EXIT_CODES.interrupted));
}

/** The same orders, of which somebody is told before they are carried out. */
export function toldFirst(orders: Orders, tell: () => void): Orders {
  return {
    get stopping() {
      return orders.stopping;
    },
    stop(timeout) {
      tell();
      orders.stop(timeout);
    },
    abort(code) {
      tell();
      orders.abort(code);
    },
  };
}
