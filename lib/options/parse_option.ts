/**
 * Parses the text of an option into its value.
 *
 * @module
 */

import { AddressError, formatAddress, parseAddress } from "../net/address.ts";
import { headerNameProblem } from "../message/header_name.ts";
import { parseDomain } from "./address_pattern.ts";
import { readDomainPattern } from "./domain_pattern.ts";
import { parseExpression } from "./expression_option.ts";
import { type Lists, NO_LISTS } from "./lists/lists.ts";
import { readAddressesOrList, readNetworkOrList } from "./lists/use_lists.ts";
import { correctionOf } from "./nearest.ts";
import { OptionError } from "./option_error.ts";
import type { OptionKind, OptionSpec, OptionTypes } from "./option_spec.ts";
import { type Fail, parseDuration, parseInteger, parseSize } from "./quantities.ts";

/** The default of {@linkcode OptionSpec.unitBelow}. */
const UNIT_BELOW = 1000;

/**
 * Parses an option's text.
 *
 * @param spec the option
 * @param text the text
 * @param lists the lists that it can name
 * @throws {OptionError} if it does not fit the option's kind or limits
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOption } from "./options.ts";
 *
 * const max = { name: "max", kind: "size", description: "Largest message" } as const;
 * assert.equal(parseOption(max, "25MB"), 25_000_000);
 * assert.throws(() => parseOption(max, "25 apples"), /Invalid --max "25 apples"/);
 * ```
 */
export function parseOption(
  spec: OptionSpec,
  text: string,
  lists: Lists = NO_LISTS,
): OptionTypes[OptionKind] {
  const fail: Fail = (reason) => {
    throw new OptionError(spec.name, text, reason);
  };
  switch (spec.kind) {
    case "flag":
      return true;
    case "string":
    case "file":
      return text === "" ? fail("it is empty") : text;
    case "enum":
      return parseEnum(text, spec.choices ?? [], fail);
    case "regexp":
      return parseExpression(text, fail);
    case "network":
      return readNetworkOrList(text, lists, fail);
    case "sender":
    case "recipient":
      return readAddressesOrList(text, spec.kind, lists, fail);
    case "domain":
      return parseDomain(text, fail);
    case "domain-pattern":
      return readDomainPattern(text, lists, fail);
    case "header-name":
      return parseHeaderName(text, fail);
    case "listen-address":
    case "connect-address":
      return parseSocketAddress(text, spec.kind, fail);
    case "integer":
      return parseInteger(text, spec, fail);
    case "size":
      return parseSize(text, spec, spec.unitBelow ?? UNIT_BELOW, fail);
    case "duration":
      return parseDuration(text, spec, fail);
  }
}

function parseEnum(text: string, choices: readonly string[], fail: Fail): string {
  if (choices.includes(text)) return text;
  const begun = text.length > 2 ? choices.filter((choice) => choice.startsWith(text.toLowerCase())) : [];
  const meant = correctionOf(text, choices) ?? (begun.length === 1 ? begun[0] : undefined);
  return fail(`want one of ${choices.join(", ")}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}

function parseHeaderName(text: string, fail: Fail): string {
  const problem = headerNameProblem(text);
  if (problem !== undefined) return fail(problem);
  return text.includes("*") ? fail("* is not a wildcard here; want the whole name of a header field") : text;
}

function parseSocketAddress(text: string, kind: "listen-address" | "connect-address", fail: Fail): string {
  if (text.startsWith("parent:")) return fail("parent: is only for workers");
  try {
    const address = parseAddress(text);
    if (kind === "connect-address" && address.kind === "fd") {
      return fail("want unix:/path, inet:port@host or inet6:port@host");
    }
    if (kind === "connect-address" && "port" in address && address.port === 0) {
      return fail("nothing listens on port 0");
    }
    return formatAddress(address);
  } catch (error) {
    if (error instanceof AddressError) return fail(error.reason);
    throw error;
  }
}
