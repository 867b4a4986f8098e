/**
 * Reports what part each filter took in a message: it was asked, left out by a condition, or the message was decided before.
 *
 * @module
 */

import type { LeftOut } from "../../../lib/filter/report.ts";
import type { Colours } from "../../terminal/colours.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import type { ChainMember, CheckedMessage } from "./check_message.ts";

/** The part that a filter took in a message. */
export interface MemberReport extends Omit<ChainMember, "givenName"> {
  /** `asked`; `left out` by its conditions; `not asked`, because the message was decided before. */
  readonly part: "asked" | "left out" | "not asked";
  /** The conditions that left it out: of the message, or of some of its recipients. */
  readonly leftOut: readonly Omit<LeftOut, "filter">[];
  /** Why it decided as it did. */
  readonly explanations: readonly string[];
}

/** Reports on the filters of a message, in order. */
export function memberReports({ members, tookPart, leftOut, explanations }: CheckedMessage): MemberReport[] {
  return members.map(({ givenName: _, ...member }) => {
    const out = leftOut.filter(({ filter }) => filter === member.name).map(({ filter: _, ...rest }) => rest);
    const isOut = out.some(({ of }) => of !== "recipient") ||
      (out.length > 0 && !tookPart.includes(member.name));
    return {
      ...member,
      part: isOut ? "left out" : tookPart.includes(member.name) ? "asked" : "not asked",
      leftOut: out,
      explanations: explanations.filter(({ filter }) => filter === member.name).map(({ text }) => text),
    };
  });
}

/**
 * Reports on the filters of a message for people.
 *
 * @param checked the message
 * @param colours of the output
 * @param isAll whether to report on filters that were asked and said nothing, too
 */
export function memberLines(checked: CheckedMessage, { dim, warning }: Colours, isAll: boolean): string[] {
  const reports = memberReports(checked);
  const shown = reports.filter(({ part, leftOut, explanations }) =>
    isAll || part === "not asked" || leftOut.length > 0 || explanations.length > 0
  );
  if (shown.length === 0) return [];
  const width = Math.max(...shown.map(({ name, dryRun }) => nameOf(name, dryRun).length));
  return shown.flatMap(({ name, dryRun, part, leftOut, explanations }) => {
    const [first, ...more] = part === "not asked"
      ? ["not asked: the message was decided before"]
      : reasons(part, leftOut);
    const shownName = nameOf(name, dryRun);
    const head = first === undefined ? `  ${shownName}` : `  ${shownName.padEnd(width)}  ${first}`;
    const colour = part === "asked" ? (text: string) => text : dim;
    return [
      colour(escapeControlCharacters(head)),
      ...more.map((reason) => colour(escapeControlCharacters(`  ${" ".repeat(width)}  ${reason}`))),
      ...explanations.map((text) => warning(escapeControlCharacters(`    ${text}`))),
    ];
  });
}

function nameOf(name: string, dryRun: boolean | undefined): string {
  return dryRun ? `${name} (dry run)` : name;
}

/** Each reason once: many recipients may have the same. */
function reasons(part: MemberReport["part"], leftOut: MemberReport["leftOut"]): string[] {
  const words = leftOut.map(({ recipient, reason }) =>
    part === "left out" || recipient === undefined
      ? `left out: ${reason}`
      : `not for <${recipient}>: ${reason}`
  );
  return [...new Set(words)];
}
