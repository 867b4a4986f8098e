/**
 * A text that is added to a message.
 *
 * @module
 */

/** Text to add to a message. */
export interface TextAddition {
  /** What is added to plain text. Empty lines at its beginning and end do not count: one is put between it and the text. */
  readonly text: string;
  /** What is added to HTML: elements that may stand in a body. @default the text, as paragraphs */
  readonly html?: string | undefined;
  /** Where: at the end, or above everything. @default "end" */
  readonly at?: "end" | "top" | undefined;
}
