/**
 * What a filter needs to be named on a command line or in a config file.
 *
 * @module
 */

import type { Filter } from "./filter.ts";
import type { OptionSpec, OptionValues } from "../options/options.ts";

/** A kind of filter: its options, and how to make one of them. */
export interface FilterDefinition {
  /** The name after `--filter`. */
  readonly name: string;
  /** What it does, in one sentence without a full stop. */
  readonly summary: string;
  /** More, in paragraphs: semantics, order, defaults that matter. */
  readonly description?: string;
  /** Command lines to copy, each with what it does. */
  readonly examples?: readonly (readonly [what: string, command: string])[];
  /** Its options. */
  readonly options: readonly OptionSpec[];
  /**
   * Whether it works on the message as it was sent, so that a filter before it that changes the message spoils its
   * work. @default false
   */
  readonly wantsOriginal?: boolean;
  /**
   * Makes the filter.
   *
   * @throws {OptionError} when options do not go together, or a file that they name cannot be read
   */
  // deno-lint-ignore no-explicit-any -- each filter has state types of its own, which nobody else sees
  create(options: OptionValues): Filter<any, any>;
}
