/**
 * The last messages, recipients and connections that were not taken, cut to what a page can show.
 *
 * @module
 */

import { startOf } from "./figures.ts";
import type { Refusal } from "../mail_counts.ts";

/** How many are kept. */
export const KEPT_REFUSALS = 50;
/** Characters of a text that are kept; a sender may be as long as a packet. */
const KEPT_TEXT = 300;
/** Recipients of a message that are kept. */
const KEPT_RECIPIENTS = 5;

/** One of them, as it is kept. */
export interface KeptRefusal extends Refusal {
  /** How many recipients there are beyond those that are kept. */
  readonly moreRecipients: number;
}

/** Keeps the last ones. */
export class RefusalList {
  #kept: KeptRefusal[] = [];

  /** Adds some. They may come from several processes, so that they are sorted here. */
  add(refusals: readonly Refusal[]): void {
    if (refusals.length === 0) return;
    this.#kept.push(...refusals.slice(-KEPT_REFUSALS).map(cut));
    this.#kept = this.#kept.sort((a, b) => a.at - b.at).slice(-KEPT_REFUSALS);
  }

  /** All that are kept. */
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
