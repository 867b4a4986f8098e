/**
 * The state of a chain for the current message.
 *
 * @module
 */

import type { EnvelopeAddress, EnvelopeChange } from "../message/envelope.ts";
import { HeaderList } from "../message/header_list.ts";
import { KeptContent } from "../message/kept_content.ts";
import type { MtaKind } from "../message/mta.ts";
import type { Spool, SpoolPool } from "../message/spool.ts";
import type { FilterInstance } from "./filter_instance.ts";
import type { MessageInfo } from "./participant_info.ts";
import { LabelSet } from "../filter/labels.ts";
import type { FilterNote } from "../filter/report.ts";
import type { ResultList } from "../filter/results.ts";
import type { Verdict } from "../filter/verdict.ts";

/** The current message. Must be closed. */
export class MessageState implements MessageInfo {
  /** The MTA that it comes from. */
  readonly mta: MtaKind;
  sender: EnvelopeAddress | undefined;
  readonly recipients: EnvelopeAddress[] = [];
  /** The header: first as received, then with each filter's changes. */
  readonly headers: HeaderList;
  /** The number of fields and bytes in the header as received, and the bytes of the recipients. */
  headerFields = 0;
  headerBytes = 0;
  recipientBytes = 0;
  /** When its sender came, by the chain's clock, in milliseconds; 0 if messages are not reported. */
  readonly began: number;
  /** The verdict that ended it, which is also the answer to all further events of this message. */
  verdict: Verdict | undefined;
  /** Whether it has been determined which filters are live and which wait. */
  planned = false;
  /** The body, kept for filters that wait for it; undefined if none does. */
  body: Spool | undefined;
  /** Whether `body` is a new body, which must also be sent to the MTA. */
  bodyReplaced = false;
  /** Why the body could not be kept. */
  lost: unknown;
  /** Why to quarantine it. */
  quarantine: string | undefined;
  /** All changes to the envelope, in order. */
  readonly envelope: EnvelopeChange[] = [];
  /** The last refusal of a recipient, and the filter that gave it. */
  refusal: { readonly verdict: Verdict; readonly by: FilterInstance } | undefined;
  results: ResultList | undefined;
  /** What the filters answered and did, for the log. */
  readonly notes: FilterNote[] = [];
  readonly labels: LabelSet = new LabelSet();
  lastId?: string | null;
  /** The bytes of the body that have arrived so far, and whether the MTA was told to skip the rest. */
  bodyBytes = 0;
  bodySkipped = false;
  /** Whether the MTA has sent all that it will send of it. */
  complete = false;

  /** The content as last read by a filter. */
  #content: KeptContent | undefined;

  /**
   * @param mta the MTA that it comes from
   * @param began when its sender came, in milliseconds
   */
  constructor(mta: MtaKind, began: number) {
    this.mta = mta;
    this.began = began;
    this.headers = new HeaderList(mta);
  }

  /** Starts keeping the body for filters that wait for it. */
  keepBody(pool: SpoolPool): void {
    this.body ??= pool.create();
  }

  /** Keeps a chunk of the body, if a filter waits for it. If that fails, the filters that wait for it fail. */
  keep(chunk: Uint8Array): void | Promise<void> {
    return this.body?.push(chunk)?.catch((error) => {
      this.lost = error;
      this.close();
    });
  }

  /** Replaces the body. */
  replaceBody(body: Spool): void {
    this.body?.close();
    this.body = body;
    this.bodyReplaced = true;
  }

  /**
   * The kept body, with what filters have read of its structure.
   *
   * @param isOver whether nobody waits for the message any more
   * @throws {Error} if it is not kept
   */
  content(isOver: () => boolean): KeptContent {
    if (!this.body) throw new Error("The body is not kept");
    return this.#content = this.#content?.isOf(this.body, this.headers)
      ? this.#content
      : new KeptContent(this.body, this.headers, isOver);
  }

  /** Releases the kept body. */
  close(): void {
    this.body?.close();
    this.body = undefined;
  }
}
