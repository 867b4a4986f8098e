/**
 * The essence of a result of authentication, for the log and the status page.
 *
 * @module
 */

import type { AuthProperty, AuthResult } from "../../lib/auth/authentication_results.ts";

/** A result in short. */
export interface ResultSummary {
  /** The method, such as `dkim`. */
  readonly method: string;
  /** The result, such as `pass`. */
  readonly result: string;
  /** The domain that it is about, in lower case. */
  readonly domain?: string;
  /** The selector of a DKIM signature. */
  readonly selector?: string;
  /** Why it is not `pass`. */
  readonly reason?: string;
}

/** The properties that name the domain, the best first (RFC 8601 section 2.7). Some milters write only `header.i`. */
const DOMAINS = ["header.d", "header.from", "smtp.mailfrom", "smtp.helo", "header.i"];

/** Returns a result in short. */
export function resultSummary(result: AuthResult): ResultSummary {
  const domain = domainOf(result);
  const selector = propertyOf(result, "header.s");
  const summary: { -readonly [K in keyof ResultSummary]: ResultSummary[K] } = {
    method: result.method,
    result: result.result,
  };
  if (domain !== undefined) summary.domain = domain;
  if (selector !== undefined) summary.selector = selector;
  if (result.reason !== undefined) summary.reason = result.reason;
  return summary;
}

/** Returns the full name of a property, such as `header.d`. */
export function propertyName({ ptype, property }: AuthProperty): string {
  return `${ptype}.${property}`.toLowerCase();
}

/** Returns the domain in the value of a property, in lower case: milters write addresses where others write domains. */
export function domainIn(value: string): string {
  return value.slice(value.lastIndexOf("@") + 1).replace(/\.$/, "").toLowerCase();
}

function domainOf(result: AuthResult): string | undefined {
  for (const name of DOMAINS) {
    const value = propertyOf(result, name);
    const domain = value === undefined ? "" : domainIn(value);
    if (domain !== "") return domain;
  }
  return undefined;
}

function propertyOf({ properties = [] }: AuthResult, name: string): string | undefined {
  for (const property of properties) if (isNamed(property, name)) return property.value;
  return undefined;
}

/** Whether a property has a name; its parts are nearly always in lower case already. */
function isNamed(property: AuthProperty, name: string): boolean {
  const { ptype, property: own } = property;
  if (ptype.length + own.length + 1 !== name.length) return false;
  const isSame = name.startsWith(ptype) && name[ptype.length] === "." && name.endsWith(own);
  return isSame || propertyName(property) === name;
}
