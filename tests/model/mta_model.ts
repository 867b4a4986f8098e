/**
 * A model of an MTA with one message: what it shows to a milter, and what it does with each packet of one.
 *
 * Written from the sources of the MTAs, with nothing of the library, which it is to judge.
 */
import type { MtaKind } from "../../lib/message/mta.ts";
import type { CaseMessage, Field } from "./case.ts";
import { PostfixModel } from "./postfix_model.ts";
import { SendmailModel } from "./sendmail_model.ts";

/** A place in a header, by which it stays the same whatever else is changed. */
export interface Place {
  name: string;
  /** What stands behind the colon; null where nothing stands here any more. */
  raw: string | null;
}

/** An MTA with a message. */
export interface MtaModel {
  /** Shows the header to a milter that wants it, which may stop. Sendmail loses the numbers of what is gone by this. */
  sendHeader(): Iterable<Place & Field>;
  /** What there is to be shown, without showing it. */
  visible(): (Place & Field)[];
  /** The body as it is shown to a milter. */
  sendBody(): string;
  /** The number that a milter must use for a field that it was shown; for one that is gone, maybe one beyond all. */
  numberOf(place: Place): number;

  /** `SMFIR_ADDHEADER` */
  addHeader(name: string, raw: string): Place;
  /** `SMFIR_INSHEADER` */
  insertHeader(index: number, name: string, raw: string): void;
  /** `SMFIR_CHGHEADER`, with nothing as the value to delete; gives the place that it came upon or made. */
  changeHeader(index: number, name: string, raw: string): Place | undefined;
  /** `SMFIR_CHGFROM` */
  changeFrom(address: string, args?: string): void;
  /** `SMFIR_ADDRCPT`, `SMFIR_ADDRCPT_PAR` */
  addRcpt(address: string, args?: string): void;
  /** `SMFIR_DELRCPT` */
  deleteRcpt(address: string): void;
  /** All the `SMFIR_REPLBODY` of one milter. */
  replaceBody(chunks: readonly string[]): void;
  /** `SMFIR_QUARANTINE` */
  quarantine(reason: string): void;
  /** Why the message is held; undefined where it is not. */
  readonly held: string | undefined;

  /** All that makes up the message now, a line for each thing. */
  lines(): string[];
  /** How many packets about the header lead here at least: one for each field changed, deleted or brought. */
  headerPacketsNeeded(): number;
}

/** An MTA that has just taken a message in. */
export function takeIn(mta: MtaKind, message: CaseMessage): MtaModel {
  return mta === "postfix" ? new PostfixModel(message) : new SendmailModel(message);
}
