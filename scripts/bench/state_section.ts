/**
 * The section of `docs/benchmark.md` about state in a file, which a script of its own measures.
 *
 * @module
 */

const START = "<!-- State in a file, made by scripts/state_bench.ts -->";
const END = "<!-- End of state in a file -->";

/** Puts the section into the document, in the place of an earlier one. */
export function withStateSection(document: string, section: string): string {
  const block = `${START}\n\n${section.trim()}\n\n${END}`;
  const start = document.indexOf(START);
  const end = document.indexOf(END);
  if (start < 0 || end < 0) return `${document.trimEnd()}\n\n${block}\n`;
  return `${document.slice(0, start)}${block}${document.slice(end + END.length)}`;
}
