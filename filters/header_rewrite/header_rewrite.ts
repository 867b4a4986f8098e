/**
 * Adds, changes, renames and removes header fields.
 *
 * @module
 */

import { type CreatedFilter, defineFilter } from "../../lib/filter/definition.ts";
import { MTA_CHANGES } from "../../lib/filter/filter_terms.ts";
import { declarationsOf } from "../../lib/filter/option_declarations.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { groupRules, type RuleStep } from "./rule_groups.ts";
import { readRules } from "./rules_file.ts";
import { stepOf, WORDS } from "./words.ts";
import { WorkingHeader } from "../header_edits/working_header.ts";

/** The filter `header-rewrite`. */
export const headerRewrite = defineFilter({
  name: "header-rewrite",
  summary: "Adds, changes, renames and removes header fields, by rules in the order given",
  description: `Rules apply in the order given, and each sees the changes of those before it.

VALUES. {client_addr}, {client_name}, {helo}, {mail_from}, {rcpt_to} and any macro that the MTA sends, such as {i}
(the queue id) or {auth_authen}, are replaced by their values; an unknown value is empty. A name that differs in one
letter from a macro of Postfix or Sendmail is an error; any other name may be your site's own macro. {{ is a literal
brace. Control characters are removed from values. {rcpt_to} is all recipients, joined by commas: each of them can
then see the others, including blind-copy recipients. In --replace, $1 to $99 and $<name> are the groups of the
regular expression, $& is the whole match, $$ is a dollar sign.

REGULAR EXPRESSIONS are JavaScript's, without lookaround and backreferences, so that no text takes long to match; see
docs/expressions.md. They see a value unfolded, as one line; --replace keeps the folds outside the text that it
replaces. Values are read as UTF-8, or else as latin1, one character per byte; bytes that no rule replaces stay
unchanged.

TEXT. A sender can write "lottery" in a subject as =?utf-8?B?bG90dGVyeQ==?=, and mail programs show "lottery". With
text: before the name, as in text:Subject, --replace, --if-header and --unless-header see the text that mail programs
show: on one line, with encoded words (RFC 2047) decoded from any charset, without control characters. If --replace
then finds a match, it rewrites the whole value, with encoded words where it is not ASCII; in From, To and other
fields with addresses, only names are encoded.

LONG VALUES. Values that --add, --insert or --set writes are folded into lines of 78 bytes, at commas if there are
any, otherwise at white space. A line without white space is broken at 980 bytes, since MTAs would cut it. A value too
long for any MTA to deliver whole (more than 59,900 bytes with its name) is cut at a fold, and the log says so.
--replace folds only lines of more than 980 bytes. If --replace or --rename would make a field larger than 59,900
bytes, the message is rejected (552 5.3.4).

PLACES. --insert puts a field at the top of the message, above the MTA's own Received field; the last one inserted is
topmost. --add puts it at the end (Sendmail puts it before the first field with that name, if there is one). --set
keeps the place of the field that it changes, and the spelling of its name. --rename keeps the place too.

CONDITIONS apply to all rules after them, until further conditions begin a new group or --always ends them. Of several
consecutive conditions, all must be true. Each is evaluated once, at its place; --if-header sees the changes of the
rules before it.

--rules FILE reads rules and conditions from a file, one per line, without dashes; lines that begin with # are comments:

  if-sender /@example\\.com$/i
  add X-Origin: ours
  always
  remove X-Spam*

Conditions before --rules apply to the whole file; conditions in the file end with it.`,
  changes: MTA_CHANGES,
  verdicts: ["eom"],
  options: declarationsOf([
    ...WORDS,
    {
      name: "rules",
      kind: "file",
      metavar: "FILE",
      repeatable: true,
      description: "Apply the rules in a file: these options without dashes, one per line",
    },
  ]),
  create: (_, { options }) => createHeaderRewrite(options),
});

function createHeaderRewrite(options: OptionValues): CreatedFilter<undefined, undefined> {
  // The other options are those that all filters have.
  const given = options.given.filter(({ name }) =>
    name === "rules" || WORDS.some((word) => word.name === name)
  );
  const steps = given.map((option): [step: RuleStep, option: typeof option] => {
    const { name, value } = option;
    const isFile = name === "rules";
    return [
      isFile ? { type: "rule", rule: readRules(value as string, options.lists) } : stepOf(name, value),
      option,
    ];
  });
  const rules = groupRules(steps, ({ name, value }) => {
    throw new OptionError(name, textOf(value), "no rule follows this condition");
  });
  if (!steps.some(([{ type }]) => type === "rule")) {
    const flags = ["add", "insert", "set", "remove", "rename", "replace", "rules"].map((word) => `--${word}`);
    throw new OptionError("add", undefined, `give at least one rule, of ${flags.join(", ")}`);
  }
  return {
    changes: rules.changes,
    changedFields: rules.changedFields,
    readsHeader: rules.readsHeader,
    eom(message, context) {
      const header = new WorkingHeader(message);
      rules.apply(header, context);
      const tooLarge = header.commit(context.remark);
      if (tooLarge !== undefined) return reject(552, "5.3.4", `Header field too large: ${tooLarge}`);
    },
  };
}

/** A regular expression or a network as it was given. */
function textOf(value: unknown): string {
  return typeof value === "object" && value !== null && "text" in value ? String(value.text) : String(value);
}
