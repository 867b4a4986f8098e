/**
 * The result of SPF for an Authentication-Results field.
 *
 * @module
 */
import type { AuthResult } from "../authentication_results.ts";
import type { SpfResult } from "./results.ts";

/**
 * The result of SPF for `formatAuthResults` (RFC 8601 section 2.7.2): `spf=pass smtp.mailfrom=example.com`. The value is the
 * domain alone, which is valid for any sender; `smtp.helo` if HELO was checked, as for a null sender.
 *
 * @param result the result of a check
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkSpf, formatAuthResults, parseRecordsFile, spfAuthResult } from "../../auth.ts";
 *
 * const resolver = parseRecordsFile('example.org "v=spf1 ip4:192.0.2.1 -all"');
 * const query = { client: "192.0.2.1", helo: "mail.example.org", mailFrom: "joe@example.org" };
 * const result = await checkSpf(query, { resolver });
 * assert.equal(formatAuthResults("mx", [spfAuthResult(result)]), "mx;\n\tspf=pass smtp.mailfrom=example.org");
 * ```
 */
export function spfAuthResult({ result, identity, domain, reason }: SpfResult): AuthResult {
  return {
    method: "spf",
    result,
    reason: result === "pass" ? undefined : reason,
    properties: domain === undefined ? [] : [{ ptype: "smtp", property: identity, value: domain }],
  };
}
