/**
 * The sections of `docs/benchmark.md` that scripts of their own measure, at the end of the page.
 *
 * @module
 */

/** The sections in their order, each with the script that measures it. */
const SCRIPTS = {
  "Behind Postfix": "scripts/postfix_bench.ts",
  Authentication: "scripts/authentication_bench.ts",
  Signing: "scripts/signing_bench.ts",
  "State in a file": "scripts/state_bench.ts",
  "Memory of parts": "scripts/content_memory.ts",
} as const;

/** The title of a section. */
export type ScriptSection = keyof typeof SCRIPTS;

/** The path of the script that measures a section, from the root of the repository. */
export function scriptOf(title: ScriptSection): string {
  return SCRIPTS[title];
}

/** The page with this section, in place of an older one. */
export function withScriptSection(page: string, title: ScriptSection, text: string): string {
  const sections = sectionsOf(page);
  sections.set(title, `${startOf(title)}\n\n${text.trim()}\n\n${endOf(title)}`);
  return withSections(page, sections);
}

/** A new page with the sections that an older one has. */
export function keepScriptSections(older: string, page: string): string {
  return withSections(page, sectionsOf(older));
}

function withSections(page: string, sections: ReadonlyMap<ScriptSection, string>): string {
  let rest = page;
  for (const section of sectionsOf(page).values()) rest = rest.replace(section, "");
  const titles = Object.keys(SCRIPTS) as ScriptSection[];
  return [rest, ...titles.map((title) => sections.get(title) ?? "")].map((part) => part.trim())
    .filter((part) => part !== "").join("\n\n") + "\n";
}

function sectionsOf(page: string): Map<ScriptSection, string> {
  const sections = new Map<ScriptSection, string>();
  for (const title of Object.keys(SCRIPTS) as ScriptSection[]) {
    const start = page.indexOf(startOf(title));
    const end = page.indexOf(endOf(title), start);
    if (start >= 0 && end > start) sections.set(title, page.slice(start, end + endOf(title).length));
  }
  return sections;
}

function startOf(title: ScriptSection): string {
  return `<!-- ${title}, made by ${scriptOf(title)} -->`;
}

function endOf(title: ScriptSection): string {
  return `<!-- End of ${title.toLowerCase()} -->`;
}
