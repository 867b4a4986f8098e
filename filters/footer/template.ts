/**
 * Texts with names in braces that stand for facts about a message.
 *
 * @module
 */

import { correctionOf } from "../../lib/options/nearest.ts";

/** The names that may stand in braces. */
export const FOOTER_NAMES = [
  "from",
  "from_name",
  "from_domain",
  "subject",
  "date",
  "mail_from",
  "auth_authen",
  "client_addr",
  "client_name",
] as const;

/** A name that may stand in braces. */
export type FooterName = (typeof FOOTER_NAMES)[number];

/** What a name stands for in a message. */
export type FooterValues = (name: FooterName) => string;

/** The longest value that is filled in, in characters. */
const LONGEST_VALUE = 200;

/** A text with names in braces. */
export interface FooterTemplate {
  /** The text between the names, in pieces. */
  readonly literals: readonly string[];
  /**
   * Fills in the names.
   *
   * @param values what they stand for
   * @param escape makes a value fit the text, such as HTML
   */
  fill(values: FooterValues, escape?: (text: string) => string): string;
}

/**
 * Parses a text: `{from}` and so on are names; `{{` is a literal brace, and so is one before anything else, as in CSS.
 *
 * @param text the text
 * @param fail called for an unknown name
 * @throws what `fail` throws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseFooter } from "./template.ts";
 *
 * const template = parseFooter("Sent by {from_name}", (reason) => {
 *   throw new Error(reason);
 * });
 * assert.equal(template.fill(() => "Ann"), "Sent by Ann");
 * ```
 */
export function parseFooter(text: string, fail: (reason: string) => never): FooterTemplate {
  const names: FooterName[] = [];
  const literals = [""];
  let end = 0;
  for (const { 0: token, 1: name, index } of text.matchAll(/\{\{|\{([a-z_]+)\}/gi)) {
    literals.push(literals.pop() + text.slice(end, index));
    end = index + token.length;
    if (name === undefined) literals.push(`${literals.pop()}{`);
    else {
      names.push(nameOf(name, fail));
      literals.push("");
    }
  }
  literals.push(literals.pop() + text.slice(end));
  return {
    literals,
    fill: (values, escape = (value) => value) =>
      literals.map((literal, i) => i === 0 ? literal : escape(oneLine(values(names[i - 1]!))) + literal).join(
        "",
      ),
  };
}

function nameOf(name: string, fail: (reason: string) => never): FooterName {
  const found = FOOTER_NAMES.find((each) => each === name);
  if (found !== undefined) return found;
  const meant = correctionOf(name, FOOTER_NAMES);
  const all = FOOTER_NAMES.map((each) => `{${each}}`).join(", ");
  const hint = meant === undefined
    ? `want one of ${all}, or {{${name}} for the text itself`
    : `did you mean {${meant}}?`;
  return fail(`there is no {${name}}; ${hint}`);
}

/** A value on one line, without invisible characters; senders choose it. */
function oneLine(text: string): string {
  const line = text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replace(/[\p{Cf}\p{Cs}]/gu, "")
    .trim();
  const chars = [...line];
  return chars.length <= LONGEST_VALUE ? line : `${chars.slice(0, LONGEST_VALUE).join("")}…`;
}
