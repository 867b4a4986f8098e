/**
 * Runs a server or workers until a signal or a parent process stops them.
 *
 * @module
 */

import process from "node:process";
import { log } from "../log/log.ts";
import { EXIT_CODES } from "../terminal/exit_codes.ts";

/** How long filters have after an abort before the process exits without them, in milliseconds. */
const ABORT_GRACE = 800;

/** A running server, or a running pool of workers. */
export interface Started {
  /** The number of open connections. */
  readonly connections: number;
  /** Settles when it has ended. */
  readonly finished: Promise<void>;
  /** Ends when its connections have; those between messages have `timeout` milliseconds. */
  stop(timeout: number): Promise<void>;
  /** Ends at once. */
  abort(): Promise<void>;
}

/** What a signal or a parent process can order. */
export interface Orders {
  /** Whether a stop was already ordered. */
  readonly stopping: boolean;
  /** Stops; connections between messages have `timeout` milliseconds. */
  stop(timeout: number): void;
  /** Aborts; the process ends with this exit code. */
  abort(code: number): void;
}

/**
 * Starts something and runs it until it is ordered to end. Orders may come before the start is complete.
 *
 * @param start starts it; the signal abandons the start, which may reject then
 * @param obey called with the orders, before the start
 * @param grace how long filters have after an abort before the process exits without them, in milliseconds
 * @returns the exit code
 */
export function runUntilStopped(
  start: (signal: AbortSignal) => Promise<Started>,
  obey: (orders: Orders) => void,
  grace: number = ABORT_GRACE,
): Promise<number> {
  return new Promise((resolve, reject) => {
    // An abort during a stop ends both, with the abort's exit code.
    let code = 0;
    const abandoned = new AbortController();
    const orders = {
      stopping: false,
      stop(timeout: number): void {
        if (orders.stopping) return;
        orders.stopping = true;
        abandoned.abort();
        quietly(async () => (await starting).stop(timeout));
      },
      abort(signalled: number): void {
        code = signalled;
        abandoned.abort();
        quietly(async () => {
          const started = await starting;
          started.abort();
          setTimeout(() => {
            const { connections } = started;
            log(
              "warning",
              connections === 0
                ? "exiting although a filter's dispose() has not finished"
                : `exiting with ${connections} connections whose filters are still running`,
            );
            resolve(code);
          }, grace);
        });
      },
    };
    // The caller gets an error of the start; do not report it twice.
    const quietly = (work: () => Promise<void>) => void work().catch(() => {});
    obey(orders);
    const starting = start(abandoned.signal);
    starting.then(
      (started) => started.finished.then(() => resolve(code)),
      (error) => abandoned.signal.aborted ? resolve(code) : reject(error),
    );
  });
}

/**
 * Handles signals: SIGTERM stops, SIGINT and a second SIGTERM abort, SIGHUP reloads, or stops if nothing can be reloaded.
 *
 * @param orders the orders to give
 * @param stopTimeout returns how long connections between messages stay open, in milliseconds
 * @param reload reloads the configuration; undefined if there is none
 */
export function obeySignals(orders: Orders, stopTimeout: () => number, reload?: () => void): void {
  process.on(
    "SIGTERM",
    () => orders.stopping ? orders.abort(EXIT_CODES.terminated) : orders.stop(stopTimeout()),
  );
  process.on("SIGHUP", reload ?? (() => orders.stop(stopTimeout())));
  process.on("SIGINT", () => orders.abort(EXIT_CODES.interrupted));
}

/** Tells load balancers and the service manager about a stop before it begins. */
export function announced(
  orders: Orders,
  monitor: { ending(): void },
  manager: { stopping(): void },
): Orders {
  const tell = () => {
    manager.stopping();
    monitor.ending();
  };
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
