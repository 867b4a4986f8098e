/**
 * Reads what a rule does.
 *
 * @module
 */

import { type GivenOption, OptionError, type OptionValues, parseOption } from "../../lib/options/options.ts";
import type { Fail } from "../../lib/options/quantities.ts";
import { EDITS, type EditWord, type HeaderEdit } from "../header_edits/edits.ts";
import { parseTemplate, type Template, type TemplateContext } from "../header_edits/template.ts";
import { ACTION_NAMES } from "./options.ts";
import { FIELD_ACTIONS, type FieldEdit, readFieldEdit } from "./fields/field_edit.ts";
import { readReply, type RuleRefusal } from "./reply.ts";

/** How a rule ends the rules. */
export type Decision = "reject" | "tempfail" | "discard" | "accept";

/** What a rule does. */
export interface Actions {
  /** How it decides; undefined if the rules after it still apply. */
  readonly decision: Decision | undefined;
  /** Makes the verdict, if it refuses. */
  readonly refusal: ((context: TemplateContext) => RuleRefusal) | undefined;
  /** Why the message is held; undefined if it is not. */
  readonly quarantine: Template | undefined;
  /** Changes of the header, in order. */
  readonly edits: readonly HeaderEdit[];
  /** What it does with the field that it matches; undefined if the field stays. */
  readonly fieldEdit: FieldEdit | undefined;
  /** Who gets the message instead of a recipient; empty if the recipient stays. */
  readonly redirect: readonly string[];
  /** Who also gets the message. */
  readonly addRecipients: readonly string[];
  /** What it logs. */
  readonly log: Template | undefined;
}

const DECISIONS: readonly string[] = ["reject", "tempfail", "discard", "accept"] satisfies Decision[];

/** After these nobody gets the message, so changing it is pointless. */
const ENDS: readonly string[] = ["reject", "tempfail", "discard"];

/**
 * Reads the actions of a rule.
 *
 * @param name the rule's name
 * @param values its options
 * @param groups the names of groups whose matches its texts can name; undefined if it is not for fields
 * @throws {OptionError} if it has no action, two that decide, or one that could never take effect together with another
 */
export function readActions(name: string, values: OptionValues, groups?: ReadonlySet<string>): Actions {
  const given = values.given.filter((option) => ACTION_NAMES.includes(option.name));
  if (given.length === 0) {
    const reason = 'it does nothing: give it an action, such as --reject "550 5.7.1 Not here", or --accept';
    throw new OptionError("rule", name, reason);
  }
  const [decides, more] = given.filter((option) => DECISIONS.includes(option.name));
  if (decides && more) throw voidOption(more, `a rule decides once, and this one has --${decides.name}`);
  const useless = decides && ENDS.includes(decides.name)
    ? given.find((option) => option !== decides && option.name !== "log")
    : undefined;
  if (useless) throw voidOption(useless, `beside --${decides!.name} it changes nothing that anybody gets`);
  const ofFields = given.find((option) => FIELD_ACTIONS.includes(option.name));
  if (ofFields && groups === undefined) throw voidOption(ofFields, "only rules of --match field have it");
  const one = <T>(
    option: string,
    read: (text: string, fail: Fail, groups?: ReadonlySet<string>) => T,
  ): T | undefined => {
    const found = given.find((each) => each.name === option);
    return found && read(found.text, failOf(found), groups);
  };
  const all = (option: string) =>
    given.filter((each) => each.name === option).map((each) => readAddress(each.text, failOf(each)));
  const refusing = decides?.name === "reject" || decides?.name === "tempfail" ? decides.name : undefined;
  return {
    decision: decides?.name as Decision | undefined,
    refusal: refusing && one(refusing, (text, fail) => readReply(refusing, text, fail, groups)),
    quarantine: one("quarantine", parseTemplate),
    edits: given.filter(({ name }) => Object.hasOwn(EDITS, name))
      .map((each) => EDITS[each.name as EditWord](each.text, failOf(each))),
    fieldEdit: readFieldEdit(given, groups),
    redirect: all("redirect"),
    addRecipients: all("add-recipient"),
    log: one("log", parseTemplate),
  };
}

/** One address, not a domain or list. */
function readAddress(text: string, fail: Fail): string {
  try {
    const { parts } = parseOption({ name: "address", kind: "recipient", description: "" }, text) as {
      readonly parts?: unknown;
    };
    if (text.includes("@") && parts === undefined) return text;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    if (!text.startsWith("@")) return fail(error.message.replace(/^Invalid --address ".*?(?<!\\)": /s, ""));
  }
  return fail("want one address, such as joe@example.org");
}

function failOf({ name, text }: GivenOption): Fail {
  return (reason) => {
    throw new OptionError(name, text, reason);
  };
}

function voidOption({ name, text }: GivenOption, reason: string): OptionError {
  return new OptionError(name, text === "" ? "true" : text, reason);
}
