/**
 * What a script prints while it measures, and the section of `docs/benchmark.md` that it makes of that.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { scriptOf, type ScriptSection, withScriptSection } from "./script_sections.ts";

const PAGE = fileURLToPath(new URL("../../docs/benchmark.md", import.meta.url));

/** Collects the paragraphs and table rows of a section, and prints each at once. */
export class ScriptReport {
  readonly #title: ScriptSection;
  readonly #lines: string[] = [];

  /** @param title that of the section */
  constructor(title: ScriptSection) {
    this.#title = title;
  }

  /** Prints a paragraph or a row of a table, and keeps it for the section. */
  tell(line: string): void {
    console.log(line);
    this.#lines.push(line);
  }

  /**
   * Writes the section into the page.
   *
   * @param packages the packages of Debian that the script needs, as words
   */
  write(packages: string): void {
    const repeat = `Repeat it: \`deno run -A ${
      scriptOf(this.#title)
    } --write\`, with Debian's ${packages} installed.`;
    const text = [`## ${this.#title}`, ...this.#lines, repeat].join("\n\n");
    writeScriptSection(this.#title, text.replace(/\|\n\n\|/g, "|\n|"));
  }
}

/** Writes a section into the page, in place of an older one. */
export function writeScriptSection(title: ScriptSection, text: string): void {
  writeFileSync(PAGE, withScriptSection(readFileSync(PAGE, "utf8"), title, text));
}
