/**
 * Reads what `--reject` and `--tempfail` say: `550 5.7.1 text`, of which the codes may be left out.
 *
 * @module
 */

import type { Fail } from "../../lib/options/quantities.ts";
import { checkReply, InvalidReplyError } from "../../lib/protocol/reply.ts";
import { reject, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import { parseTemplate, type TemplateContext } from "../header_edits/template.ts";
import { asciiLine, LONGEST_TEXT } from "./ascii_line.ts";

/** A verdict with a reply of its own. */
export type RuleRefusal = Verdict<"reject" | "tempfail">;

const DEFAULTS = { reject: [550, "5.7.1"], tempfail: [451, "4.7.1"] } as const;

/**
 * Reads a reply. What it has in braces, such as `{client_addr}`, is filled in for each message; characters that are not ASCII
 * become `?` there, and a text of more than 480 characters is cut.
 *
 * @param kind whose reply it is
 * @param text the reply
 * @param fail called for a reply that no MTA would take, or whose class is not that of its kind
 * @param groups the names of the groups that it can name
 * @returns makes the verdict for a message
 */
export function readReply(
  kind: keyof typeof DEFAULTS,
  text: string,
  fail: Fail,
  groups?: ReadonlySet<string>,
): (context: TemplateContext) => RuleRefusal {
  const [, digits, given, rest = ""] =
    /^(?:(\d{3})(?=\s|$)\s*)?(?:(\d+\.\d+\.\d+)(?=\s|$)\s*)?(.*)$/s.exec(text.trim()) ?? [];
  const [usual, enhancedOfUsual] = DEFAULTS[kind];
  const code = digits === undefined ? usual : Number(digits);
  const enhanced = given ?? enhancedOfUsual;
  const [own, other] = kind === "reject" ? [5, "tempfail"] : [4, "reject"];
  if (Math.floor(code / 100) !== own) {
    const hint = Math.floor(code / 100) === 9 - own ? `; ${code} is for --${other}` : "";
    return fail(`want a code of ${own}00 to ${own}99, got ${code}${hint}`);
  }
  if (rest === "") return fail(`want a text for the sender, such as "${usual} ${enhancedOfUsual} Not here"`);
  // deno-lint-ignore no-control-regex -- what is not ASCII is looked for
  const foreign = /[^\x00-\x7f]/u.exec(rest)?.[0];
  if (foreign !== undefined) return fail(`an SMTP reply is ASCII, and ${foreign} is not`);
  if (rest.length > LONGEST_TEXT) {
    return fail(`its text has ${rest.length} characters; want at most ${LONGEST_TEXT}`);
  }
  const filled = parseTemplate(rest, fail, groups);
  try {
    checkReply({ code, enhanced, lines: [] });
  } catch (error) {
    if (!(error instanceof InvalidReplyError)) throw error;
    return fail(error.message.replace(/^Cannot reply with /, ""));
  }
  const make = kind === "reject" ? reject : tempfail;
  return (context) => make(code, enhanced, asciiLine(filled(context)));
}
