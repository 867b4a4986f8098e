/**
 * Logs that the state does not answer: when it goes, each minute while it is away, and when it is back; at most one line a
 * minute that it is away, however often it comes and goes.
 *
 * @module
 */

import type { GuardEvents, OnStateError } from "../../../lib/store/guarded_store.ts";
import { Throttle } from "../../../lib/time/throttle.ts";
import { log } from "../../log/log.ts";

/** The least time between two lines that the state is away, in milliseconds. */
const QUIET = 60_000;

/** Learns what becomes of the state of a service. */
export interface OutageEvents extends GuardEvents {
  /** The service starts while the state does not answer. */
  atStart(reason: string): void;
}

/**
 * Returns what logs that the state does not answer.
 *
 * @param address the address of the state, without a password
 * @param onError what happens to mail meanwhile
 * @param write writes a line
 * @param now gives the time, in milliseconds
 */
export function outageLog(
  address: string,
  onError: OnStateError,
  write: typeof log = log,
  now: () => number = () => performance.now(),
): OutageEvents {
  const throttle = new Throttle(QUIET);
  /** How many outages began since the last line. */
  let untold = 0;
  /** Whether there was a line about this outage. */
  let isTold = false;
  const meanwhile = onError === "accept"
    ? "until it answers, each process counts for itself, in memory"
    : "until it answers, filters that need it defer mail";
  const tell = (reason: string): void => {
    if (throttle.due("away", now()) === undefined) return;
    const still = untold === 0 ? "still " : "";
    const before = untold > 1 ? `, as ${untold === 2 ? "once" : `${untold - 1} times`} before` : "";
    write("error", `the state at ${address} is ${still}unavailable${before}: ${reason}; ${meanwhile}`, {
      type: "state-away",
    });
    untold = 0;
    isTold = true;
  };
  return {
    atStart(reason) {
      if (throttle.due("start", now()) === undefined) return;
      const what = `the state at ${address} is unavailable: ${reason}; the service starts without it`;
      write("warning", what, { type: "state-away" });
    },
    away(reason) {
      untold++;
      isTold = false;
      tell(reason);
    },
    stillAway: tell,
    back(milliseconds, calls) {
      if (!isTold) return;
      const seconds = (milliseconds / 1000).toFixed(1);
      const what =
        `the state at ${address} answers again after ${seconds} s, in which ${calls} calls went without it`;
      write("info", what, { type: "state-back" });
    },
  };
}
