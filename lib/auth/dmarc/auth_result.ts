/**
 * The result of DMARC for an Authentication-Results field.
 *
 * @module
 */
import type { AuthProperty, AuthResult } from "../authentication_results.ts";
import type { DmarcPolicy } from "./record.ts";
import type { DmarcResult } from "./results.ts";

/**
 * The result of DMARC for `formatAuthResults` (RFC 8601, RFC 9989 section 9.1):
 * `dmarc=pass (p=reject sp=none d=none) header.from=example.com policy.dmarc=none`. In the comment are the policies as
 * published, `t=y`, and what is done with the message. `policy.dmarc` is the policy that applies to the message, after `sp`,
 * `np` and `t`: `none` if it passes.
 *
 * @param result the result of an evaluation
 * @param disposition what is done with the message; by default what the policy says
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dmarcAuthResult, evaluateDmarc, formatAuthResults, parseRecordsFile } from "../../auth.ts";
 *
 * const resolver = parseRecordsFile('_dmarc.example.com "v=DMARC1; p=reject; sp=none"');
 * const dkim = [{ status: "pass", domain: "example.com" }];
 * const result = await evaluateDmarc({ domains: ["example.com"] }, { dkim }, { resolver });
 * assert.equal(
 *   formatAuthResults("mx", [dmarcAuthResult(result)]).replaceAll("\n\t", " "),
 *   "mx; dmarc=pass (p=reject sp=none d=none) header.from=example.com policy.dmarc=none",
 * );
 * ```
 */
export function dmarcAuthResult(result: DmarcResult, disposition?: DmarcPolicy): AuthResult {
  const { record, authorDomain } = result;
  const policy = result.result === "pass" ? "none" : result.policy;
  const properties: AuthProperty[] = [];
  if (authorDomain !== undefined) properties.push({ ptype: "header", property: "from", value: authorDomain });
  if (policy !== undefined) properties.push({ ptype: "policy", property: "dmarc", value: policy });
  const notes: string[] = [];
  if (record !== undefined) {
    notes.push(`p=${record.p}`);
    if (record.sp !== undefined) notes.push(`sp=${record.sp}`);
    if (record.np !== undefined) notes.push(`np=${record.np}`);
    if (record.testing) notes.push("t=y");
    const done = disposition ?? policy;
    if (done !== undefined) notes.push(`d=${done}`);
  }
  return {
    method: "dmarc",
    result: result.result,
    comment: notes.length > 0 ? notes.join(" ") : undefined,
    reason: result.result === "pass" ? undefined : result.reason,
    properties,
  };
}
