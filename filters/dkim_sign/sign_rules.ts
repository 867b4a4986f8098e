/**
 * Parses rules that say which keys sign for which authors: `PATTERN=DOMAIN/SELECTOR`.
 *
 * @module
 */
import type { AddressPattern } from "../../lib/options/address_pattern.ts";
import { type Lists, NO_LISTS } from "../../lib/options/lists/lists.ts";
import { OptionError } from "../../lib/options/options.ts";
import { coversAuthors, readAuthorPattern } from "./author_pattern.ts";
import { ANY_DOMAIN } from "./keys/key_argument.ts";
import { asciiName } from "./keys/names.ts";

/** A key by its domain and selector, both in lower case ASCII; the domain may be `%`. */
export interface KeyName {
  readonly domain: string;
  readonly selector: string;
}

/** Which keys sign for an author. */
export interface SignRule {
  /** As it was given. */
  readonly text: string;
  /** The authors; undefined: all of them. */
  readonly pattern: AddressPattern | undefined;
  /** The keys; none if such mail is not signed. */
  readonly keys: readonly KeyName[];
}

const OPTION = "sign";
const WANTED = "want PATTERN=DOMAIN/SELECTOR, such as example.org=example.org/2026, or PATTERN=none";
/** In place of keys: the mail of these authors is not signed. */
const NONE = "none";

/**
 * Parses a rule. PATTERN is an address, a domain, a domain with a leading dot for its subdomains, or `*` for any
 * author; in an address, `*` stands for any text; `@ours` is a named list. Several keys are separated by commas, and
 * `none` says that nothing signs.
 *
 * @throws {OptionError} if it is invalid
 */
export function parseSignRule(text: string, lists: Lists = NO_LISTS): SignRule {
  const fail = (reason: string): never => {
    throw new OptionError(OPTION, text, reason);
  };
  // A local part may have an equals sign, a domain or selector has none.
  const at = text.lastIndexOf("=");
  if (at < 1) return fail(WANTED);
  const patternText = text.slice(0, at);
  const pattern = readAuthorPattern(patternText, fail, lists);
  const keyTexts = text.slice(at + 1).split(",").map((each) => each.trim());
  const keys = keyTexts.join() === NONE ? [] : keyTexts.map((each) => parseKeyName(each, fail));
  return { text, pattern, keys };
}

function parseKeyName(text: string, fail: (reason: string) => never): KeyName {
  const [, domainText = "", selectorText = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? fail(WANTED);
  const domain = domainText === ANY_DOMAIN ? ANY_DOMAIN : asciiName(domainText);
  const selector = asciiName(selectorText);
  return domain === undefined || selector === undefined ? fail(WANTED) : { domain, selector };
}

/**
 * Refuses a rule that can never sign because one before it matches all of its authors.
 *
 * @param rules the rules, of which the first that matches signs
 * @throws {OptionError} naming both
 */
export function refuseHiddenRules(rules: readonly SignRule[]): void {
  for (const [i, rule] of rules.entries()) {
    const before = rules.slice(0, i).find(({ pattern }) => coversAuthors(pattern, rule.pattern));
    if (before === undefined) continue;
    const isSame = before.pattern?.text.toLowerCase() === rule.pattern?.text.toLowerCase();
    const remedy = isSame && before.keys.length > 0 && rule.keys.length > 0
      ? "name both keys in one rule, separated by a comma"
      : "put it first, or give --sign-all";
    throw new OptionError(
      OPTION,
      rule.text,
      `${before.text} before it matches all of it, and the first signs; ${remedy}`,
    );
  }
}

/** Warns of each rule that signs the mail of any author with one domain. */
export function foreignWarnings(rules: readonly SignRule[]): readonly string[] {
  return rules.flatMap(({ text, pattern, keys }) => {
    const key = keys.find(({ domain }) => domain !== ANY_DOMAIN);
    if (pattern !== undefined || key === undefined) return [];
    return [
      `--sign ${text} signs the mail of every author as ${key.domain}, others' too: that does not help them with DMARC, and ` +
      `${key.domain} vouches for it; name your domains, or use a key of the domain % to sign as the author's own`,
    ];
  });
}
