/**
 * Reads the addresses of a field, such as From, To or Cc.
 *
 * @module
 */

import { latin1Text, toBytes } from "../protocol/text.ts";
import { addrSpec, commentText, phraseText, withoutRoute } from "./address_text.ts";
import { type AddressToken, addressTokens } from "./address_tokens.ts";

/** An address in a header field (a mailbox of RFC 5322). */
export interface HeaderAddress {
  /**
   * The name that mail programs show, decoded, on one line; empty if there is none. The sender chose it: it may look
   * like another address.
   */
  readonly name: string;
  /** The address, such as `joe@example.org`, without comments and white space; empty if there is only a name. */
  readonly address: string;
  /** The name of the group that it is in, as in `friends: joe@example.org;`. */
  readonly group?: string;
}

/**
 * Parses the addresses of a field: those of RFC 5322 with groups, comments, quoted strings and its obsolete forms, and
 * of RFC 6532 with UTF-8. Never throws, and takes linear time.
 *
 * What does not follow the RFC is read as mail programs tend to: two addresses without a comma between them are two, a
 * comment is the name if there is no other, an unmatched quotation mark or parenthesis is an ordinary character, and
 * text without an address is a name. Programs disagree about such fields. To decide whether a message may use a domain,
 * use `authorDomains` of `milterkit/auth`, which reads the same tokens and refuses ambiguous fields.
 *
 * @param value everything after the colon, folded or not
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAddresses } from "./addresses.ts";
 *
 * assert.deepEqual(parseAddresses('"Doe, Joe" <joe@example.org>, =?utf-8?Q?Zo=C3=AB?= <zoe@example.org>'), [
 *   { name: "Doe, Joe", address: "joe@example.org" },
 *   { name: "Zoë", address: "zoe@example.org" },
 * ]);
 * ```
 */
export function parseAddresses(value: string | Uint8Array): HeaderAddress[] {
  const reader = new Reader();
  // One character per byte: bytes that are not UTF-8 in one name must not affect other names.
  for (const token of withWholeWords(addressTokens(latin1Text(toBytes(value))))) reader.take(token);
  return reader.end();
}

/** Collects tokens up to the end of an address. */
class Reader {
  readonly #found: HeaderAddress[] = [];
  #group: string | undefined;
  #member: AddressToken[] = [];
  #hasAt = false;
  #isInAngles = false;
  /** Whether it has closed angle brackets. */
  #hadAngles = false;
  /** Whether it is in a source route, as in `<@a.example,@b.example:joe@c.example>`. */
  #isInRoute = false;

  take(token: AddressToken): void {
    const { kind, text } = token;
    if (kind !== "special") return void this.#member.push(token);
    if (text === "," && !this.#isInRoute) return this.#endMember();
    if (text === ";" && !this.#isInAngles) {
      this.#endMember();
      this.#group = undefined;
      return;
    }
    if (text === ":" && !this.#hasAt && !this.#isInAngles) {
      this.#group = phraseText(this.#member) || undefined;
      this.#member = [];
      return;
    }
    if (text === "<" && (this.#isInAngles || this.#hadAngles)) this.#endAngles();
    if (text === "<") this.#isInAngles = true;
    if (text === ">") {
      this.#hadAngles ||= this.#isInAngles;
      this.#isInAngles = false;
    }
    if (text === "@") {
      this.#hasAt = true;
      this.#isInRoute ||= this.#isInAngles && isFirstInAngles(this.#member);
    }
    if (text === ":" || text === ">") this.#isInRoute = false;
    this.#member.push(token);
  }

  end(): HeaderAddress[] {
    this.#endMember();
    return this.#found;
  }

  #endMember(): void {
    for (const found of membersOf(this.#member)) {
      this.#found.push(this.#group === undefined ? found : { ...found, group: this.#group });
    }
    this.#member = [];
    this.#hasAt =
      this.#isInAngles =
      this.#hadAngles =
      this.#isInRoute =
        false;
  }

  /** Ends the address in angle brackets before others, with no comma between them. */
  #endAngles(): void {
    const close = this.#member.findLastIndex(({ kind, text }) => kind === "special" && text === ">");
    const next = close < 0 ? [] : this.#member.splice(close + 1);
    this.#endMember();
    this.#member = next;
  }
}

function isFirstInAngles(member: readonly AddressToken[]): boolean {
  const last = member.findLast(({ kind }) => kind !== "blank" && kind !== "comment");
  return last?.kind === "special" && last.text === "<";
}

/** The addresses between two separators: one, unless commas are missing. */
function* membersOf(tokens: readonly AddressToken[]): Generator<HeaderAddress, void> {
  const open = specialAt("<", tokens, 0);
  if (open < tokens.length) {
    const close = specialAt(">", tokens, open);
    const name = nameOf(tokens.slice(0, open), tokens.slice(close + 1));
    const address = addrSpec(withoutRoute(tokens.slice(open + 1, close)));
    // `<>` is an address, that of nobody; `<` is nothing.
    if (name !== "" || address !== "" || close < tokens.length) yield { name, address };
    return;
  }
  let at = specialAt("@", tokens, 0);
  if (at === tokens.length) {
    const name = phraseText(tokens);
    if (name !== "") yield { name, address: "" };
    return;
  }
  let from = 0;
  while (at < tokens.length) {
    const start = localStart(tokens, at, from);
    const end = domainEnd(tokens, at);
    const next = specialAt("@", tokens, end);
    const until = localStart(tokens, next, end);
    const name = nameOf(tokens.slice(from, start), tokens.slice(end, until));
    yield { name, address: addrSpec(tokens.slice(start, end)) };
    [from, at] = [until, next];
  }
}

/** The index of this special character at or after an index; the number of tokens if there is none. */
function specialAt(char: string, tokens: readonly AddressToken[], from: number): number {
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind === "special" && token.text === char) return i;
  }
  return tokens.length;
}

/** The name before an address or, if there is none, the comment or the text after it. */
function nameOf(before: readonly AddressToken[], after: readonly AddressToken[]): string {
  return phraseText(before) || commentText(before) || commentText(after) || phraseText(after);
}

function isSpace({ kind }: AddressToken): boolean {
  return kind === "blank" || kind === "comment";
}

/**
 * Where the local part before the `@` at an index begins, not before `from`. White space around its dots is allowed. If
 * there is no `@`, there is no local part.
 */
function localStart(tokens: readonly AddressToken[], at: number, from: number): number {
  let start = at;
  let glued = true;
  for (let i = at - 1; i >= from && at < tokens.length; i--) {
    const token = tokens[i];
    if (token === undefined || isSpace(token)) continue;
    if (token.kind === "special") break;
    if (i !== start - 1 && !glued && !token.text.endsWith(".")) break;
    start = i;
    glued = token.text.startsWith(".");
  }
  return start;
}

/** Where the domain after the `@` at an index ends. White space around its dots is allowed. */
function domainEnd(tokens: readonly AddressToken[], at: number): number {
  let end = at + 1;
  let glued = true;
  let isLiteral = false;
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined || isSpace(token)) continue;
    const { kind, text } = token;
    if (!isLiteral && i !== end && !glued && !text.startsWith(".")) break;
    if (!isLiteral && kind === "special" && text !== "@") break;
    isLiteral = (isLiteral || text.startsWith("[")) && !text.includes("]");
    end = i + 1;
    glued = text.endsWith(".") || text === "@";
  }
  return end;
}

/** The beginning of an encoded word whose end is not in the same token. */
const OPEN_WORD = /=\?[^?]{1,100}\?[bq]\?[^?]*$/i;

/**
 * The tokens, with each encoded word in one. Some programs write `=?utf-8?Q?Doe,_Joe?=`, with characters that RFC 2047 does
 * not allow in names.
 */
function* withWholeWords(tokens: readonly AddressToken[]): Generator<AddressToken, void> {
  for (let i = 0; i < tokens.length;) {
    const token = tokens[i];
    if (token === undefined) break;
    let end = i + 1;
    if (token.kind === "text" && OPEN_WORD.test(token.text)) {
      while (end < tokens.length && tokens[end]?.kind !== "blank" && !tokens[end]?.text.includes("?=")) end++;
      if (tokens[end]?.text.includes("?=")) {
        yield { kind: "text", text: tokens.slice(i, end + 1).map(({ text }) => text).join("") };
        i = end + 1;
        continue;
      }
    }
    for (; i < end; i++) yield tokens[i] ?? token;
  }
}
