/**
 * The error for an expression that is not compiled.
 *
 * @module
 */

/** Why an expression is not compiled. */
export type ExpressionProblem =
  /** It is none in JavaScript's dialect, or almost certainly does not mean what it does there. */
  | "invalid-expression"
  /** No engine that matches in linear time can have it: lookaround and backreferences. */
  | "unsupported-expression"
  /** It is too large, see {@linkcode MAX_PARTS}. */
  | "expression-too-large";

/** An expression that is not compiled. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  /** Why. */
  readonly code: ExpressionProblem;
  /** The expression between slashes, with its flags. */
  readonly value: string;
  /** What is wrong, where, and what to write instead: the message without the expression. */
  readonly reason: string;

  /**
   * @param code why
   * @param value the expression between slashes, with its flags
   * @param reason what is wrong, where, and what to write instead
   */
  constructor(code: ExpressionProblem, value: string, reason: string) {
    super(`Invalid expression ${value}: ${reason}`);
    this.code = code;
    this.value = value;
    this.reason = reason;
  }
}

/** Throws an {@linkcode ExpressionError}. */
export type Refuse = (code: ExpressionProblem, reason: string) => never;
