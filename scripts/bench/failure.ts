/**
 * The error that is told without a stack: what the user can do something about.
 *
 * @module
 */

/** Why the benchmark cannot run as asked, and what helps, in words for whoever started it. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}
