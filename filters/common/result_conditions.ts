/**
 * Reads conditions on results of authentication.
 *
 * @module
 */

import { RESULTS_OF_METHODS } from "../../lib/auth/authentication_results.ts";
import type { ResultCondition } from "../../lib/filter/scope.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";

/**
 * Reads the values of an option, such as `dmarc=fail`.
 *
 * @throws {OptionError} for a value that is none, or that the method never gives
 */
export function resultConditions(option: string, options: OptionValues): ResultCondition[] {
  return options.all("string", option).map((text) => {
    const [, method, result] = /^([a-z][a-z0-9-]*)=([a-z]+)$/.exec(text) ?? [];
    if (method === undefined || result === undefined) {
      throw new OptionError(option, text, "want a method and a result, such as dmarc=fail");
    }
    const known = RESULTS_OF_METHODS[method];
    if (known && !known.includes(result)) {
      throw new OptionError(option, text, `${method} has the results ${known.join(", ")}`);
    }
    return { method, result };
  });
}
