/**
 * Reduces the spellings of a mailbox that a client may send in MAIL or RCPT to one.
 *
 * @module
 */

// A local part or domain with a single spelling.
const ATOM = String.raw`[^\s"(),:;<>@[\]\\]+`;
const LITERAL = String.raw`\[[^\s"()<>\\[\]]+\]`;
const QUOTED = String.raw`"(?:\\.|[^"\\])*"`;
const ROUTE = "@[a-z0-9.-]+(?:,@[a-z0-9.-]+)*:";

const PLAIN = new RegExp(`^(?:[^\\s"(),:;<>@[\\]\\\\%!]*|${ATOM}@(?:${ATOM}(?<!\\.)|${LITERAL}))$`);
/** What RFC 5321 allows beyond that: a quoted local part, and a source route, which servers ignore. */
const VALID = new RegExp(`^(?:${ROUTE})?(?:${ATOM}|${QUOTED})@(?:${ATOM}|${LITERAL})$`, "is");

/**
 * The possible readings of an envelope address. Usually there is one: the spelling that MTAs use themselves, without a
 * source route or unnecessary quotes. Postfix and Sendmail also accept what RFC 5321 does not allow, such as comments,
 * white space, and names before angle brackets, and deliver to the address that they find in it. Then there are two
 * readings: that address, and the text as it was sent.
 *
 * @param address the address without its outer angle brackets; empty for the null sender
 * @returns first the address that mail is delivered to
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mailboxReadings } from "./mailbox.ts";
 *
 * assert.deepEqual(mailboxReadings('"joe"@example.org'), ["joe@example.org"]);
 * assert.deepEqual(mailboxReadings("joe(x)@example.org"), ["joe@example.org", "joe(x)@example.org"]);
 * ```
 */
export function mailboxReadings(address: string): readonly [string, ...string[]] {
  if (PLAIN.test(address)) return [address];
  const found = findMailbox(address);
  return found === address || VALID.test(address) ? [found] : [found, address];
}

/**
 * The spelling under which Postfix stores a recipient and looks it up to delete it: without source route, comments and
 * names, but with `joe%example.org` and a trailing dot kept.
 *
 * @param address the address without its outer angle brackets
 */
export function postfixSpelling(address: string): string {
  if (PLAIN.test(address)) return address;
  const [local = "", ...domains] = wordsOf(address);
  return [quotedIfNeeded(local), ...domains].join("@");
}

/**
 * The local part with quotes only if it needs them.
 *
 * @param local the local part, quoted or not
 */
export function plainLocalPart(local: string): string {
  return /^".*"$/s.test(local) ? quotedIfNeeded(local.slice(1, -1).replace(/\\(.)/gs, "$1")) : local;
}

function quotedIfNeeded(local: string): string {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  const needs = /[\s"(),:;<>@[\\\]\x00-\x1f\x7f]/.test(local);
  return needs ? `"${local.replace(/["\\]/g, "\\$&")}"` : local;
}

/** Finds the address in a text as Postfix does, which follows RFC 822 and its older forms. */
function findMailbox(text: string): string {
  const words = wordsOf(text);
  // Postfix ignores an empty domain.
  while (words.length > 1 && words.at(-1) === "") words.pop();
  if (words.length === 1) words.splice(0, 1, ...withoutAt(words[0]!));
  const domain = words.length > 1 ? `@${words.pop()!.replace(/\.$/, "")}` : "";
  return quotedIfNeeded(words.join("@")) + domain;
}

/** Splits a text without an unquoted `@`: `example.org!joe`, `joe%example.org`, or all of the address in quotes. */
function withoutAt(text: string): string[] {
  const [, host, user] = /^([^@!]+)!([^@]+)$/s.exec(text) ?? [];
  if (host !== undefined) return [user!, host];
  const at = text.includes("@") ? text.lastIndexOf("@") : text.lastIndexOf("%");
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text];
}

/** The texts between unquoted `@`s, without quotes, comments, white space, route and names. */
function wordsOf(text: string): string[] {
  let words = [""];
  let isGroup = false;
  const groupEnd = text.lastIndexOf(";");
  const add = (part: string) => words[words.length - 1] += part;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    const isRoute = words.length > 1 && words[0] === "";
    if (char === '"') {
      const end = endOfQuoted(text, at);
      add(text.slice(at + 1, end).replace(/\\(.)/gs, "$1"));
      at = end;
    } else if (char === "(") at = endOfComment(text, at);
    else if (char === "\\") add(text[++at] ?? "");
    else if (char === "[" && words.length > 1 && words.at(-1) === "") {
      const end = text.indexOf("]", at);
      const literal = text.slice(at, end < 0 ? undefined : end + 1);
      add(literal.replace(/\s/g, ""));
      at += literal.length - 1;
    } else if (char === "<") {
      words = [""];
    } else if (char === ">" || (char === ";" && isGroup)) {
      break;
    } else if (char === ":" && (isRoute || at < groupEnd)) {
      words = [""];
      isGroup ||= !isRoute;
    } else if (char === "@") words.push("");
    else if (!/\s/.test(char)) add(char);
  }
  return words;
}

/** The end of the quoted string that begins at an index; the end of the text if it is not closed. */
function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return Math.min(at, text.length);
}

/** The end of the comment that begins at an index; the end of the text if it is not closed. */
function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at;
  }
  return text.length;
}
