/**
 * What a chain knows of the message at hand.
 *
 * @module
 */

import type { EnvelopeAddress, EnvelopeChange } from "../message/envelope.ts";
import { HeaderList } from "../message/header_list.ts";
import type { MtaKind } from "../message/mta.ts";
import type { Spool, SpoolPool } from "../message/spool.ts";
import type { FilterInstance } from "./filter_instance.ts";
import type { MessageInfo } from "./participant_info.ts";
import type { FilterNote } from "../filter/report.ts";
import type { Verdict } from "../filter/verdict.ts";

/** The message at hand. To be closed. */
export class MessageState implements MessageInfo {
  /** The MTA that it comes from. */
  readonly mta: MtaKind;
  sender: EnvelopeAddress | undefined;
  readonly recipients: EnvelopeAddress[] = [];
  /** The header, first as it came, then after each filter's changes. */
  readonly headers: HeaderList;
  /** Fields and bytes of the header as it came, and bytes of the recipients. */
  headerFields = 0;
  headerBytes = 0;
  recipientBytes = 0;
  /** When its sender came, by the chain's clock; 0 where nobody wants to know. */
  readonly began: number;
  /** The verdict that ended it; whatever else comes of this message gets it too. */
  verdict: Verdict | undefined;
  /** Whether it was worked out who is live and who waits. */
  planned = false;
  /** The body, kept for those who wait; undefined where nobody does. */
  body: Spool | undefined;
  /** Whether that is a new body, for the MTA too. */
  bodyReplaced = false;
  /** Why the body could not be kept. */
  lost: unknown;
  /** Why it is to be held. */
  quarantine: string | undefined;
  /** All changes of the envelope, in order. */
  readonly envelope: EnvelopeChange[] = [];
  /** The refusal of a recipient that came last, and whose it was. */
  refusal: { readonly verdict: Verdict; readonly by: FilterInstance } | undefined;
  /** What the filters said and did, for the log. */
  readonly notes: FilterNote[] = [];

  /**
   * @param mta the MTA that it comes from
   * @param began when its sender came
   */
  constructor(mta: MtaKind, began: number) {
    this.mta = mta;
    this.began = began;
    this.headers = new HeaderList(mta);
  }

  /** Begins to keep the body for those who wait. */
  keepBody(pool: SpoolPool): void {
    this.body ??= pool.create();
  }

  /** Keeps a piece of the body, where anybody waits for it. Where that fails, those who wait will fail. */
  keep(chunk: Uint8Array): void | Promise<void> {
    return this.body?.push(chunk)?.catch((error) => {
      this.lost = error;
      this.close();
    });
  }

  /** Puts a new body in the place of the one that there is. */
  replaceBody(body: Spool): void {
    this.body?.close();
    this.body = body;
    this.bodyReplaced = true;
  }

  /** Lets go of what is kept. */
  close(): void {
    this.body?.close();
    this.body = undefined;
  }
}
