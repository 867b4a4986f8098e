/**
 * What makes a filter available on the command line and in the configuration file: name, options, help.
 *
 * @module
 */

import type { Filter } from "./filter.ts";
import type { OptionSpec, OptionValues } from "../options/options.ts";

/** A kind of filter: its name, help and options, and a function that makes a filter from given options. */
export interface FilterDefinition {
  /** The name after `--filter`. */
  readonly name: string;
  /** What it does: one sentence, without a full stop. */
  readonly summary: string;
  /** Details, in paragraphs: semantics, order, defaults that matter. */
  readonly description?: string;
  /** Command lines to copy, each with what it does. */
  readonly examples?: readonly (readonly [what: string, command: string])[];
  /** Its options. */
  readonly options: readonly OptionSpec[];
  /**
   * Whether it needs the message as it was sent, so that it must come before filters that change the message.
   * @default false
   */
  readonly wantsOriginal?: boolean;
  /**
   * Makes the filter.
   *
   * @throws {OptionError} if options exclude each other, or a file that they name cannot be read
   */
  // deno-lint-ignore no-explicit-any -- each filter has its own state types, which nobody else sees
  create(options: OptionValues): Filter<any, any>;
}
