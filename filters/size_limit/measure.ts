/**
 * Measures a message, and tells which limits it exceeds.
 *
 * @module
 */

import type { HeaderField } from "../../lib/message/header.ts";
import { limitAndActual } from "./human_size.ts";

/** The limits that were set. */
export interface Limits {
  /** The maximum number of bytes of the message. */
  readonly size: number | undefined;
  /** The maximum number of bytes of all header fields together. */
  readonly headerBytes: number | undefined;
  /** The maximum number of header fields. */
  readonly headers: number | undefined;
}

/** A limit that was exceeded. */
export interface Excess {
  /** What was counted. */
  readonly what: keyof Limits;
  /** The actual number. */
  readonly actual: number;
  /** The limit. */
  readonly limit: number;
}

/** Counts what has arrived of one message. */
export class Measure {
  /** The number of header fields. */
  headers = 0;
  /** Bytes of the header fields, with their CRLFs. */
  headerBytes = 0;
  /** Bytes of the body. */
  bodyBytes = 0;

  /** Counts a header field. */
  addHeader(field: HeaderField): void {
    this.headers++;
    this.headerBytes += field.size;
  }

  /** Bytes of the message: header, the empty line below it, body. */
  get size(): number {
    return this.headerBytes + 2 + this.bodyBytes;
  }

  /** The limits that the message exceeds. */
  excesses(limits: Limits): Excess[] {
    const passed: Excess[] = [];
    for (const what of ["size", "headerBytes", "headers"] as const) {
      const limit = limits[what];
      if (limit !== undefined && this[what] > limit) passed.push({ what, actual: this[what], limit });
    }
    return passed;
  }
}

/**
 * Describes an excess for people, such as `Message too large: 30.1 MB, limit is 25 MB`.
 *
 * @param excess the limit that was exceeded
 * @param manner how the number is known, such as `declared`; empty for a final count
 */
export function excessText({ what, actual, limit }: Excess, manner = ""): string {
  const suffix = manner && ` ${manner}`;
  if (what === "headers") return `Too many header fields: ${actual}, limit is ${limit}`;
  const [limitText, actualText] = limitAndActual(limit, actual);
  const subject = what === "size" ? "Message" : "Message header";
  return `${subject} too large: ${actualText}${suffix}, limit is ${limitText}`;
}

const MARKS: Record<keyof Limits, string> = { size: "size", headerBytes: "header-bytes", headers: "headers" };

/** Describes an excess for programs, such as `size=30000000 exceeds 25000000`. */
export function excessMark({ what, actual, limit }: Excess): string {
  return `${MARKS[what]}=${actual} exceeds ${limit}`;
}
