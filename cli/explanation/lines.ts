/**
 * Builds the lines of a report: indented, coloured, and safe for a terminal.
 *
 * @module
 */

import type { Colours } from "../terminal/colours.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";

/** The most characters of a record or another text of strangers that a terminal gets. */
const MAX_ON_TERMINAL = 500;
/** The spaces for each level of indentation. */
const STEP = 2;

/** Lines of a report. */
export class Lines {
  /** The colours. */
  readonly colours: Colours;
  readonly #shorten: boolean;
  readonly #lines: string[] = [];

  /**
   * @param colours the colours
   * @param shorten whether long texts of strangers are cut, as on a terminal
   */
  constructor(colours: Colours, shorten: boolean) {
    this.colours = colours;
    this.#shorten = shorten;
  }

  /** All lines, each with its line end. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  /**
   * Adds a line.
   *
   * @param depth how far it is indented
   * @param text the line; control characters are escaped
   * @param colour colours it
   */
  add(depth: number, text: string, colour: (text: string) => string = (same) => same): void {
    const safe = escapeControlCharacters(text);
    this.#lines.push(safe === "" ? "" : " ".repeat(depth * STEP) + colour(safe));
  }

  /** Adds a line that begins with a heading and a result, the result coloured. */
  addResult(depth: number, heading: string, result: string, rest: string = ""): void {
    const colour = this.#colourOf(result);
    this.#lines.push(
      `${" ".repeat(depth * STEP)}${escapeControlCharacters(heading)}${
        colour(escapeControlCharacters(result))
      }${escapeControlCharacters(rest)}`,
    );
  }

  /** A text of strangers in quotes, cut if that is wanted. */
  quoted(text: string): string {
    return `"${this.cut(text)}"`;
  }

  /** A text of strangers with control characters escaped, cut if that is wanted. */
  cut(text: string): string {
    if (!this.#shorten) return text;
    // Escaped first, since that makes it longer; what is cut off need not be escaped.
    const shown = escapeControlCharacters(text.slice(0, MAX_ON_TERMINAL + 1));
    if (shown.length <= MAX_ON_TERMINAL) return shown;
    return `${shown.slice(0, MAX_ON_TERMINAL)}... (${text.length} characters in all)`;
  }

  #colourOf(result: string): (text: string) => string {
    const { good, bad, warning } = this.colours;
    if (/^(?:pass|authenticates|right)$/.test(result)) return good;
    return /^(?:fail|permerror|policy|does-not-authenticate|wrong)$/.test(result) ? bad : warning;
  }
}
