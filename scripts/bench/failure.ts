/**
 * The error for problems that the user can fix; printed without a stack trace.
 *
 * @module
 */

/** Why the benchmark cannot run as requested, and how to fix it. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}
