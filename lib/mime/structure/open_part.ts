/**
 * A part while the message is read, and the state shared by the readers of a message and of messages in it.
 *
 * @module
 */

import type { MimeLimits } from "./limits.ts";
import { PartHeaders } from "./part_headers.ts";
import type { ContentFacts, PartInfo } from "./part_info.ts";
import { MIME_PROBLEMS, type MimeProblem, type MimeProblemCode } from "./problems.ts";
import type { DecodedContent } from "../transfer/checkpoints.ts";

/** The content facts of a part before its header was read. */
const NOTHING: ContentFacts = { type: "text/plain", parameters: new Map(), encoding: "identity" };

const NO_HEADERS = new PartHeaders([]);

/** A part whose end is not known yet. */
export class OpenPart implements PartInfo {
  readonly index: number;
  readonly parent: number | undefined;
  readonly depth: number;
  readonly container: number | undefined;
  readonly delimiterStart: number;
  readonly headerStart: number;
  headerEnd: number;
  bodyStart: number;
  bodyEnd: number;
  end: number;
  headers: PartHeaders = NO_HEADERS;
  content: ContentFacts = NOTHING;
  boundary: Uint8Array | undefined;
  closeStart: number | undefined;
  closeEnd: number | undefined;
  inlinePgp: "signed" | "encrypted" | undefined;
  decoded: DecodedContent | undefined;
  /** Whether it has parts. */
  hasParts = false;
  /** The kinds of problems noted. */
  problems: Set<MimeProblemCode> | undefined;

  /**
   * @param index its place in document order
   * @param parent the part that contains it
   * @param container the part in whose decoded content its positions are
   * @param delimiterStart where the delimiter line before it starts
   * @param headerStart where its header starts
   */
  constructor(
    index: number,
    parent: OpenPart | undefined,
    container: number | undefined,
    delimiterStart: number,
    headerStart: number,
  ) {
    this.index = index;
    this.parent = parent?.index;
    this.depth = parent ? parent.depth + 1 : 0;
    this.container = container;
    this.delimiterStart = delimiterStart;
    this.headerStart =
      this.headerEnd =
      this.bodyStart =
      this.bodyEnd =
      this.end =
        headerStart;
  }
}

/** What the readers of a message and of encoded messages in it collect. */
export class Collected {
  /** The parts in document order. */
  readonly parts: OpenPart[] = [];
  /** The problems in the order in which they were found. */
  readonly problems: MimeProblem[] = [];
  readonly limits: MimeLimits;
  /** How many bytes of headers were kept. */
  headerBytes = 0;

  /** @param limits how much is read */
  constructor(limits: MimeLimits) {
    this.limits = limits;
  }

  /** How many bytes the header of the next part may have. */
  get headerRoom(): number {
    const { headerBytes, allHeaderBytes } = this.limits;
    return Math.max(0, Math.min(headerBytes, allHeaderBytes - this.headerBytes));
  }

  /** Notes a problem of a part, each kind once. */
  problem(part: OpenPart, code: MimeProblemCode): void {
    if (part.problems?.has(code)) return;
    (part.problems ??= new Set()).add(code);
    this.problems.push({ code, part: part.index, message: MIME_PROBLEMS[code] });
  }

  /** Drops the parts from an index on, which turned out not to be parts. */
  forget(from: number): void {
    this.parts.length = from;
    const kept = this.problems.filter(({ part }) => part < from);
    this.problems.length = 0;
    this.problems.push(...kept);
  }
}
