/**
 * The error for an expression that cannot be compiled.
 *
 * @module
 */

/** Why an expression cannot be compiled. */
export type ExpressionProblem =
  /** It is invalid in JavaScript's dialect, or almost certainly means something other than it does there. */
  | "invalid-expression"
  /** It uses lookaround or backreferences, which cannot be matched in linear time. */
  | "unsupported-expression"
  /** It is too large, see {@linkcode MAX_PARTS}. */
  | "expression-too-large";

/** An expression that cannot be compiled. */
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
