/**
 * Generates the tables of settings in `docs/moving-from-opendkim.md` from the table that the conversion uses.
 *
 * @module
 */

import { KEYWORD_GROUPS } from "../../cli/commands/config/from_opendkim/keywords.ts";
import type { Fate } from "../../cli/commands/config/from_opendkim/keywords/keyword.ts";

const BEGIN = "<!-- Settings, made by deno task docs -->\n";
const END = "<!-- End of settings -->\n";

/**
 * The page with its settings as they are.
 *
 * @param written the page as it is written
 * @throws {Error} where it has no place for them
 */
export function opendkimPage(written: string): string {
  const begin = written.indexOf(BEGIN);
  const end = written.indexOf(END, begin);
  if (begin < 0 || end < 0) {
    throw new Error(`docs/moving-from-opendkim.md lacks the lines ${BEGIN}and ${END}`);
  }
  return written.slice(0, begin + BEGIN.length) + tables() + written.slice(end);
}

function tables(): string {
  return KEYWORD_GROUPS.map(([title, keywords]) => {
    const fates = Map.groupBy(keywords, ({ fate }) => fateText(fate));
    const rows = [...fates].map(([fate, same]) =>
      `| ${same.map(({ name }) => `\`${name}\``).join(", ")} | ${fate} |`
    );
    return [`### ${title}\n`, "| setting | becomes |", "|---|---|", ...rows].join("\n") + "\n";
  }).join("\n");
}

function fateText(fate: Fate): string {
  if (fate.kind === "converted") return fate.to;
  const text = fate.text.replace(/\|/g, "\\|");
  return fate.kind === "note" ? `a note: ${text}` : `**an error**: ${text}`;
}
