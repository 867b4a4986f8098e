/**
 * What was measured.
 *
 * @module
 */

import type { EventName } from "../../../lib/protocol/constants.ts";
import type { FilterReply } from "../../../lib/protocol/mta_session.ts";
import { Histogram } from "./histogram.ts";

/** What can go wrong: nobody there, gone early, no answer in time, no milter's words. */
export type FaultKind = "cannot-connect" | "connection-lost" | "timeout" | "protocol";

/** A message that the filter decided about. */
export interface Finished {
  /** The event at which it was decided. */
  readonly event: EventName;
  /** The answer there. */
  readonly reply: FilterReply;
  /** How long it took, in milliseconds. */
  readonly latency: number;
  /** Bytes that were sent for it. */
  readonly bytes: number;
}

/** How often something was, and the first of it in words. */
export interface FaultCount {
  count: number;
  readonly first: string;
}

/** Counts and times of a run. */
export class Results {
  /** Messages that the filter decided about, and that count. */
  messages = 0;
  /** Bytes that were sent for them. */
  bytes = 0;
  /** Times of whole messages. */
  readonly latency: Histogram = new Histogram();
  /** Times from connecting to the end of negotiation; those before the measurement too. */
  readonly connecting: Histogram = new Histogram();
  /** How late messages were started though a connection was free: the generator's own doing. */
  readonly late: Histogram = new Histogram();
  /** How often messages were decided so, such as `reject 550 at rcpt`. */
  readonly verdicts: Map<string, number> = new Map();
  /** How often recipients were refused alone. */
  refusedRecipients = 0;
  /** How often each change was asked for. */
  readonly changes: Map<string, number> = new Map();
  /** What went wrong. */
  readonly faults: Map<FaultKind, FaultCount> = new Map();
  /** When the last message was decided; the same clock as the start. */
  ended = 0;

  /** Adds a message. */
  finish({ event, reply, latency, bytes }: Finished, now: number): void {
    this.messages++;
    this.bytes += bytes;
    this.latency.add(latency);
    this.ended = now;
    count(this.verdicts, `${verdictOf(reply)} at ${event}`);
  }

  /** Adds a change that the filter asked for. */
  change(type: string): void {
    count(this.changes, type);
  }

  /** Adds what went wrong. */
  fault(kind: FaultKind, what: string): void {
    const fault = this.faults.get(kind);
    if (fault) fault.count++;
    else this.faults.set(kind, { count: 1, first: what });
  }

  /** How often something went wrong. */
  get faultCount(): number {
    return [...this.faults.values()].reduce((sum, { count }) => sum + count, 0);
  }
}

/** `accept`, `reject`, or of an SMTP reply `reject 550` or `tempfail 451`: its text may be another each time. */
function verdictOf(reply: FilterReply): string {
  if (reply.type !== "reply") return reply.type;
  const { code } = reply.reply;
  return `${code >= 500 ? "reject" : "tempfail"} ${code}`;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
