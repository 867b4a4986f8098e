/**
 * Parses and expands macro strings (RFC 7208 section 7).
 *
 * @module
 */

/** A macro such as `%{d2r}`. */
export interface Macro {
  /** Its text, from `%{` to `}`. */
  readonly text: string;
  /** Its letter in lower case. */
  readonly letter: string;
  /** Whether the value is escaped for a URL: its letter is in upper case. */
  readonly escape: boolean;
  /** How many parts of the value are kept, from the right. */
  readonly keep: number;
  /** Whether the parts are turned round. */
  readonly reverse: boolean;
  /** What separates the parts; empty if the value is not split. */
  readonly delimiters: string;
}

/** A parsed macro string. */
export interface MacroString {
  /** Literal texts and macros. */
  readonly pieces: readonly (string | Macro)[];
  /** Whether it can be a domain-spec: it ends in a macro, or in a dot and a top label (section 7.1). */
  readonly isDomainSpec: boolean;
}

/** The value of each macro letter. */
export type MacroValues = (letter: string) => string;

/** RFC 7208 section 7.1: the name is cut to this. */
const MAX_NAME_LENGTH = 253;
const MACRO = /%(?:\{([slodiphcrtv])([0-9]*)(r?)([-.+,\/_=]*)\}|([%_-]))/iy;
const ESCAPES: Readonly<Record<string, string>> = { "%": "%", "_": " ", "-": "%20" };
/** Letters that only an explanation may have. */
const EXPLANATION_LETTERS = "crt";
const TOP_LABEL_AT_END = /\.(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?$/i;

/**
 * Parses a macro string.
 *
 * @param text one character per byte
 * @param explanation whether it is an explanation, which may have spaces and more macros
 * @returns undefined if the syntax is wrong
 */
export function parseMacroString(text: string, explanation: boolean = false): MacroString | undefined {
  const pieces: (string | Macro)[] = [];
  let literal = "";
  let endsInMacro = false;
  const literals = explanation ? /[ -$&-~]+/y : /[!-$&-~]+/y;
  for (let at = 0; at < text.length;) {
    literals.lastIndex = at;
    const [plain] = literals.exec(text) ?? [];
    if (plain !== undefined) {
      literal += plain;
      endsInMacro = false;
      at += plain.length;
      continue;
    }
    MACRO.lastIndex = at;
    const match = MACRO.exec(text);
    if (match === null) return undefined;
    const [all, letter, digits = "", reverse, delimiters = "", escape] = match;
    at += all.length;
    endsInMacro = true;
    if (escape !== undefined) {
      literal += ESCAPES[escape] ?? "";
      continue;
    }
    const lower = letter?.toLowerCase() ?? "";
    if (!explanation && EXPLANATION_LETTERS.includes(lower)) return undefined;
    const keep = digits === "" ? Infinity : Number(digits);
    if (keep === 0) return undefined; // section 7.3: the number must not be zero
    if (literal !== "") pieces.push(literal);
    literal = "";
    const split = delimiters === "" && (digits !== "" || reverse !== "") ? "." : delimiters;
    pieces.push({
      text: all,
      letter: lower,
      escape: letter !== lower,
      keep,
      reverse: reverse !== "",
      delimiters: split,
    });
  }
  if (literal !== "") pieces.push(literal);
  return { pieces, isDomainSpec: endsInMacro || TOP_LABEL_AT_END.test(literal) };
}

/** Whether a macro string has a macro with this letter. */
export function usesMacro({ pieces }: MacroString, letter: string): boolean {
  return pieces.some((piece) => typeof piece !== "string" && piece.letter === letter);
}

/** Expands macro strings of one record: every macro once, however often it occurs. */
export class MacroExpander {
  readonly #values: MacroValues;
  readonly #expanded = new Map<string, string>();

  /** @param values the value of each letter; all parts of it count */
  constructor(values: MacroValues) {
    this.#values = values;
  }

  /** Expands a domain-spec, without the final dot; cut at the left to 253 characters in whole labels. */
  name({ pieces }: MacroString): string {
    let name = "";
    // From the right, so that of a record of 64 KB no more is expanded than the name can have.
    for (let i = pieces.length - 1; i >= 0 && name.length <= MAX_NAME_LENGTH + 1; i--) {
      name = this.#expand(pieces[i] ?? "") + name;
    }
    if (name.endsWith(".")) name = name.slice(0, -1);
    if (name.length <= MAX_NAME_LENGTH) return name;
    const dot = name.indexOf(".", name.length - MAX_NAME_LENGTH - 1);
    return dot < 0 ? "" : name.slice(dot + 1);
  }

  /** Expands an explanation up to `maxLength` characters. */
  text({ pieces }: MacroString, maxLength: number): string {
    let text = "";
    for (const piece of pieces) {
      text += this.#expand(piece);
      if (text.length >= maxLength) break;
    }
    return text.slice(0, maxLength);
  }

  #expand(piece: string | Macro): string {
    if (typeof piece === "string") return piece;
    let text = this.#expanded.get(piece.text);
    if (text === undefined) {
      text = expandMacro(piece, this.#values(piece.letter));
      this.#expanded.set(piece.text, text);
    }
    return text;
  }
}

function expandMacro({ delimiters, reverse, keep, escape }: Macro, value: string): string {
  let text = value;
  if (delimiters !== "") {
    const parts = splitAt(value, delimiters);
    if (reverse) parts.reverse();
    text = parts.slice(-keep).join(".");
  }
  return escape ? urlEscaped(text) : text;
}

function splitAt(text: string, delimiters: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (!delimiters.includes(text.charAt(i))) continue;
    parts.push(text.slice(start, i));
    start = i + 1;
  }
  return [...parts, text.slice(start)];
}

/** Section 7.3: all but the unreserved characters of RFC 3986 are escaped. `text` has one character per byte. */
function urlEscaped(text: string): string {
  return text.replace(
    /[^A-Za-z0-9._~-]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
