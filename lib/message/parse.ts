/**
 * From a message as a file has it to what an MTA tells a filter of it, and back.
 *
 * @module
 */

import { joined, withCrlf } from "./body.ts";
import { HeaderField } from "./header.ts";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;

/** A message in its parts. */
export interface ParsedMessage {
  /** The header, values verbatim; LF between folded lines. */
  readonly header: readonly HeaderField[];
  /** The body, with CRLF line ends. */
  readonly body: Uint8Array;
}

/**
 * Takes a message apart as an MTA does: line ends become CRLF; the first line that can be no header begins the body,
 * after an empty line if there is one.
 *
 * @param message the bytes of the file
 */
export function parseMessage(message: Uint8Array): ParsedMessage {
  const header: HeaderField[] = [];
  let at = 0;
  while (at < message.length) {
    const start = at;
    let end = lineEnd(message, at);
    const colon = message.indexOf(COLON, start);
    if (colon < 0 || colon >= end.text || colon === start || !isName(message, start, colon)) {
      if (end.text === start) at = end.next;
      break;
    }
    const value: number[] = [];
    let from = colon + 1;
    while (true) {
      for (let i = from; i < end.text; i++) value.push(message[i]);
      at = end.next;
      if (message[at] !== SPACE && message[at] !== TAB) break;
      value.push(LF);
      from = at;
      end = lineEnd(message, at);
    }
    header.push(HeaderField.of(message.subarray(start, colon), Uint8Array.from(value), true));
  }
  return { header, body: withCrlf([message.subarray(at)]) };
}

/** Puts a message together again. */
export function formatMessage({ header, body }: ParsedMessage): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of header) {
    parts.push(field.nameBytes, Uint8Array.of(COLON), withCrlf([field.rawValueBytes]), Uint8Array.of(CR, LF));
  }
  parts.push(Uint8Array.of(CR, LF), body);
  return joined(parts);
}

function isName(message: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (message[i] <= SPACE || message[i] > 0x7e) return false;
  return true;
}

function lineEnd(message: Uint8Array, at: number): { text: number; next: number } {
  const lf = message.indexOf(LF, at);
  if (lf < 0) return { text: message.length, next: message.length };
  return { text: lf > at && message[lf - 1] === CR ? lf - 1 : lf, next: lf + 1 };
}
