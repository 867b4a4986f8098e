/**
 * Adds, changes, renames and removes header fields.
 *
 * @module
 */

import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { defineFilter, type Filter } from "../../lib/filter/filter.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { groupRules, type RuleStep } from "./rule_groups.ts";
import { readRules } from "./rules_file.ts";
import { stepOf, WORDS } from "./words.ts";
import { WorkingHeader } from "./working_header.ts";

/** The filter `header-rewrite`. */
export const headerRewrite: FilterDefinition = {
  name: "header-rewrite",
  summary: "Adds, changes, renames and removes header fields, by rules in the order given",
  description: `Rules are carried out in the order given, and each sees what those before it did.

VALUES. {client_addr}, {client_name}, {helo}, {mail_from}, {rcpt_to} and any macro that the MTA sends, such as {i}
(the queue id) or {auth_authen}, stand for what is known of the message; what is not known is empty. A name that is one
letter off a macro of Postfix or Sendmail is refused; any other may be your site's own. {{ is a brace.
Control characters in what is filled in are removed. {rcpt_to} is all recipients, joined by a comma: each of them can
then read who the others are, blind copies included. In --replace, $1 to $99 and $<name> are the groups of the regular
expression, $& is all that matched, $$ is a dollar.

REGULAR EXPRESSIONS are JavaScript's; in conditions without the flags g and y. They see a value as one line, without its folds; --replace keeps the folds
outside of what it replaces. Values are read as UTF-8, those that are not as latin1, a byte a character; bytes that no
rule replaces stay as they are.

LONG VALUES. A value that --add, --insert or --set writes is folded into lines of 78 bytes, at commas where there are
some, else at white space. A line without white space is broken at 980 bytes, since MTAs would cut it. A value that no
MTA delivers whole, of more than 59,900 bytes with its name, is cut at a fold, and the log says so. --replace folds only
lines of more than 980 bytes. A message of which --replace or --rename would make a field larger than 59,900 bytes is
rejected (552 5.3.4).

PLACES. --insert puts a field on top of the message, above the Received field that the MTA itself adds; of several, the
last is the topmost. --add puts it at the end (Sendmail puts a field whose name is there already before the first of
that name). --set keeps the place and the spelling of the field that it changes. --rename keeps the place too.

CONDITIONS hold for all rules behind them, until further conditions begin a new group, or --always ends them. Several in
a row are all needed. They are asked once, where they stand; --if-header sees what the rules before it did.

--rules FILE names a file of the same words without their dashes, a line each; lines that begin with # are comments:

  if-sender /@example\\.com$/i
  add X-Origin: ours
  always
  remove X-Spam*

Conditions before --rules hold for the whole file; the conditions in it end with it.`,
  options: [
    ...WORDS,
    {
      name: "rules",
      kind: "file",
      metavar: "FILE",
      repeatable: true,
      description: "Carry out the rules in a file: these words without dashes, a line each",
    },
  ],
  create: (options) => createHeaderRewrite(options),
};

function createHeaderRewrite(options: OptionValues): Filter<undefined, undefined> {
  // What else is given is common to all filters and not for this one.
  const given = options.given.filter(({ name }) =>
    name === "rules" || WORDS.some((word) => word.name === name)
  );
  const steps = given.map((option): [step: RuleStep, option: typeof option] => {
    const { name, value } = option;
    const isFile = name === "rules";
    return [isFile ? { type: "rule", rule: readRules(value as string) } : stepOf(name, value), option];
  });
  const rules = groupRules(steps, ({ name, value }) => {
    throw new OptionError(name, textOf(value), "no rule follows this condition");
  });
  if (!steps.some(([{ type }]) => type === "rule")) {
    const flags = ["add", "insert", "set", "remove", "rename", "replace", "rules"].map((word) => `--${word}`);
    throw new OptionError("add", undefined, `give at least one rule, of ${flags.join(", ")}`);
  }
  return defineFilter({
    name: headerRewrite.name,
    changes: rules.changes,
    verdicts: ["eom"],
    eom(message, context) {
      const header = new WorkingHeader(message.headers);
      rules.apply(header, context);
      const tooLarge = header.commit(message, context.remark);
      if (tooLarge !== undefined) return reject(552, "5.3.4", `Header field too large: ${tooLarge}`);
    },
  });
}

/** A regular expression or a network as it was written. */
function textOf(value: unknown): string {
  return typeof value === "object" && value !== null && "text" in value ? String(value.text) : String(value);
}
