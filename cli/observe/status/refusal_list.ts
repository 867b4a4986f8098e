/**
 * Keeps the last refused messages, recipients and connections, cut to what a page can show.
 *
 * @module
 */

import { startOf } from "./figures.ts";
import type { Refusal } from "../mail_counts.ts";

/** The number of refusals to keep. */
export const KEPT_REFUSALS = 50;
/** The most characters of a text to keep; a sender may be as long as a packet. */
const KEPT_TEXT = 300;
/** The most recipients of a message to keep. */
const KEPT_RECIPIENTS = 5;

/** A refusal, cut to size. */
export interface KeptRefusal extends Refusal {
  /** The number of recipients that were cut off. */
  readonly moreRecipients: number;
}

/** Keeps the last refusals. */
export class RefusalList {
  #kept: KeptRefusal[] = [];

  /** Adds refusals. Sorts them, since they may come from several processes. */
  add(refusals: readonly Refusal[]): void {
    if (refusals.length === 0) return;
    this.#kept.push(...refusals.slice(-KEPT_REFUSALS).map(cut));
    this.#kept = this.#kept.sort((a, b) => a.at - b.at).slice(-KEPT_REFUSALS);
  }

  /** Forgets all of them. */
  forget(): void {
    this.#kept = [];
  }

  /** The refusals, newest first. */
  get newestFirst(): readonly KeptRefusal[] {
    return this.#kept.toReversed();
  }
}

function cut(refusal: Refusal): KeptRefusal {
  const { queueId, client, sender, recipients, reply } = refusal;
  return {
    ...refusal,
    queueId: cutText(queueId),
    client: cutText(client),
    sender: cutText(sender),
    recipients: recipients.slice(0, KEPT_RECIPIENTS).map((recipient) => cutText(recipient)!),
    moreRecipients: Math.max(0, recipients.length - KEPT_RECIPIENTS),
    reply: cutText(reply),
  };
}

function cutText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : startOf(text, KEPT_TEXT);
}
