/**
 * The error for content that a filter cannot read.
 *
 * @module
 */

/** The content of a message cannot be read: the filter does not declare it, or its `eom` is over. */
export class ContentError extends Error {
  override readonly name = "ContentError";
  /** Always `content-unavailable`. */
  readonly code = "content-unavailable";
  /** Why: `undeclared` or `over`. */
  readonly value: "undeclared" | "over";

  /** @param value why it cannot be read */
  constructor(value: "undeclared" | "over") {
    super(`Cannot read the content of the message: ${REASONS[value]}`);
    this.value = value;
  }
}

const REASONS = {
  undeclared: 'the filter does not declare content: "mime"',
  over: "the end of message is over",
} as const;
