/**
 * Reads the structure of a message while its bytes arrive.
 *
 * @module
 */

import { DEFAULT_MIME_LIMITS, type MimeLimits } from "./limits.ts";
import { Collected } from "./open_part.ts";
import { type FieldBytes, PartHeaders } from "./part_headers.ts";
import type { PartInfo } from "./part_info.ts";
import type { MimeProblem } from "./problems.ts";
import { Scanner } from "./scanner.ts";

/** The header of a message, if it was read separately, and limits. */
export interface MimeReaderOptions {
  /** The message's header, if only its body is read; otherwise the header is read too. */
  readonly header?: Iterable<FieldBytes> | undefined;
  /** The limits. */
  readonly limits?: Partial<MimeLimits> | undefined;
}

/** The structure of a message. */
export interface MimeStructure {
  /** The parts in document order; the first is the message itself. */
  readonly parts: readonly PartInfo[];
  /** What is wrong with them. */
  readonly problems: readonly MimeProblem[];
  /** How many bytes were read. */
  readonly size: number;
}

/**
 * Reads the structure of a message: push its bytes as they come, in pieces of any size, then call {@linkcode
 * MimeReader.end}. It never throws, takes linear time, and keeps only headers and positions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MimeReader } from "./mime_reader.ts";
 *
 * const reader = new MimeReader();
 * reader.push(new TextEncoder().encode("Content-Type: text/html\r\n"));
 * reader.push(new TextEncoder().encode("\r\n<p>Hello\r\n"));
 * const { parts: [message] } = reader.end();
 * assert.equal(message?.content.type, "text/html");
 * assert.equal(message?.bodyStart, 27);
 * ```
 */
export class MimeReader {
  readonly #collected: Collected;
  readonly #scanner: Scanner;
  #size = 0;

  /** @param options the message's header, limits */
  constructor({ header, limits }: MimeReaderOptions = {}) {
    this.#collected = new Collected({ ...DEFAULT_MIME_LIMITS, ...limits });
    this.#scanner = new Scanner(
      this.#collected,
      header ? { at: "body", headers: PartHeaders.of(header) } : { at: "header" },
    );
  }

  /** Takes the next bytes. They are not kept. */
  push(bytes: Uint8Array): void {
    this.#size += bytes.length;
    this.#scanner.push(bytes);
  }

  /** Ends the message. Call it once. */
  end(): MimeStructure {
    this.#scanner.end();
    const { parts, problems } = this.#collected;
    return { parts, problems, size: this.#size };
  }
}
