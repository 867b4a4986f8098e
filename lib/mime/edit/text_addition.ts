/**
 * A text that is added to a message.
 *
 * @module
 */

/** Text to add to a message. */
export interface TextAddition {
  /**
   * The text to add to plain text. Empty lines at its beginning and end are ignored; one empty line separates it from
   * the existing text.
   */
  readonly text: string;
  /** What to add to HTML: elements that are valid in a body. @default the text, as paragraphs */
  readonly html?: string | undefined;
  /** Where: at the end, or above everything. @default "end" */
  readonly at?: "end" | "top" | undefined;
}

/** A text that cannot be added to a message: a bug in the filter. */
export class InvalidAdditionError extends Error {
  override readonly name = "InvalidAdditionError";
  /** Always `invalid-addition`. */
  readonly code = "invalid-addition";
  /** What is wrong. */
  readonly value: unknown;

  /**
   * @param value what is wrong
   * @param reason what is wanted
   */
  constructor(value: unknown, reason: string) {
    super(`Cannot add text to a message: ${reason}, got ${JSON.stringify(value)}`);
    this.value = value;
  }
}

/** @throws {InvalidAdditionError} if the text, HTML or place is invalid: types are not checked at run time */
export function checkAddition({ text, html, at }: TextAddition): void {
  if (typeof text !== "string") throw new InvalidAdditionError(text, "text must be a string");
  if (html !== undefined && typeof html !== "string") {
    throw new InvalidAdditionError(html, "html must be a string");
  }
  if (at !== undefined && at !== "end" && at !== "top") {
    throw new InvalidAdditionError(at, 'at must be "end" or "top"');
  }
}
