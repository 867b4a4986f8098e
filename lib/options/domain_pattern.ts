/**
 * Patterns of domains: one domain, all its subdomains, or a named list.
 *
 * @module
 */

import { isListName, parseDomain } from "./address_pattern.ts";
import type { Lists } from "./lists/lists.ts";
import type { Fail } from "./quantities.ts";

/** Matches domains. */
export interface DomainPattern {
  /** As it was given. */
  readonly text: string;
  /** Whether it matches a domain, given in lower case ASCII. */
  has(domain: string): boolean;
}

/**
 * Reads a pattern: `example.org`, `.example.org` for its subdomains, or `@partners` for a list.
 *
 * @param text the pattern
 * @param lists the lists that it can name
 * @param fail called for anything else
 */
export function readDomainPattern(text: string, lists: Lists, fail: Fail): DomainPattern {
  if (isListName(text)) return { text, has: lists.domains(text, fail) };
  const wanted = parseDomain(text, fail);
  return {
    text,
    has: wanted.startsWith(".") ? (domain) => domain.endsWith(wanted) : (domain) => domain === wanted,
  };
}
