/**
 * What all filters of a process are made with, by the options of `serve`.
 *
 * @module
 */

import { isAuthservId } from "../../lib/auth/authentication_results.ts";
import { resolverWhenNeeded } from "../../lib/dns/resolver_options.ts";
import type { KitParts } from "../../lib/kit/kit.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { AUTHENTICATION_OPTIONS } from "../options/authentication_options.ts";
import { STATE_OPTIONS } from "../options/state_options.ts";

/**
 * Reads the options that concern all filters: their DNS, and the name under which they report. Checks those of their state.
 *
 * @throws {OptionError} for one that is invalid, or for those that exclude each other
 */
export function kitPartsOf(options: OptionValues): Pick<KitParts, "authservId" | "resolver"> {
  const authservId = AUTHENTICATION_OPTIONS.authservId.value(options);
  if (authservId !== undefined && !(isAuthservId(authservId) && /^[\w.-]+$/.test(authservId))) {
    throw new OptionError("authserv-id", authservId, "want a host name, such as mx.example.org");
  }
  const secret = STATE_OPTIONS.secret.value(options);
  if (secret !== undefined && !/^(redis|valkey)/i.test(options.text("state") ?? "")) {
    const reason = "keys are hashed only in a Valkey or Redis server; set --state redis://… with it";
    throw new OptionError("state-secret", secret, reason);
  }
  return { resolver: resolverWhenNeeded(options), authservId };
}
