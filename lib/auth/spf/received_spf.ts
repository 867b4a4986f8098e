/**
 * Writes the header field Received-SPF (RFC 7208 section 9.1).
 *
 * @module
 */
import { quotedValue } from "../authentication_results.ts";
import type { SpfQuery } from "./check_spf.ts";
import type { SpfResult } from "./results.ts";

/**
 * Formats the value of a Received-SPF field: the result, why, and what was checked, with LF and a tab between lines as milters
 * must write them. Everything from the message or from DNS is quoted and cut, so that it can neither end a line nor look like
 * another value. ASCII only.
 *
 * @param result the result of the check
 * @param query what was checked
 * @param receiver the name of this host
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkSpf, parseRecordsFile, receivedSpf } from "../../auth.ts";
 *
 * const resolver = parseRecordsFile('example.org "v=spf1 ip4:192.0.2.1 -all"');
 * const query = { client: "192.0.2.1", helo: "mail.example.org", mailFrom: "joe@example.org" };
 * assert.equal(
 *   receivedSpf(await checkSpf(query, { resolver }), query, "mx.example.net").replaceAll("\n\t", " "),
 *   'pass (the domain permits the client) client-ip="192.0.2.1"; envelope-from="joe@example.org"; ' +
 *     'helo="mail.example.org"; receiver="mx.example.net"; identity=mailfrom; mechanism="ip4:192.0.2.1"',
 * );
 * ```
 */
export function receivedSpf(result: SpfResult, query: SpfQuery, receiver: string): string {
  const isError = result.result === "permerror" || result.result === "temperror";
  const pairs = [
    `client-ip=${quotedValue(query.client)}`,
    `envelope-from=${quotedValue(query.mailFrom.replace(/^<|>$/g, ""))}`,
    `helo=${quotedValue(query.helo)}`,
    `receiver=${quotedValue(receiver)}`,
    `identity=${result.identity}`,
  ];
  if (isError) pairs.push(`problem=${quotedValue(result.reason)}`);
  if (result.mechanism !== undefined) pairs.push(`mechanism=${quotedValue(result.mechanism)}`);
  else if (result.result === "neutral") pairs.push("mechanism=default");
  return `${result.result} (${result.reason.replace(/[()\\]/g, "\\$&")})\n\t${pairs.join(";\n\t")}`;
}
