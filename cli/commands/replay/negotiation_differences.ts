/**
 * Compares what a milter negotiates in a replay with what it negotiated in the trace.
 *
 * @module
 */

import { describePacket } from "../../../lib/protocol/describe_packet.ts";
import type { RecordedAnswer } from "./recording.ts";

/** A part of the terms that differs. */
export interface NegotiationDifference {
  /** `version`, `actions`, `protocol`, or the macros of a stage. */
  readonly about: string;
  readonly recorded: string;
  readonly now: string;
}

/** Terms as plain data. */
export interface PlainTerms {
  readonly version: number;
  readonly actions: readonly string[];
  readonly protocol: readonly string[];
  readonly macros: Readonly<Record<string, string>>;
}

/** Reads the terms from the answer to a negotiation. */
export function plainTerms({ packets }: RecordedAnswer): PlainTerms {
  const { command, payload } = packets.at(-1)!;
  const { fields } = describePacket("milter", command, payload);
  const { version = 0, actions = [], protocol = [], macros = {} } = fields as unknown as Partial<PlainTerms>;
  return { version, actions, protocol, macros };
}

/**
 * Finds what differs. Of actions and protocol, lists only the bits that differ.
 *
 * @param recorded the terms in the trace
 * @param now the terms in the replay
 */
export function negotiationDifferences(recorded: PlainTerms, now: PlainTerms): NegotiationDifference[] {
  const differences: NegotiationDifference[] = [];
  const compare = (about: string, then: string, after: string) => {
    if (then !== after) differences.push({ about, recorded: then || "none", now: after || "none" });
  };
  compare("version", String(recorded.version), String(now.version));
  for (const about of ["actions", "protocol"] as const) {
    const only = (a: readonly string[], b: readonly string[]) =>
      a.filter((bit) => !b.includes(bit)).join(" ");
    compare(about, only(recorded[about], now[about]), only(now[about], recorded[about]));
  }
  for (const stage of new Set([...Object.keys(recorded.macros), ...Object.keys(now.macros)])) {
    const listOf = ({ macros }: PlainTerms) =>
      macros[stage] === undefined ? "the MTA's own" : macros[stage] || "none";
    compare(`macros at ${stage}`, listOf(recorded), listOf(now));
  }
  return differences;
}
