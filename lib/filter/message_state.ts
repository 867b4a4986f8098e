/**
 * What a chain knows of the message at hand.
 *
 * @module
 */

import type { EnvelopeAddress, EnvelopeChange } from "../message/envelope.ts";
import { HeaderList } from "../message/header_list.ts";
import type { MessageInfo } from "./link.ts";
import type { FilterNote } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/** The message at hand. */
export class MessageState implements MessageInfo {
  sender: EnvelopeAddress | undefined;
  readonly recipients: EnvelopeAddress[] = [];
  /** The header, first as it came, then after each filter's changes. */
  readonly headers: HeaderList = new HeaderList();
  /** When its sender came, in milliseconds of `performance.now`. */
  readonly began: number = performance.now();
  /** The verdict that ended it; whatever else comes of this message gets it too. */
  verdict: Verdict | undefined;
  /** Whether it was worked out who is live and who waits. */
  planned = false;
  /** The body, kept for those who wait; undefined where nobody does. */
  body: Uint8Array[] | undefined;
  /** Whether that is a new body, for the MTA too. */
  bodyReplaced = false;
  /** Why it is to be held. */
  quarantine: string | undefined;
  /** All changes of the envelope, in order. */
  readonly envelope: EnvelopeChange[] = [];
  /** What the filters said and did, for the log. */
  readonly notes: FilterNote[] = [];
}
