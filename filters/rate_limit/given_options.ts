/**
 * Options as they were given, and errors about them.
 *
 * @module
 */

import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import type { Fail } from "../../lib/options/quantities.ts";

/** The text of an option as it was given; undefined for a default. */
export function givenIn(options: OptionValues): (name: string) => string | undefined {
  return (name) => options.given.find((option) => option.name === name)?.text;
}

/** Refuses an option with this text, for a reason. */
export function failAs(option: string, text: string): Fail {
  return (reason) => {
    throw new OptionError(option, text, reason);
  };
}
