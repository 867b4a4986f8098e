/**
 * Terminal colours, named by what they mean.
 *
 * @module
 */

import process from "node:process";

/** Functions that colour a text, or return it unchanged. */
export interface Colours {
  /** A success. */
  readonly good: (text: string) => string;
  /** A refusal or a failure. */
  readonly bad: (text: string) => string;
  /** Something to look at. */
  readonly warning: (text: string) => string;
  /** What the MTA says, as opposed to a milter's answer. */
  readonly request: (text: string) => string;
  /** Something less important. */
  readonly dim: (text: string) => string;
}

/**
 * Makes the functions that colour.
 *
 * @param colour whether they colour; if not, they return their text unchanged
 */
export function terminalColours(colour: boolean): Colours {
  const as = (code: number) => (text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: as(32), bad: as(31), warning: as(33), request: as(36), dim: as(2) };
}

/** Whether to colour output to a stream: it is a terminal, and NO_COLOR is not set. */
export function wantsColours(stream: { readonly isTTY?: boolean }): boolean {
  return Boolean(stream.isTTY) && !process.env.NO_COLOR;
}
