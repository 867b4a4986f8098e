/**
 * The sections of `docs/benchmark.md` that scripts of their own measure, at its end.
 *
 * @module
 */

/** The sections: what their marks say, at the beginning and at the end. */
const SECTIONS = {
  authentication: [
    "<!-- Authentication, made by scripts/authentication_bench.ts -->",
    "<!-- End of authentication -->",
  ],
  state: ["<!-- State in a file, made by scripts/state_bench.ts -->", "<!-- End of state in a file -->"],
} as const;

/** The name of a section. */
export type OwnSection = keyof typeof SECTIONS;

/** The page with a section at its end, in place of an older one. */
export function withSection(page: string, name: OwnSection, text: string): string {
  const [start, end] = SECTIONS[name];
  const rest = page.replace(sectionOf(page, name) ?? "", "").replace(/\n{3,}/g, "\n\n");
  return `${rest.trimEnd()}\n\n${start}\n\n${text.trim()}\n\n${end}\n`;
}

/** A new page with those sections of an older one that it has. */
export function keepSections(older: string, page: string): string {
  const sections = (Object.keys(SECTIONS) as OwnSection[]).flatMap((name) => sectionOf(older, name) ?? []);
  return `${[page.trimEnd(), ...sections].join("\n\n")}\n`;
}

function sectionOf(page: string, name: OwnSection): string | undefined {
  const [first, last] = SECTIONS[name];
  const start = page.indexOf(first);
  const end = page.indexOf(last);
  return start < 0 || end < start ? undefined : page.slice(start, end + last.length);
}
