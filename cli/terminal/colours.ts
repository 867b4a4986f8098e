/**
 * Colours of a terminal, by what they mean.
 *
 * @module
 */

import process from "node:process";

/** Puts colours around text, or not. */
export interface Colours {
  /** What is well. */
  readonly good: (text: string) => string;
  /** What is refused, or went wrong. */
  readonly bad: (text: string) => string;
  /** What wants a look. */
  readonly warning: (text: string) => string;
  /** What the MTA says, as against what a filter answers. */
  readonly request: (text: string) => string;
  /** What matters less. */
  readonly dim: (text: string) => string;
}

/** The colours of a terminal, or none. */
export function terminalColours(colour: boolean): Colours {
  const as = (code: number) => (text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: as(32), bad: as(31), warning: as(33), request: as(36), dim: as(2) };
}

/** Whether to colour what goes to a stream. */
export function wantsColours(stream: { readonly isTTY?: boolean }): boolean {
  return Boolean(stream.isTTY) && !process.env.NO_COLOR;
}
