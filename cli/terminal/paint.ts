/**
 * Colours of a terminal, by what they mean.
 *
 * @module
 */

/** Puts colours around text, or not. */
export interface Paint {
  /** What is well. */
  readonly good: (text: string) => string;
  /** What is refused, or went wrong. */
  readonly bad: (text: string) => string;
  /** What wants a look. */
  readonly notable: (text: string) => string;
  /** What was asked, as against what was answered. */
  readonly asked: (text: string) => string;
  /** What matters less. */
  readonly dim: (text: string) => string;
}

/** The colours of a terminal, or none. */
export function paint(colour: boolean): Paint {
  const as = (code: number) => (text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: as(32), bad: as(31), notable: as(33), asked: as(36), dim: as(2) };
}
