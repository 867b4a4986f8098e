/**
 * Finds out to which message of a connection a packet from the MTA belongs.
 *
 * @module
 */

import { Command } from "../../../lib/protocol/constants.ts";
import { describePacket } from "../../../lib/protocol/describe_packet.ts";
import { eventOf, MESSAGE_EVENTS } from "../../../lib/protocol/events.ts";

/** Counts the messages of a connection. */
export class MessageCounter {
  /** Number of messages so far. */
  messages = 0;
  /** The queue id of each message by its number. Postfix sends it late in a message. */
  readonly queueIds: Map<number, string> = new Map();
  #stage: "none" | "macros" | "events" = "none";

  /**
   * Takes a packet from the MTA.
   *
   * @returns the number of the message that it belongs to; 0 outside of a message
   */
  take(command: number, payload: Uint8Array): number {
    switch (command) {
      case Command.MACRO:
        return this.#macros(payload);
      case Command.MAIL:
        // MAIL inside a message begins another: Postfix sends no ABORT after a rejected DATA.
        if (this.#stage !== "macros") this.messages++;
        this.#stage = "events";
        return this.messages;
      case Command.CONNECT:
      case Command.HELO:
      case Command.QUIT:
      case Command.QUIT_NC:
        this.#stage = "none";
        return 0;
      case Command.ABORT:
      case Command.BODYEOB: {
        const message = command === Command.BODYEOB || this.#stage !== "none" ? this.#current() : 0;
        this.#stage = "none";
        return message;
      }
      default:
        if (!isOfMessage(command)) return this.#stage === "none" ? 0 : this.messages;
        return this.#current();
    }
  }

  #macros(payload: Uint8Array): number {
    const [command] = payload;
    if (command === undefined || !isOfMessage(command)) return this.#stage === "none" ? 0 : this.messages;
    if (command === Command.MAIL && this.#stage === "events") this.#stage = "none";
    // MAIL itself may be missing, if the milter does not want it.
    if (this.#stage === "none") {
      this.messages++;
      this.#stage = command === Command.MAIL ? "macros" : "events";
    }
    const { fields } = describePacket("mta", Command.MACRO, payload);
    const id = (fields.macros as Record<string, string> | undefined)?.i;
    if (id) this.queueIds.set(this.messages, id);
    return this.messages;
  }

  #current(): number {
    if (this.#stage === "none") this.messages++;
    this.#stage = "events";
    return this.messages;
  }
}

/** Whether a packet is of a message, from MAIL to its end. */
function isOfMessage(command: number): boolean {
  return ((eventOf(command)?.bit ?? 0) & MESSAGE_EVENTS) !== 0;
}
