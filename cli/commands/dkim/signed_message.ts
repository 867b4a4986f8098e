/**
 * Puts signatures on top of a message, which otherwise stays as it is, byte for byte.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { DkimSignature } from "../../../lib/auth/dkim/signer.ts";

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
/** RFC 5322 section 2.1.1. */
const MAX_LINE = 998;

const MAILBOX_LINE = Buffer.from("From ");

/**
 * The message with its signatures. They have the line ends of the message, and follow the first line of a file that was a
 * mailbox, which is no header field.
 *
 * @param message the message
 * @param signatures the top one first
 */
export function signedMessage(message: Uint8Array, signatures: readonly DkimSignature[]): Uint8Array {
  const firstEnd = message.indexOf(LF);
  const lineEnd = firstEnd > 0 && message[firstEnd - 1] === CR ? "\r\n" : "\n";
  const fields = signatures.map(({ value }) => `DKIM-Signature: ${value}\r\n`).join("");
  const top = Buffer.from(fields.replaceAll("\r\n", lineEnd), "latin1");
  const isMailbox = Buffer.compare(message.subarray(0, MAILBOX_LINE.length), MAILBOX_LINE) === 0;
  const at = isMailbox ? firstEnd + 1 : 0;
  return Buffer.concat([message.subarray(0, at), top, message.subarray(at)]);
}

/** A line that mail servers change on its way. */
export interface ChangedLine {
  /** Counted from 1. */
  readonly line: number;
  /** What it has, such as `a NUL byte`. */
  readonly what: string;
}

/** The first line with a NUL, or with a CR that ends no line: servers remove or replace it, each in its own way. */
export function lineWithStrayByte(message: Uint8Array): ChangedLine | undefined {
  let line = 1;
  for (const [i, byte] of message.entries()) {
    if (byte === LF) line++;
    else if (byte === NUL) return { line, what: "a NUL byte" };
    else if (byte === CR && message[i + 1] !== LF) {
      return { line, what: "a carriage return that does not end the line" };
    }
  }
  return undefined;
}

/** The first line of more bytes than servers pass on (RFC 5322 section 2.1.1): they break it. */
export function longLine(message: Uint8Array): ChangedLine | undefined {
  let line = 1;
  for (let start = 0; start < message.length; line++) {
    const found = message.indexOf(LF, start);
    const end = found < 0 ? message.length : found;
    const length = end - start - (message[end - 1] === CR ? 1 : 0);
    if (length > MAX_LINE) return { line, what: `${length} bytes, more than ${MAX_LINE}` };
    start = end + 1;
  }
  return undefined;
}
