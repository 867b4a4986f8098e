/**
 * The results of a run: counts and times.
 *
 * @module
 */

import type { EventName } from "../../../lib/protocol/constants.ts";
import type { FilterAnswer } from "../../../lib/protocol/mta_session.ts";
import { Histogram } from "./histogram.ts";

/** Kinds of errors: nobody listens, the milter closed, no answer in time, not the milter protocol. */
export type FaultKind = "cannot-connect" | "connection-lost" | "timeout" | "protocol";

/** A message with a final answer. */
export interface Finished {
  /** The event at which the final answer came. */
  readonly event: EventName;
  /** The final answer. */
  readonly answer: FilterAnswer;
  /** From the start of the message to the final answer, in milliseconds. */
  readonly latency: number;
  /** Bytes sent for it. */
  readonly bytes: number;
}

/** How often an error occurred, and the message of the first. */
export interface FaultCount {
  count: number;
  readonly first: string;
}

/** Counts and times of a run. */
export class Results {
  /** Number of measured messages that the milter decided on. */
  messages = 0;
  /** Bytes sent for them. */
  bytes = 0;
  /** Times from the start of a message to its final answer. */
  readonly latency: Histogram = new Histogram();
  /** Times from connecting to the end of negotiation, including those of the warm-up. */
  readonly connecting: Histogram = new Histogram();
  /** How late messages started although a connection was free: the inaccuracy of the generator itself. */
  readonly late: Histogram = new Histogram();
  /** How often each final answer came, such as `reject 550 at rcpt`. */
  readonly verdicts: Map<string, number> = new Map();
  /** How many recipients were refused individually. */
  refusedRecipients = 0;
  /** How often the milter asked for each kind of change. */
  readonly changes: Map<string, number> = new Map();
  /** The errors by kind. */
  readonly faults: Map<FaultKind, FaultCount> = new Map();
  /** When the last final answer came, on the clock of `performance.now()`. */
  ended = 0;

  /** Adds a measured message. */
  finish({ event, answer, latency, bytes }: Finished, now: number): void {
    this.messages++;
    this.bytes += bytes;
    this.latency.add(latency);
    this.ended = now;
    count(this.verdicts, `${verdictText(answer)} at ${event}`);
  }

  /** Adds a change that the milter asked for. */
  change(type: string): void {
    count(this.changes, type);
  }

  /** Adds an error. */
  fault(kind: FaultKind, what: string): void {
    const fault = this.faults.get(kind);
    if (fault) fault.count++;
    else this.faults.set(kind, { count: 1, first: what });
  }

  /** Number of errors. */
  get faultCount(): number {
    return [...this.faults.values()].reduce((sum, { count }) => sum + count, 0);
  }
}

/** `accept`, `reject` and so on; an SMTP reply as `reject 550`, since its text may vary; a hang-up as `tempfail (shutdown)`. */
function verdictText({ verdict, reply, hangUp }: FilterAnswer): string {
  if (reply !== undefined) return `${verdict} ${reply.code}`;
  return hangUp === undefined ? verdict : `${verdict} (${hangUp})`;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
