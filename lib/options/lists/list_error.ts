/**
 * The error for a list that cannot be used.
 *
 * @module
 */

/** Where in a list something is wrong. */
export interface ListPlace {
  /** The name of the list. */
  readonly list: string;
  /** The path of its file; undefined if its entries are in the configuration. */
  readonly file?: string | undefined;
  /** The number of the line in the file, or of the entry, from 1. */
  readonly line?: number | undefined;
  /** The text there. */
  readonly text?: string | undefined;
}

/** A list that is missing, has an invalid entry, or has an invalid name. */
export class ListError extends Error {
  override readonly name = "ListError";
  /** Always `invalid-list`. */
  readonly code = "invalid-list";
  /** Where the mistake is. */
  readonly value: ListPlace;
  /** What is wrong and what to write instead, without the place. */
  readonly reason: string;

  /**
   * @param value where the mistake is
   * @param reason what is wrong, and what to write instead
   */
  constructor(value: ListPlace, reason: string) {
    super(`Invalid list ${value.list}: ${placeText(value)}${reason}`);
    this.value = value;
    this.reason = reason;
  }
}

function placeText({ file, line, text }: ListPlace): string {
  const quoted = text === undefined ? "" : `${JSON.stringify(text)}: `;
  if (file === undefined) return quoted;
  return `${file}${line === undefined ? "" : `:${line}`}: ${quoted}`;
}
