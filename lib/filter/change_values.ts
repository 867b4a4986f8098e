/**
 * Checks the names, values, addresses and reasons of changes: the MTA must accept them, and none may start a new header.
 *
 * @module
 */

import { HeaderField } from "../message/header.ts";
import { MAX_DATA } from "../protocol/constants.ts";
import { toBytes } from "../protocol/text.ts";

/**
 * The maximum bytes of a field's name and value together: what fits in a packet of 65535 bytes beside the index and the
 * NULs.
 */
export const MAX_FIELD = MAX_DATA - 6;

/** A change that is invalid or not allowed. */
export class InvalidChangeError extends Error {
  override readonly name = "InvalidChangeError";
  /** Always `invalid-change`. */
  readonly code = "invalid-change";
  /** The offending value. */
  readonly value: unknown;

  /**
   * @param value the offending value
   * @param message one line that says what is wrong
   */
  constructor(value: unknown, message: string) {
    super(message);
    this.value = value;
  }
}

/** Returns the field if it fits in one packet; given a longer one, the MTA would drop the connection to the filter. */
export function fitting(field: HeaderField): HeaderField {
  const size = field.nameBytes.length + field.rawValueBytes.length;
  if (size <= MAX_FIELD) return field;
  throw new InvalidChangeError(
    size,
    `Cannot set header ${field.name} of ${size} bytes: at most ${MAX_FIELD}`,
  );
}

/** Checks that a value is a field. */
export function checkHandle(field: unknown): HeaderField {
  if (field instanceof HeaderField) return field;
  throw new InvalidChangeError(field, "Cannot change a header that is not there: want a field from headers");
}

/** Checks that a value is bytes. */
export function checkedBytes(bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  throw new InvalidChangeError(bytes, `Cannot use ${typeof bytes} as content: want text or bytes`);
}

function tooLong(text: string): boolean {
  return toBytes(text).length > MAX_FIELD;
}

/**
 * A header value with LF between its lines, each continuation line indented, and no NUL, so that no line of it can
 * start a new header field.
 */
export function headerValue(value: string | Uint8Array, indent: number): Uint8Array {
  const bytes = typeof value === "string" ? toBytes(value) : checkedBytes(value);
  if (bytes.includes(0)) throw new InvalidChangeError(value, "Cannot set a header value that holds NUL");
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes;
  const folded: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte !== undefined && byte !== 0x0a && byte !== 0x0d) {
      folded.push(byte);
      continue;
    }
    if (byte === 0x0d && bytes[i + 1] === 0x0a) i++;
    // A line end at the very end, or before another one, would leave an empty line.
    const next = bytes[i + 1];
    if (next === undefined || next === 0x0a || next === 0x0d) continue;
    folded.push(0x0a);
    if (next !== 0x20 && next !== 0x09) folded.push(indent);
  }
  return Uint8Array.from(folded);
}

/** A single-line address in angle brackets; `<>` if it is empty. */
export function path(address: string): string {
  if (typeof address !== "string" || hasControl(address) || tooLong(address)) {
    const reason = "want one line of text";
    throw new InvalidChangeError(address, `Cannot use address ${JSON.stringify(address)}: ${reason}`);
  }
  return address.startsWith("<") && address.endsWith(">") ? address : `<${address}>`;
}

/** An address in angle brackets, which must not be empty. */
export function filledPath(address: string): string {
  const checked = path(address);
  if (checked === "<>") throw new InvalidChangeError(address, "Cannot use an empty address as a recipient");
  return checked;
}

/** ESMTP arguments on one line that fit in a packet together with their address. */
export function checkedArgs(args: string | undefined, address: string): { args?: string } {
  if (args === undefined) return {};
  if (typeof args !== "string" || hasControl(args) || tooLong(address + args)) {
    const reason = "want one line of text that fits a packet with the address";
    throw new InvalidChangeError(args, `Cannot use ESMTP arguments ${JSON.stringify(args)}: ${reason}`);
  }
  return { args };
}

function hasControl(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f]/.test(text);
}

/** A reason to hold a message: one line of text. */
export function checkedReason(reason: string): string {
  if (typeof reason === "string" && reason !== "" && !hasControl(reason) && !tooLong(reason)) return reason;
  throw new InvalidChangeError(
    reason,
    `Cannot quarantine for ${JSON.stringify(reason)}: want one line of text`,
  );
}
