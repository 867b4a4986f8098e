/**
 * How large a message has become, and which limits it has passed.
 *
 * @module
 */

import type { HeaderField } from "../../lib/message/header.ts";
import { limitAndActual } from "./human_size.ts";

/** The limits that were set. */
export interface Limits {
  /** Most bytes of the message. */
  readonly size: number | undefined;
  /** Most bytes of all header fields together. */
  readonly headerBytes: number | undefined;
  /** Most header fields. */
  readonly headers: number | undefined;
}

/** A limit that was passed. */
export interface Excess {
  /** What was counted. */
  readonly what: keyof Limits;
  /** How much of it there is. */
  readonly actual: number;
  /** How much there may be. */
  readonly limit: number;
}

/** What came of one message so far. */
export class Measure {
  /** Header fields. */
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

  /** The limits that are passed. */
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
 * An excess in a sentence for people, such as `Message too large: 30.1 MB, limit is 25 MB`.
 *
 * @param excess the limit that was passed
 * @param manner how the number is known, such as `declared`; nothing for a final count
 */
export function excessText({ what, actual, limit }: Excess, manner = ""): string {
  const suffix = manner && ` ${manner}`;
  if (what === "headers") return `Too many header fields: ${actual}, limit is ${limit}`;
  const [limitText, actualText] = limitAndActual(limit, actual);
  const subject = what === "size" ? "Message" : "Message header";
  return `${subject} too large: ${actualText}${suffix}, limit is ${limitText}`;
}

const MARKS: Record<keyof Limits, string> = { size: "size", headerBytes: "header-bytes", headers: "headers" };

/** An excess for programs, such as `size=30000000 exceeds 25000000`. */
export function excessMark({ what, actual, limit }: Excess): string {
  return `${MARKS[what]}=${actual} exceeds ${limit}`;
}
