/**
 * Parses the patterns of authors in rules.
 *
 * @module
 */
import { compileExpression } from "../../lib/expressions/expression.ts";
import { type AddressPattern, coversPattern } from "../../lib/options/address_pattern.ts";
import { type Lists, NO_LISTS } from "../../lib/options/lists/lists.ts";
import { readAddressesOrList } from "../../lib/options/lists/use_lists.ts";

/** Called for a text that cannot match any author, with the right spelling if it is known. */
type Fail = (reason: string) => never;

/**
 * Parses a pattern: `joe@example.org`, `example.org`, `.example.org` for its subdomains, or `*` for any author. In an
 * address, `*` stands for any text: `news-*@example.org`, `joe@*`; in its domain for whole labels, so that nothing but a
 * domain and those below it can be meant: `joe@*.example.org`, `joe@example.*`.
 *
 * @param text the pattern
 * @param fail called for anything else
 * @param lists the lists that it can name, as `@ours`
 * @returns undefined for any author
 */
export function readAuthorPattern(
  text: string,
  fail: Fail,
  lists: Lists = NO_LISTS,
): AddressPattern | undefined {
  if (text === "*") return undefined;
  if (!isGlob(text)) return readAddressesOrList(text, "recipient", lists, fail);
  const at = text.lastIndexOf("@");
  const [user, domain] = [text.slice(0, at), text.slice(at + 1).toLowerCase()];
  if (!/^[^\s"(),:;<>@[\\\]]+$/.test(user)) {
    return fail("want an address before =, in which * stands for any text");
  }
  const labels = domain.split(".");
  if (labels.some((label) => label !== "*" && !/^[a-z0-9_-]{1,63}$/.test(label))) {
    return fail("in a domain, * stands for whole labels, as in joe@*.example.org or joe@*");
  }
  if (labels.every((label) => label === "*")) {
    if (user === "*") return fail("write * for any author");
    if (labels.length > 1) return fail(`write ${user}@*`);
  }
  // An address of a message may be long, and a pattern may have many *.
  const pattern = compileExpression(`^${sourceOf(user, ".*")}@${sourceOf(domain, ".+")}$`, "is");
  return { text, has: (address) => pattern.test(address) };
}

/** Whether a pattern matches every author that another one matches; false if that is not sure. */
export function coversAuthors(outer: AddressPattern | undefined, inner: AddressPattern | undefined): boolean {
  if (outer === undefined || inner === undefined) return outer === undefined;
  if (isGlob(outer.text) || isGlob(inner.text)) return outer.text.toLowerCase() === inner.text.toLowerCase();
  return coversPattern(outer, inner);
}

/** `*@example.org` and the like have a shorter spelling, which `readAddressPattern` says. */
function isGlob(text: string): boolean {
  return text.includes("*") && /^[^@]+@/.test(text) && !/^\*@(\*\.)?[^*]*$/.test(text);
}

/** The source of a regular expression in which a part stands for each `*`. */
function sourceOf(text: string, part: string): string {
  return text.split("*").map((each) => each.replace(/[^\w-]/g, "\\$&")).join(part);
}
