/**
 * The section of `docs/benchmark.md` about the filter `authenticate`, which a script of its own measures.
 *
 * @module
 */

const START = "<!-- Authentication, made by scripts/authentication_bench.ts -->";
const END = "<!-- End of authentication -->";

/** The page with this section at its end, in place of an older one. */
export function withAuthenticationSection(page: string, text: string): string {
  return `${withoutSection(page).trimEnd()}\n\n${START}\n\n${text.trim()}\n\n${END}\n`;
}

/** A new page with the section of an older one, if that has one. */
export function keepAuthenticationSection(older: string, page: string): string {
  const section = sectionOf(older);
  return section === undefined ? page : `${page.trimEnd()}\n\n${section}\n`;
}

function sectionOf(page: string): string | undefined {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  return start < 0 || end < start ? undefined : page.slice(start, end + END.length);
}

function withoutSection(page: string): string {
  return page.replace(sectionOf(page) ?? "", "");
}
