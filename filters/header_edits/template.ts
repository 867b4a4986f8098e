/**
 * Parses header values with `{names}` that are filled in for each message.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import { misspelledMacro } from "../../lib/filter/macro_names.ts";
import type { Fail } from "../../lib/options/quantities.ts";

/** What a template is filled from. */
export type TemplateContext =
  & Pick<MessageContext<unknown, unknown>, "client" | "helo" | "sender" | "recipients" | "macro">
  & {
    /** The groups of a match that came before, if templates were parsed with its names. */
    readonly groups?: Groups;
  };

/** The groups of one match of a regular expression: `$&`, `$1` … and `$<name>`; undefined if a group did not match. */
export type Groups = (name: string) => string | undefined;

/** A parsed value. Returns the text for one message. */
export type Template = (context: TemplateContext, groups?: Groups) => string;

type Piece = string | Template;

const NAMED: ReadonlyMap<string, (context: TemplateContext) => string | undefined> = new Map([
  ["client_addr", ({ client }: TemplateContext) => client?.address],
  ["client_name", ({ client }) => client?.hostname],
  ["mail_from", ({ sender }) => sender?.address],
  ["rcpt_to", ({ recipients }) => recipients.map(({ address }) => address).join(", ")],
  ["helo", ({ helo }) => helo],
]);

/**
 * Parses a value: `{client_addr}`, `{client_name}`, `{mail_from}`, `{rcpt_to}` (all, joined by commas), `{helo}`, or
 * any macro of the MTA; `{{` is a literal brace. A name that is almost that of a macro is refused; any other may be a site's
 * own. Control characters are removed from what is filled in, so that the value stays on one line.
 *
 * @param text the value
 * @param groups if the value replaces a match, the names of its groups; then `$1`, `$&` and `$<name>` stand for them, and
 * `$$` for a dollar
 * @throws what `fail` throws
 */
export function parseTemplate(text: string, fail: Fail, groups?: ReadonlySet<string>): Template {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) {
    return fail("it holds a control character; a header value is one line");
  }
  const pieces: Piece[] = [];
  const tokens = groups ? /\{\{|\{([^{}]*)(\})?|\$(?:(\$)|(\d{1,2}|&)|<([^>]*)>)?/g : /\{\{|\{([^{}]*)(\})?/g;
  let end = 0;
  for (const token of text.matchAll(tokens)) {
    pieces.push(text.slice(end, token.index));
    end = token.index + token[0].length;
    pieces.push(pieceOf(token, fail, groups));
  }
  pieces.push(text.slice(end));
  return (context, values = context.groups) =>
    pieces.map((piece) => typeof piece === "string" ? piece : piece(context, values)).join("");
}

function pieceOf(token: RegExpMatchArray, fail: Fail, groups: ReadonlySet<string> | undefined): Piece {
  const [all, name, closed, dollar, numbered, named] = token;
  if (all === "{{") return "{";
  if (name !== undefined) {
    if (!closed) return fail(`"${all}" has no closing brace; for a literal brace write {{`);
    if (!/^[\w.-]+$/.test(name)) return fail(`"${all}" names no macro; for a literal brace write {{`);
    const meant = misspelledMacro(name, [...NAMED.keys()]);
    if (meant !== undefined) return fail(`there is no macro "${all}"; did you mean {${meant}}?`);
    const read = NAMED.get(name) ?? ((context: TemplateContext) => context.macro(name));
    return (context) => withoutControls(read(context) ?? "");
  }
  if (dollar) return "$";
  const group = numbered === undefined || numbered === "&" ? numbered ?? named : String(Number(numbered));
  if (group === undefined) return fail("a $ must be followed by a group's number, &, <name> or $");
  if (!groups?.has(group)) return fail(`the regular expression has no group for "${all}"`);
  // Tabs stay: they separate the words of folded values.
  return (_context, values) => (values?.(group) ?? "").split("\t").map(withoutControls).join("\t");
}

function withoutControls(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return text.replace(/[\x00-\x1f\x7f]/g, "");
}
