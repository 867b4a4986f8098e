/**
 * Parses the patterns of mail addresses and domains in options and conditions.
 *
 * @module
 */

import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { plainLocalPart } from "../message/mailbox.ts";
import { failAsPattern } from "./pattern_error.ts";
import type { Fail } from "./quantities.ts";

/** Matches mail addresses. */
export interface AddressPattern {
  /** The text that it was parsed from. */
  readonly text: string;
  /** Whether it matches an address, spelled as `EnvelopeAddress.mailbox` has it. */
  has(address: string): boolean;
  /**
   * The patterns that it consists of if it is a list; undefined for a single pattern, and for a list that may change.
   */
  readonly parts?: () => readonly AddressPattern[] | undefined;
}

/** Whose address it is: a sender may be the null sender, a recipient may not. */
export type AddressRole = "sender" | "recipient";

/** Whether a text stands for a named list, such as `@internal`. */
export function isListName(text: string): boolean {
  return /^@[a-z][a-z0-9_-]*$/i.test(text);
}

/** The parts of a pattern; the null sender has none. */
export interface AddressParts {
  /** In lower case. */
  readonly user?: string;
  /** In lower case ASCII. */
  readonly domain?: string;
  /** Whether it stands for the subdomains. */
  readonly below?: boolean;
}

/**
 * Makes a pattern from text: `joe@example.org` is one address, `example.org` every address of that domain, `.example.org`
 * every address of its subdomains, and `<>` the null sender. Case does not matter.
 *
 * @param text the pattern
 * @param role whose address it matches; a pattern of recipients cannot be `<>`
 * @throws {PatternError} `invalid-address-pattern` for a text that cannot match any address, with what to write instead
 * where that is known
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAddressPattern } from "../../mod.ts";
 *
 * const ours = parseAddressPattern("example.org");
 * assert.equal(ours.has("Joe@Example.ORG"), true);
 * assert.equal(ours.has("joe@mail.example.org"), false);
 * assert.throws(() => parseAddressPattern("*@example.org"), /write example.org/);
 * ```
 */
export function parseAddressPattern(text: string, role: AddressRole = "sender"): AddressPattern {
  return readAddressPattern(text, role, failAsPattern("invalid-address-pattern", text));
}

/**
 * Reads a pattern; see {@linkcode parseAddressPattern}.
 *
 * @param text the pattern
 * @param role whose address it matches
 * @param fail called for a text that cannot match any address, with the right spelling if it is known
 */
export function readAddressPattern(text: string, role: AddressRole, fail: Fail): AddressPattern {
  const parts = addressParts(text, role, fail);
  return { text, has: matcherOf(parts) };
}

/**
 * Whether a pattern matches every address that another one matches.
 *
 * @param outer the first
 * @param inner the other
 */
export function coversPattern(outer: AddressPattern, inner: AddressPattern): boolean {
  if (outer.text === inner.text) return true;
  const parts = inner.parts?.();
  if (parts !== undefined) return parts.length > 0 && parts.every((part) => coversPattern(outer, part));
  const others = outer.parts?.();
  if (others !== undefined) return others.some((other) => coversPattern(other, inner));
  if (isListName(outer.text) || isListName(inner.text)) return false;
  const [a, b] = [partsOfPattern(outer), partsOfPattern(inner)];
  if (a.domain === undefined || b.domain === undefined) return a.domain === b.domain;
  if (a.user !== undefined) return a.user === b.user && a.domain === b.domain;
  if (!a.below) return !b.below && a.domain === b.domain;
  return b.domain.endsWith(`.${a.domain}`) || Boolean(b.below) && a.domain === b.domain;
}

/** The parts of patterns that were compared before: each of many may be compared with all others. */
const knownParts = new WeakMap<AddressPattern, AddressParts>();

/** The parts of a pattern that is not a list. */
export function partsOfPattern(pattern: AddressPattern): AddressParts {
  const known = knownParts.get(pattern);
  if (known) return known;
  const { text } = pattern;
  const parts = addressParts(text, "sender", failAsPattern("invalid-address-pattern", text));
  knownParts.set(pattern, parts);
  return parts;
}

/**
 * Parses a domain: `example.org`, or `.example.org` for all its subdomains.
 *
 * @param text the domain
 * @param fail called for anything else
 * @returns it in lower case ASCII, with its leading dot if it has one
 */
export function parseDomain(text: string, fail: Fail): string {
  const wanted = "want example.org, or .example.org for the domains below it";
  const name = lowerAsciiDomain(text.replace(/^\./, ""));
  if (isDomain(name)) return text.startsWith(".") ? `.${name}` : name;
  const [, behind] = /^[^@]*@(.+)$/.exec(text) ?? [];
  if (behind !== undefined && isDomain(lowerAsciiDomain(behind))) return fail(`write ${behind}`);
  return fail(severalHint(text) ?? domainHint(text) ?? wanted);
}

/** The domain of an address in lower case ASCII; empty if it has none. */
function domainOf(address: string): string {
  const at = address.lastIndexOf("@");
  return at < 0 ? "" : lowerAsciiDomain(address.slice(at + 1));
}

function userOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf("@"))).toLowerCase();
}

function matcherOf({ user, domain, below }: AddressParts): (address: string) => boolean {
  if (domain === undefined) return (address) => address === "";
  if (user !== undefined) return (address) => domainOf(address) === domain && userOf(address) === user;
  if (!below) return (address) => domainOf(address) === domain;
  const end = `.${domain}`;
  return (address) => domainOf(address).endsWith(end);
}

/** Cuts a pattern into its parts; see {@linkcode readAddressPattern}. */
export function addressParts(text: string, role: AddressRole, fail: Fail): AddressParts {
  const wanted = role === "sender"
    ? "want example.org, .example.org, joe@example.org or <>"
    : "want example.org, .example.org or joe@example.org";
  if (text === "<>") return role === "sender" ? {} : fail(`a recipient always has an address; ${wanted}`);
  const at = text.lastIndexOf("@");
  const domain = lowerAsciiDomain(text.slice(at + 1));
  if (at < 0 && isDomain(domain.replace(/^\./, ""))) {
    return { domain: domain.replace(/^\./, ""), below: domain.startsWith(".") };
  }
  if (at < 0 && isLiteral(domain)) return { domain };
  const user = text.slice(0, at);
  if (at > 0 && isUser(user) && (isDomain(domain) || isLiteral(domain))) {
    return { user: plainLocalPart(user).toLowerCase(), domain };
  }
  return fail(patternHint(text, role) ?? wanted);
}

/** Suggests how to write what other programs accept as an address; undefined if there is no suggestion. */
function patternHint(text: string, role: AddressRole): string | undefined {
  const [, inner] = /^[^<>]*<([^<>]+)>$/.exec(text) ?? [];
  if (inner !== undefined) return `write ${inner}`;
  if (role === "sender" && text === "") return "write <> for the null sender";
  const several = severalHint(text);
  if (several !== undefined) return several;
  const everyone = /^\*?@(.+)$/.exec(text)?.[1];
  if (everyone?.startsWith(".") && isDomain(lowerAsciiDomain(everyone.slice(1)))) {
    return `write ${everyone} for the domains below it`;
  }
  if (everyone !== undefined && isDomain(lowerAsciiDomain(everyone))) {
    return `write ${everyone} for every address of it`;
  }
  return domainHint(text);
}

function severalHint(text: string): string | undefined {
  const isSeveral = !text.startsWith('"') && /[,;\s]/.test(text.trim());
  return isSeveral ? "these are several values; give each one separately" : undefined;
}

function domainHint(text: string): string | undefined {
  if (text !== text.trim()) return "it begins or ends with a space";
  if (/^\/.*\/[a-z]*$/s.test(text)) {
    return "regular expressions are not supported here; want example.org, or .example.org for the domains below it";
  }
  if (/^[\d.]+$|:/.test(text.replace(/\/\d+$/, "")) && isIP(text.replace(/\/\d+$/, "")) !== 0) {
    return "it is an IP address, not a mail address; use the options for clients";
  }
  const [, below] = /^(?:.*@)?\*\.?(.+)$/s.exec(text) ?? [];
  if (below !== undefined && isDomain(lowerAsciiDomain(below))) {
    return `write .${below} for the domains below it, ${below} for itself; * is not a wildcard here`;
  }
  return text.includes("*") ? "* is not a wildcard here" : undefined;
}

/**
 * Converts an international domain name to lower case ASCII; it may already be encoded. Leaves other text unchanged.
 */
export function lowerAsciiDomain(domain: string): string {
  const lower = domain.toLowerCase().replace(/\.$/, "");
  // deno-lint-ignore no-control-regex -- whether there is anything but ASCII
  if (/^[\x00-\x7f]*$/.test(lower)) return lower;
  const dot = lower.startsWith(".") ? "." : "";
  return dot + (domainToASCII(lower.slice(dot.length)) || lower.slice(dot.length));
}

/** Whether an address can have this domain: labels of RFC 1035, also with underscores, which some hosts have. */
function isDomain(name: string): boolean {
  return name.length <= 253 && isIP(name) === 0 && /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name);
}

/** Whether a domain is an address literal: `[192.0.2.1]` or `[ipv6:2001:db8::1]` (RFC 5321 4.1.3). */
function isLiteral(domain: string): boolean {
  const [, address] = /^\[(?:ipv6:)?([0-9a-f.:]+)\]$/.exec(domain) ?? [];
  return address !== undefined && isIP(address) !== 0;
}

/** Whether a text can be the local part: quoted, or without the characters that RFC 5321 4.1.2 requires quotes for; no `*`. */
function isUser(user: string): boolean {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return /^"(?:\\.|[^"\\])*"$/s.test(user) || /^[^\s"(),:;<>@[\\\]*\x00-\x1f\x7f]+$/.test(user);
}
