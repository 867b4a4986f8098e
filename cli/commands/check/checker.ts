/**
 * What messages are checked with: the filters of a configuration file or of a command line, or a running milter.
 *
 * @module
 */

import type { Target } from "./check_message.ts";

/** What messages are checked with. */
export interface Checker extends Omit<Target, "session" | "envelope"> {
  /** What an administrator should know of it. */
  readonly warnings: readonly string[];
  /** Lets go of its filters. */
  dispose(): Promise<void>;
}
