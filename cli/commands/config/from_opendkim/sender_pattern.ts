/**
 * Converts what a table of senders looks up into the patterns of dkim-sign.
 *
 * @module
 */

/** A pattern of dkim-sign, or why there is none. */
export type PatternResult =
  /** The pattern. */
  | { readonly pattern: string }
  /** OpenDKIM never finds the entry, with the reason. */
  | { readonly never: string }
  /** It finds something, but dkim-sign has no such pattern; says what to do. */
  | { readonly refused: string };

/** The characters that are special in OpenDKIM's patterns, which are extended regular expressions except for `*`, `+` and `.`. */
const SPECIAL = /[[\](){}|?^$\\]/;

/**
 * Converts an entry of a literal table.
 *
 * @param key `joe@example.org`, `example.org`, `.example.org`, `joe@.example.org`, `joe@*` or `*`
 */
export function literalPattern(key: string): PatternResult {
  const text = key.toLowerCase();
  if (text === "*") return { pattern: "*" };
  const at = text.lastIndexOf("@");
  const [user, domain] = at < 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)];
  if (user?.includes("*") || domain.slice(1).includes("*") || user === undefined && domain.startsWith("*")) {
    const bare = text.replace(/^\*@?/, "");
    return { never: `* is a wildcard only in tables that refile: names, and this one expects ${bare}` };
  }
  if (user === "") return { never: `it expects ${domain}, without @` };
  if (user !== undefined && domain.startsWith(".")) return { pattern: `${user}@*${domain}` };
  return { pattern: text };
}

/** Where OpenDKIM looks in a literal table: a key with a smaller number comes first. */
export function literalRank(key: string): number {
  const at = key.lastIndexOf("@");
  const domain = key.slice(at + 1);
  const hasUser = at >= 0;
  if (key === "*") return 2000;
  if (domain === "*") return 1999;
  if (!domain.startsWith(".")) return hasUser ? 0 : 1;
  // The more labels, the earlier; the user's own entry before everybody's.
  return 1000 - 2 * domain.split(".").length + (hasUser ? 0 : 1);
}

/**
 * Converts an entry of a table of patterns.
 *
 * @param key a pattern of whole addresses, such as `*@example.org`
 */
export function globPattern(key: string): PatternResult {
  const text = key.toLowerCase();
  if (SPECIAL.test(text)) {
    return {
      refused:
        `OpenDKIM takes ${key} for a regular expression, which dkim-sign has not; write it with * alone`,
    };
  }
  if (/^\*(@\*)?$/.test(text)) return { pattern: "*" };
  const at = text.lastIndexOf("@");
  const domain = text.slice(at + 1);
  if (at < 0) return withoutAt(key, domain);
  if (at === 0 || domain.startsWith(".")) {
    return { never: `no address is like that; it expects *@${domain.replace(/^\./, "*.")}` };
  }
  const user = text.slice(0, at);
  if (domain.split(".").some((label) => label !== "*" && label.includes("*"))) {
    return { refused: borderlessText(key, user, domain) };
  }
  if (user !== "*") return { pattern: text };
  if (!domain.includes("*")) return { pattern: domain };
  if (domain.startsWith("*.") && !domain.slice(1).includes("*")) return { pattern: domain.slice(1) };
  return { pattern: text };
}

/**
 * Converts an entry of a table of patterns of domains.
 *
 * @param key a pattern of domains, such as `*.example.org`
 */
export function domainGlobPattern(key: string): PatternResult {
  const result = globPattern(`*@${key}`);
  return "refused" in result ? { refused: result.refused.replaceAll("*@", "") } : result;
}

/** A pattern of the end of addresses, or of nothing. */
function withoutAt(key: string, text: string): PatternResult {
  if (!text.includes("*")) {
    return { never: `a pattern expects the whole address, as in *@${text.replace(/^\./, "*.")}` };
  }
  if (text.startsWith("*.") && !text.slice(1).includes("*")) return { pattern: text.slice(1) };
  if (text.startsWith("*") && !text.slice(1).includes("*")) {
    return { refused: borderlessText(key, "*", text) };
  }
  return { refused: `write ${key} with its @, as in *@example.org` };
}

/** Why a `*` that is a part of a label is not taken: it finds domains that only end or begin alike. */
function borderlessText(key: string, user: string, domain: string): string {
  const end = domain.replace(/^\*/, "");
  if (!domain.startsWith("*") || end.includes("*")) {
    return `in a domain, dkim-sign has * for whole labels alone, as in ${user}@*.example.org`;
  }
  return `${key} also finds domains such as not${end}; write ${user}@${end} and ${user}@*.${end}, a line each`;
}

/** Whether a pattern of OpenDKIM matches a text. */
export function matchesGlob(pattern: string, text: string, ignoreCase = true): boolean {
  const source = pattern.split("*").map((part) => part.replace(/[.+]/g, "\\$&")).join(".*");
  return new RegExp(`^(?:${source})$`, ignoreCase ? "is" : "s").test(text);
}

/**
 * The pattern of dkim-sign for those senders of a pattern that are in one domain.
 *
 * @param pattern a pattern of dkim-sign
 * @param domain the domain, in lower case
 * @returns undefined if there are none
 */
export function patternWithin(pattern: string, domain: string): string | undefined {
  if (pattern === "*" || pattern === domain) return domain;
  if (pattern.startsWith(".")) return domain.endsWith(pattern) ? domain : undefined;
  const at = pattern.lastIndexOf("@");
  if (at < 0 || !matchesGlob(pattern.slice(at + 1), domain)) return undefined;
  const user = pattern.slice(0, at);
  return user === "*" ? domain : `${user}@${domain}`;
}
