/**
 * Plays the MTA's side of a recorded connection to a milter, as far as an MTA would go with the new answers.
 *
 * @module
 */

import { Command, Reply } from "../../../lib/protocol/constants.ts";
import type { EventSpec } from "../../../lib/protocol/events.ts";
import { answersEvent, scopeOfPacket, type Terms, wantsEvent } from "../../../lib/protocol/exchanges.ts";
import { decode, replies } from "../../../lib/protocol/codec.ts";
import { verdictOf, verdictScope } from "../../../lib/protocol/verdict_scope.ts";
import { FrameWriter } from "../../../lib/protocol/frame_writer.ts";
import type { SplitPacket } from "../../../lib/protocol/packet_splitter.ts";
import { adaptedPackets } from "./adapted_step.ts";
import type { MilterLink } from "./milter_link.ts";
import type { RecordedAnswer, RecordedConnection, RecordedStep } from "./recording.ts";

/** One recorded packet in the replay. */
export interface PlayedStep {
  /** The packet, with its answer in the trace. */
  readonly step: RecordedStep;
  /** Whether it was sent: the milter may not want the event. */
  readonly sent: boolean;
  /** The answer in the replay; undefined if none is due. */
  readonly now: RecordedAnswer | undefined;
  /** What is not played because of that answer: the rest of the message or of the connection. */
  readonly leftOut: "nothing" | "message" | "connection";
}

/** One recorded connection in the replay. */
export interface PlayedConnection {
  /** The packets that can be answered, in order. */
  readonly answers: readonly PlayedStep[];
  /** What the milter sent when no answer was due. */
  readonly unsolicited: readonly SplitPacket[];
  /** What was negotiated; undefined if that failed. */
  readonly terms: Terms | undefined;
}

/**
 * Plays a connection.
 *
 * @param recorded the connection
 * @param link a new connection to the milter; it is closed at the end
 */
export async function playConnection(
  recorded: RecordedConnection,
  link: MilterLink,
): Promise<PlayedConnection> {
  const player = new Player(recorded, link);
  try {
    await player.play();
  } finally {
    await link.close();
  }
  return { answers: player.played, unsolicited: link.unsolicited, terms: player.terms };
}

class Player {
  readonly played: PlayedStep[] = [];
  terms: Terms | undefined;
  readonly #recorded: RecordedConnection;
  readonly #link: MilterLink;
  /** The message whose rest is not played; 0 for none. */
  #endedMessage = 0;
  /** The message of which the milter wants no more body; 0 for none. */
  #skippedBody = 0;
  /** Whether the milter has given its final answer for this SMTP client. */
  #clientEnded = false;
  #over = false;
  /** Recipients of a message: how many are refused only in the replay, and how many accepted. */
  #recipients = { message: 0, refused: 0, accepted: 0 };

  constructor(recorded: RecordedConnection, link: MilterLink) {
    this.#recorded = recorded;
    this.#link = link;
  }

  async play(): Promise<void> {
    for (const step of this.#recorded.steps) {
      if (this.#over) return;
      if (this.#clientEnded && step.command !== Command.QUIT && step.command !== Command.QUIT_NC) continue;
      if (step.message > 0 && step.message === this.#endedMessage) continue;
      await this.#step(step);
    }
  }

  async #step(step: RecordedStep): Promise<void> {
    if (step.command === Command.OPTNEG) return await this.#negotiate(step);
    if (step.command === Command.QUIT_NC) this.#clientEnded = false;
    if (step.event === undefined) return await this.#link.send(step.bytes);
    if (!wantsEvent(step.event, this.terms!) || this.#isSkipped(step)) {
      this.played.push({ step, sent: false, now: undefined, leftOut: "nothing" });
      return;
    }
    if (await this.#endsForLackOfRecipients(step)) return;
    await this.#ask(step, step.event);
  }

  async #negotiate(step: RecordedStep): Promise<void> {
    await this.#link.send(step.bytes);
    const now = await this.#link.answer();
    const packet = now.packets.at(-1);
    if (packet?.command === Reply.OPTNEG && now.end === undefined) {
      try {
        this.terms = decode(replies.optneg, packet.payload, 0, packet.payload.length);
      } catch {
        // Without terms, the connection is not played on.
      }
    }
    this.#over = this.terms === undefined;
    this.#report(step, now, this.#over ? "connection" : "nothing");
  }

  #isSkipped({ command, message }: RecordedStep): boolean {
    return command === Command.BODY && message === this.#skippedBody;
  }

  async #ask(step: RecordedStep, event: EventSpec): Promise<void> {
    const terms = this.terms!;
    let now: RecordedAnswer | undefined;
    for (const bytes of adaptedPackets(step, this.#recorded.terms, terms)) {
      await this.#link.send(bytes);
      if (!answersEvent(event, terms)) continue;
      now = await this.#link.answer();
      if (now.end !== undefined || now.packets.at(-1)!.command !== Reply.CONTINUE) break;
    }
    if (now === undefined) return this.#report(step, now);
    if (event.name === "rcpt") this.#countRecipient(step, now);
    if (now.end === undefined && now.packets.at(-1)!.command === Reply.SKIP) this.#skippedBody = step.message;
    await this.#goOnBy(step, event, now);
  }

  /** Follows the trace as long as an MTA could with this verdict, and otherwise ends what an MTA would end. */
  async #goOnBy(step: RecordedStep, event: EventSpec, now: RecordedAnswer): Promise<void> {
    const scope = now.end === undefined ? scopeOf(event, now) : "connection";
    const then = step.outcome && step.outcome.end === undefined ? scopeOf(event, step.outcome) : "nothing";
    // A recipient more or less changes nothing in what an MTA says next, as long as one is left.
    if (scope === "nothing" || scope === "recipient" || (scope === then && now.end === undefined)) {
      return this.#report(step, now);
    }
    if (scope === "message" && event.name === "eom") return this.#report(step, now);
    if (scope === "message") await this.#endMessage(step.message);
    else if (now.end === undefined) this.#clientEnded = true;
    else this.#over = true;
    this.#report(step, now, scope);
  }

  async #endMessage(message: number): Promise<void> {
    this.#endedMessage = message;
    const writer = new FrameWriter();
    writer.empty(Command.ABORT);
    await this.#link.send(writer.take());
  }

  #countRecipient({ message, outcome }: RecordedStep, now: RecordedAnswer): void {
    if (this.#recipients.message !== message) this.#recipients = { message, refused: 0, accepted: 0 };
    if (refuses(now) && !refuses(outcome)) this.#recipients.refused++;
    if (!refuses(now)) this.#recipients.accepted++;
  }

  /** Ends the message if every recipient is refused in the replay, not in the trace: an MTA would send no content. */
  async #endsForLackOfRecipients({ command, message }: RecordedStep): Promise<boolean> {
    const { refused, accepted, message: counted } = this.#recipients;
    const isContent = command !== Command.RCPT && command !== Command.MAIL && command !== Command.UNKNOWN;
    if (!isContent || counted !== message || accepted > 0 || refused === 0) return false;
    await this.#endMessage(message);
    return true;
  }

  #report(
    step: RecordedStep,
    now: RecordedAnswer | undefined,
    leftOut: PlayedStep["leftOut"] = "nothing",
  ): void {
    this.played.push({ step, sent: true, now, leftOut });
  }
}

function scopeOf(event: EventSpec, { packets }: RecordedAnswer): ReturnType<typeof scopeOfPacket> {
  const { command, payload } = packets.at(-1)!;
  return scopeOfPacket(event.name, command, payload);
}

/** Whether an answer to RCPT refuses the recipient. */
function refuses(outcome: RecordedAnswer | undefined): boolean {
  const command = outcome?.packets.at(-1)?.command;
  const verdict = command === undefined ? undefined : verdictOf(command);
  return verdict !== undefined && verdictScope("rcpt", verdict) === "recipient";
}
