/**
 * What a filter answered then, against what it answers now.
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

/** One thing that is not as it was. */
export interface Difference {
  /** The number of the connection in the trace. */
  readonly connection: number;
  /** The number of the message on that connection, from 1; absent outside of one. */
  readonly message?: number;
  /** The message's queue id, where a macro told it. */
  readonly queueId?: string;
  /** The event's name, such as `mail`, `eom`, `negotiate`. */
  readonly event: string;
  /** The event in words, such as `RCPT <b@example.org>`. */
  readonly subject: string;
  /** What it is about: a part of the negotiation, the verdict, or changes of the message. */
  readonly about: string;
  /** How it was; null for a change that was not there. */
  readonly recorded: string | null;
  /** How it is; null for a change that is not there. */
  readonly now: string | null;
  /** What of the recording was not played because of it. */
  readonly leftOut?: "message" | "connection";
}

/**
 * Compares.
 *
 * @param recorded the connection
 * @param played what came of it
 * @param ignored names of header fields, in lower case, whose changes do not count
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

/** Packets of the filter's where no answer was due. */
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
  // What the MTA did not wait for cannot be compared.
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

/** Whether header values stand behind the colon as they are. */
function isVerbatim(terms: Terms | undefined): boolean {
  return ((terms?.protocol ?? 0) & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
}

function isTerms(outcome: RecordedAnswer | undefined): boolean {
  return outcome?.end === undefined && outcome?.packets.at(-1)?.command === Reply.OPTNEG;
}
