/**
 * Compares a milter's answers in a replay with those in the trace.
 *
 * @module
 */

import { Command, ProtocolFlag, Reply } from "../../../lib/protocol/constants.ts";
import { describePacket } from "../../../lib/protocol/describe_packet.ts";
import type { Terms } from "../../../lib/protocol/exchanges.ts";
import type { SplitPacket } from "../../../lib/protocol/packet_splitter.ts";
import { packetText } from "../../traces/packet_text.ts";
import { changesOf, packetsText, verdictText } from "./answer_text.ts";
import { changeDifferences } from "./change_differences.ts";
import { negotiationDifferences, plainTerms } from "./negotiation_differences.ts";
import type { PlayedConnection, PlayedStep } from "./player.ts";
import type { RecordedAnswer, RecordedConnection } from "./recording.ts";

/** A difference between trace and replay. */
export interface Difference {
  /** The connection's number in the trace. */
  readonly connection: number;
  /** The message's number on that connection, from 1; absent outside of a message. */
  readonly message?: number;
  /** The message's queue id, if a macro contained it. */
  readonly queueId?: string;
  /** The event's name, such as `mail`, `eom`, `negotiate`. */
  readonly event: string;
  /** The event in words, such as `RCPT <b@example.org>`. */
  readonly subject: string;
  /** What differs: a part of the negotiation, the `verdict`, `changes` of the message, or `packets`. */
  readonly about: string;
  /** What the trace has; null for nothing. */
  readonly recorded: string | null;
  /** What the replay has; null for nothing. */
  readonly now: string | null;
  /** What was not played because of it: the rest of the message or of the connection. */
  readonly leftOut?: "message" | "connection";
}

/**
 * Compares the answers on a connection.
 *
 * @param recorded the connection in the trace
 * @param played the same connection in the replay
 * @param ignored names of header fields, in lower case, whose changes are ignored
 */
export function connectionDifferences(
  recorded: RecordedConnection,
  { answers, unsolicited, terms }: PlayedConnection,
  ignored: ReadonlySet<string>,
): Difference[] {
  const differences = answers.flatMap((each) => {
    const { step: { command, payload, message }, leftOut } = each;
    const description = describePacket("mta", command, payload);
    const queueId = recorded.queueIds.get(message);
    const place = {
      connection: recorded.number,
      ...(message > 0 ? { message } : {}),
      ...(queueId === undefined ? {} : { queueId }),
      event: command === Command.OPTNEG ? "negotiate" : description.name,
      subject: command === Command.OPTNEG ? "negotiation" : packetText("mta", description, payload, 0),
    };
    return answerDifferences(recorded.terms, terms, each, ignored).map((difference, i) => ({
      ...place,
      ...difference,
      ...(leftOut !== "nothing" && i === 0 ? { leftOut } : {}),
    }));
  });
  return [...differences, ...unsolicitedDifference(recorded, unsolicited)];
}

/** Compares the milter's packets for which no answer was due. */
function unsolicitedDifference(
  recorded: RecordedConnection,
  unsolicited: readonly SplitPacket[],
): Difference[] {
  const [then, now] = [packetsText(recorded.unsolicited), packetsText(unsolicited)];
  if (then === now) return [];
  return [{
    connection: recorded.number,
    event: "close",
    subject: "where no answer is due",
    about: "packets",
    recorded: then || null,
    now: now || null,
  }];
}

type Part = Pick<Difference, "about" | "recorded" | "now">;

function answerDifferences(
  termsThen: Terms | undefined,
  termsNow: Terms | undefined,
  { step, sent, now }: PlayedStep,
  ignored: ReadonlySet<string>,
): Part[] {
  const then = step.outcome;
  // The MTA did not wait for this answer, so there is nothing to compare.
  if (step.abandoned) return [];
  if (isTerms(then) && isTerms(now)) return negotiationDifferences(plainTerms(then!), plainTerms(now!));
  const parts: Part[] = changeDifferences(
    changesOf(then, isVerbatim(termsThen), ignored),
    changesOf(now, isVerbatim(termsNow), ignored),
  );
  const [before, after] = [verdictText(then, true), verdictText(now, sent)];
  if (before.identity !== after.identity) {
    parts.push({ about: "verdict", recorded: before.text, now: after.text });
  }
  return parts;
}

/** Whether header values follow the colon as they are. */
function isVerbatim(terms: Terms | undefined): boolean {
  return ((terms?.protocol ?? 0) & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
}

function isTerms(outcome: RecordedAnswer | undefined): boolean {
  return outcome?.end === undefined && outcome?.packets.at(-1)?.command === Reply.OPTNEG;
}
