/**
 * The error for an invalid network or pattern.
 *
 * @module
 */

import type { Fail } from "./quantities.ts";

const WHAT = { "invalid-network": "network", "invalid-address-pattern": "address pattern" } as const;

/** A text that is not a valid network or pattern of mail addresses. */
export class PatternError extends RangeError {
  override readonly name = "PatternError";
  /** `invalid-network` or `invalid-address-pattern`: what it should have been. */
  readonly code: keyof typeof WHAT;
  /** The text. */
  readonly value: string;

  /**
   * @param code what it should have been
   * @param value the text
   * @param reason what is wrong with it, and what to write instead
   */
  constructor(code: PatternError["code"], value: string, reason: string) {
    super(`Invalid ${WHAT[code]} ${JSON.stringify(value)}: ${reason}`);
    this.code = code;
    this.value = value;
  }
}

/** Throws a {@linkcode PatternError} for the reason that it is called with. */
export function failAsPattern(code: PatternError["code"], value: string): Fail {
  return (reason) => {
    throw new PatternError(code, value, reason);
  };
}
