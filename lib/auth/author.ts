/**
 * Finds the domains of a message's authors, each of which must have signed the message in a check of the author.
 *
 * Programs disagree about every From field that does not follow the RFC: it cannot be known which of two addresses a
 * mail program shows, and which one another checker uses. So this parser does not choose. Every `@` counts, wherever it
 * is, unless it is part of a display name or a comment in a way that all programs read alike. Such a name, as in
 * `"ceo@bank.example" <x@evil.example>` or `=?utf-8?Q?ceo=40bank.example?= <x@evil.example>`, names no domain: its
 * author may write anything there.
 *
 * @module
 */
import { type AddressToken, addressTokens } from "../mime/address_tokens.ts";
import { latin1 } from "./bytes.ts";
import { asciiDomain } from "./domain_name.ts";

/** The domains of a message's authors, or why they are unknown. */
export type Authors = AuthorDomains | AuthorProblem;

/** Every domain that a reader could take for an author's. */
export interface AuthorDomains {
  /** At least one; each once, in lower case ASCII (A-labels), in the order of the message. */
  readonly domains: readonly string[];
}

/** The authors cannot be determined with certainty. */
export interface AuthorProblem {
  /** One short clause about the From field, without bytes of it. */
  readonly problem: string;
}

/** The longest From field that is read, in bytes; a longer one is a problem. */
const MAX_FROM_LENGTH = 10_000;

/**
 * Finds the domains of the authors (RFC 5322 section 3.6.2, RFC 6532).
 *
 * Text without `@` is ignored, as in `Doe, Joe <x@example.org>`. Besides what RFC 5322 forbids, all forms in which readers
 * see different domains are a problem: white space or a comment beside an `@` or within a domain, anything but a separator
 * after a domain, an encoded word within or in place of an address, a name with an `@` that has no address of its own, a
 * quoted local part with an `@`, source routes, domain literals, angle brackets without a domain, nested comments, and
 * backslashes outside of quoted strings and comments.
 *
 * @param values everything after the colon of each From field
 * @returns the domains; or the problem, if there is no field, or one of them names no domain, cannot be read or is longer
 * than 10,000 bytes
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authorDomains } from "../auth.ts";
 *
 * const from = (value: string) => authorDomains([new TextEncoder().encode(value)]);
 * assert.deepEqual(from('"ceo@bank.example" <x@Evil.example>'), { domains: ["evil.example"] });
 * assert.deepEqual(from("nobody"), { problem: "From has no address" });
 * ```
 */
export function authorDomains(values: readonly Uint8Array[]): Authors {
  if (values.length === 0) return { problem: "there is no From" };
  const domains = new Set<string>();
  for (const value of values) {
    const problem = value.length > MAX_FROM_LENGTH ? "From is too long" : readField(latin1(value), domains);
    if (problem !== undefined) return { problem };
  }
  return { domains: [...domains] };
}

/** Control characters, and line ends that do not fold: some readers end the field there. */
// deno-lint-ignore no-control-regex -- they are what it looks for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\n(?![ \t])/;

/**
 * Quoted strings and comments that end at the same place for all readers: those that do not know backslashes, Python, which
 * ends them at a CR, and those that look for comments before quoted strings or the other way round.
 */
const PLAIN = /^(?:"(?:[^"\\()\r\n]|\([^"\\()\r\n]*\))*"|\((?:[^"\\()\r\n]|"[^"\\()\r\n]*")*\))$/;

/** A comment without others in it. */
const COMMENT = /^\((?:[^()\\]|\\[^])*\)$/;

/** What begins or ends an encoded word (RFC 2047), wherever it is. */
const ENCODED = /=\?|\?=/;
/** Only encoded words. */
const ENCODED_WORDS = /^(?:=\?[^?]+\?[bq]\?[^?]*\?=)+$/i;

/** Adds the domains of one field; returns the problem if it names none or cannot be read. */
function readField(text: string, domains: Set<string>): string | undefined {
  if (FORBIDDEN.test(text)) return "From has a control character";
  const tokens = addressTokens(text);
  if (tokens.some(isOutOfPlace)) return "From has a quotation mark, parenthesis or backslash out of place";
  let found = 0;
  for (const member of membersOf(tokens)) {
    const outcome = readMember(member, domains);
    if (typeof outcome === "string") return outcome;
    found += outcome;
  }
  if (found === 0) return "From has no address";
  const isPlain = tokens.every((token) => !isHidden(token) || PLAIN.test(token.text));
  if (!isPlain && tokens.some(hidesAt)) return "From has an @ that may stand in quotation marks or not";
  return undefined;
}

/** Whether readers disagree about where such a token ends: also a comment within a comment. */
function isOutOfPlace({ kind, text }: AddressToken): boolean {
  return kind === "stray" || (kind === "comment" && !COMMENT.test(text));
}

/** The tokens before, between and after the separators; at least one member, which may be empty. */
function membersOf(tokens: readonly AddressToken[]): readonly (readonly AddressToken[])[] {
  let member: AddressToken[] = [];
  const members = [member];
  for (const token of tokens) {
    if (/^[,;:]$/.test(token.text)) members.push(member = []);
    else member.push(token);
  }
  return members;
}

/**
 * Reads the tokens between two separators: a mailbox, the name of a group, or a part of a name without quotes. Returns the
 * number of domains, or the problem.
 */
function readMember(tokens: readonly AddressToken[], domains: Set<string>): number | string {
  let found = 0;
  let foundInAngles = 0;
  /** How many there were at the `<` that is open. */
  let foundAtAngle: number | undefined;
  let isEncoded = false;
  for (const [i, { kind, text }] of tokens.entries()) {
    if (text === "@") {
      if (hidesAtInLocalPart(tokens, i, foundAtAngle !== undefined)) {
        return "From has a quoted local part with an @";
      }
      const domain = domainAt(tokens, i);
      if (domain === undefined) return "From has an @ outside of a plain address";
      domains.add(domain);
      found++;
    } else if (text === "<") {
      if (foundAtAngle !== undefined) return "From has angle brackets that do not match";
      foundAtAngle = found;
    } else if (text === ">") {
      if (foundAtAngle === undefined) return "From has angle brackets that do not match";
      if (foundAtAngle === found) return "From has angle brackets without a domain";
      if (!isEndOrOneOf("<", tokens, i + 1)) return "From has text behind an address";
      foundInAngles += found - foundAtAngle;
      foundAtAngle = undefined;
    } else if (kind === "text" && ENCODED.test(text)) {
      const isApart = tokens[i - 1]?.kind !== "quoted" && tokens[i + 1]?.kind !== "quoted";
      if (!isApart || !ENCODED_WORDS.test(text)) return "From has a malformed encoded word";
      isEncoded = true;
    }
  }
  if (foundAtAngle !== undefined) return "From has angle brackets that do not match";
  if (!isEncoded && !tokens.some(hidesAt)) return found;
  // Some readers take the name for the address if there is no other, or if it does not have the syntax of a name.
  if (found === 0 || (isEncoded && found > foundInAngles)) return "From has a name without an address";
  if (tokens.some(({ kind, text }) => kind === "text" && /[[\]]/.test(text))) {
    return "From has a malformed name";
  }
  return found;
}

/** The domain of the `@` at this index; undefined unless it is directly between a local part and a domain, with no more. */
function domainAt(tokens: readonly AddressToken[], at: number): string | undefined {
  const before = tokens[at - 1];
  if ((before?.kind !== "text" && before?.kind !== "quoted") || ENCODED.test(before.text)) return undefined;
  const text = tokens[at + 1]?.text ?? "";
  // Some readers drop blanks and comments, and continue the domain after them.
  if (!isEndOrOneOf("<>", tokens, at + 2)) return undefined;
  // Some writers use apostrophes as quotation marks: 'x@example.org' <x@example.org>
  return asciiDomain(text.endsWith("'") ? text.slice(0, -1) : text);
}

/**
 * Whether a quoted string with an `@` is part of the address whose `@` is at this index. Some readers look for addresses
 * within such a string, or end it at a `>`.
 */
function hidesAtInLocalPart(tokens: readonly AddressToken[], at: number, inAngles: boolean): boolean {
  for (let i = at - 1;; i--) {
    const token = tokens[i];
    if (token === undefined || token.kind === "special") return false;
    if (token.kind === "blank" && !inAngles) return false;
    if (token.kind === "quoted" && hidesAt(token)) return true;
  }
}

/** Whether the tokens from `start` are blanks and comments up to the end or one of these characters. */
function isEndOrOneOf(characters: string, tokens: readonly AddressToken[], start: number): boolean {
  let at = start;
  while (tokens[at]?.kind === "blank" || tokens[at]?.kind === "comment") at++;
  const next = tokens[at];
  return next === undefined || characters.includes(next.text);
}

/** Whether the text is not part of an address by RFC 5322. */
function isHidden({ kind }: AddressToken): boolean {
  return kind === "quoted" || kind === "comment";
}

function hidesAt(token: AddressToken): boolean {
  return isHidden(token) && token.text.includes("@");
}
