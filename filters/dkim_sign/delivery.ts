/**
 * What MTAs do to a message when they deliver it, after all filters: a signature must cover what arrives.
 *
 * As observed in Postfix 3.7 and Sendmail 8.17: both break long lines, in the header and in the body. Sendmail rewrites
 * address fields, adds missing fields, and removes some.
 *
 * @module
 */
import { latin1 } from "../../lib/auth/bytes.ts";
import type { MtaKind } from "../../lib/message/mta.ts";
import { SENDMAIL_ADDRESS_FIELDS, sendmailAddresses } from "./sendmail_addresses.ts";

/**
 * The maximum number of bytes of a line, without its CRLF: Postfix's `smtp_line_length_limit`, and the `L=` of
 * Sendmail's mailer for SMTP.
 */
export const LINE_LIMITS: Readonly<Record<MtaKind, number>> = { postfix: 998, sendmail: 990 };

const NAMES: Readonly<Record<MtaKind, string>> = { postfix: "Postfix", sendmail: "Sendmail" };

/** The MTA, and what matters of its configuration and of ours. */
export interface Delivery {
  readonly mta: MtaKind;
  /** The maximum number of bytes of a line without its CRLF. */
  readonly lineLimit: number;
  /** Whether the header is signed with its white space unchanged. */
  readonly isSimple: boolean;
}

/** The fields that Sendmail removes, in addition to those that are never signed. */
const TAKEN_OUT: ReadonlySet<string> = new Set(["full-name"]);
/** The fields that Sendmail adds if they are missing. */
const ADDED: readonly string[] = ["date", "from", "message-id"];
/** The fields that Sendmail adds if the message has any Resent-* field. */
const ADDED_AGAIN: readonly string[] = ["resent-date", "resent-from", "resent-message-id"];
/** Sendmail folds several addresses so that a line stays below 78. */
const UNFOLDED = 70;

/** A field as it will arrive, or why that is unknown. */
export type DeliveredValue = { readonly value: Uint8Array } | { readonly problem: string };

/**
 * Predicts how a header field will be delivered.
 *
 * @param name the name, as it is written
 * @param value everything after the colon, with LF or CRLF between lines
 * @param delivery the MTA
 * @returns the value to sign; or a clause that says what unpredictable change the MTA will make
 */
export function deliveredValue(name: string, value: Uint8Array, delivery: Delivery): DeliveredValue {
  const key = name.toLowerCase();
  if (delivery.mta === "sendmail") {
    if (TAKEN_OUT.has(key)) return { problem: `Sendmail takes out ${name}` };
    if (SENDMAIL_ADDRESS_FIELDS.has(key)) return writtenAnew(name, value, delivery.isSimple);
  }
  const longest = longestLine(name.length + 1, value);
  if (longest <= delivery.lineLimit) return { value };
  return { problem: `${name} has a ${longLineText(longest, delivery)}` };
}

function writtenAnew(name: string, value: Uint8Array, isSimple: boolean): DeliveredValue {
  const text = latin1(value);
  const written = sendmailAddresses(text);
  if (written === undefined) return { problem: `Sendmail may rewrite the addresses in ${name}` };
  if (!isSimple) return { value: Uint8Array.from(written, (character) => character.charCodeAt(0)) };
  const isOne = !written.includes(", ");
  const isKept = /^ +[^ \t\r\n]/.test(text) && written.trimStart() === text.trimStart() &&
    (isOne || name.length + text.length < UNFOLDED);
  return isKept
    ? { value }
    : { problem: `Sendmail writes ${name} anew, which --canonicalization simple does not allow` };
}

/** Describes a line that is too long: `line of 1200 bytes, and Postfix breaks those of more than 998`. */
export function longLineText(bytes: number | undefined, { mta, lineLimit }: Delivery): string {
  const length = bytes === undefined ? "line" : `line of ${bytes} bytes`;
  return bytes === undefined
    ? `${length} of more than ${lineLimit} bytes, which ${NAMES[mta]} breaks`
    : `${length}, and ${NAMES[mta]} breaks those of more than ${lineLimit}`;
}

/**
 * Finds a field whose absence would be signed, and which Sendmail adds.
 *
 * @param present whether there is a field with a name in lower case
 * @param oversigned the names that are signed once more than they are there, in lower case
 * @param mta the MTA
 * @returns a clause; undefined if there is none
 */
export function addedLater(
  present: ReadonlySet<string>,
  oversigned: Iterable<string>,
  mta: MtaKind,
): string | undefined {
  if (mta !== "sendmail") return undefined;
  const isResent = [...present].some((name) => name.startsWith("resent-"));
  const added = [...ADDED, ...(isResent ? ADDED_AGAIN : [])].filter((name) => !present.has(name));
  const name = [...oversigned].find((each) => added.includes(each));
  return name === undefined
    ? undefined
    : `Sendmail adds the missing ${name}, whose absence --oversign would sign`;
}

/** The bytes of the longest line of a field, without line ends. */
function longestLine(before: number, value: Uint8Array): number {
  let longest = 0;
  let length = before;
  for (let start = 0;;) {
    const end = value.indexOf(0x0a, start);
    if (end < 0) return Math.max(longest, length + value.length - start);
    const isCrlf = end > start && value[end - 1] === 0x0d;
    longest = Math.max(longest, length + end - start - (isCrlf ? 1 : 0));
    length = 0;
    start = end + 1;
  }
}
