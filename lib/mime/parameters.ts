/**
 * Reads the parameters of `Content-Type` and `Content-Disposition` (RFC 2045, RFC 2231), including the invalid forms
 * that mail programs write.
 *
 * @module
 */

import { latin1Bytes, latin1Text, toBytes, utf8Text } from "../protocol/text.ts";
import { decodeText } from "./charset.ts";
import { decodeRawWords } from "./encoded_words.ts";
import { singleLine } from "./single_line.ts";
import { ParameterScanner, type RawParameter } from "./parameter_scanner.ts";

/** One parameter. */
export interface Parameter {
  /** Its name, in lower case. */
  readonly name: string;
  /** Its value, decoded. */
  readonly value: string;
}

/** A value with parameters. */
export interface ParsedParameters {
  /** What is before the first parameter, such as `text/plain` or `attachment`: in lower case, without comments. */
  readonly value: string;
  /** The value of each parameter, decoded, by its name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /**
   * Values that are not used: of repeated parameters, and with backslashes kept. Other mail programs may use them, so a
   * filter that refuses file names should check these too.
   */
  readonly duplicates: readonly Parameter[];
}

/**
 * Parses the value of `Content-Type`, `Content-Disposition` or another field with parameters. Never throws.
 *
 * Of parameters with the same name, one counts: the one in the form of RFC 2231 (`filename*=` or `filename*0=`) if
 * there is one, otherwise the first; the others are `duplicates`. Sections of RFC 2231 are joined in the order of their
 * numbers, even if one is missing; if one is repeated, `duplicates` has it alone and joined as other programs do.
 * Encoded words (RFC 2047) are decoded, except in `boundary`. Bytes without a charset are UTF-8 if they are valid
 * UTF-8, otherwise windows-1252. Broken fields are read as mail programs read them: spaces in an unquoted value belong
 * to it, unless another parameter follows; an unclosed quotation extends to the end of the field; text directly after a
 * closing quotation mark belongs to the value; a parameter without `=` is ignored.
 *
 * @param value everything after the colon, folded or not
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseParameters } from "./parameters.ts";
 *
 * const { value, parameters } = parseParameters("attachment; filename*0*=utf-8''Gr%C3%BC; filename*1=\"sse.pdf\"");
 * assert.equal(value, "attachment");
 * assert.equal(parameters.get("filename"), "Grüsse.pdf");
 * ```
 */
export function parseParameters(value: string | Uint8Array): ParsedParameters {
  const scanner = new ParameterScanner(latin1Text(toBytes(value)));
  const first = scanner.value();
  const all = new Map<string, Spellings>();
  for (let raw = scanner.parameter(); raw !== undefined; raw = scanner.parameter()) {
    const { base, section, extended } = partsOf(raw.name);
    const spellings = all.get(base) ?? new Spellings(base);
    all.set(base, spellings);
    spellings.add(raw, section, extended);
  }
  const parameters = new Map<string, string>();
  const duplicates: Parameter[] = [];
  for (const [name, spellings] of all) {
    const [chosen = "", ...others] = spellings.values();
    parameters.set(name, chosen);
    for (const other of others) duplicates.push({ name, value: other });
  }
  return { value: singleLine(plain(first)).toLowerCase(), parameters, duplicates };
}

/** The parts of a name such as `filename*0*`. */
function partsOf(name: string): { base: string; section: number | undefined; extended: boolean } {
  const [, base, section, star] = /^([^*]+)(?:\*(\d{1,9}))?(\*)?$/.exec(name) ?? [];
  if (base === undefined) return { base: name, section: undefined, extended: false };
  return {
    base,
    section: section === undefined ? undefined : Number(section),
    extended: star !== undefined,
  };
}

/** A piece of a value: literal, or with `%` and two hexadecimal digits for a byte. */
interface Piece {
  readonly text: string;
  readonly extended: boolean;
}

/** All values that a field has for one name. */
class Spellings {
  readonly #name: string;
  /** Values of names with a final `*`. */
  readonly #extended: Piece[] = [];
  readonly #sections = new Map<number, Piece>();
  readonly #plain: string[] = [];
  /** Values with backslashes kept. */
  readonly #verbatim: string[] = [];
  /** Sections with a repeated number. */
  readonly #repeated: (readonly [section: number, piece: Piece])[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  add({ text, verbatim }: RawParameter, section: number | undefined, extended: boolean): void {
    if (section === undefined) {
      if (extended) this.#extended.push({ text, extended });
      else {
        this.#plain.push(text);
        if (verbatim !== undefined && this.#name !== "boundary") this.#verbatim.push(verbatim);
      }
    } else if (this.#sections.has(section)) this.#repeated.push([section, { text, extended }]);
    else this.#sections.set(section, { text, extended });
  }

  /** The values; the first is the one that counts. */
  values(): string[] {
    const joined = (sections: Iterable<readonly [number, Piece]>) =>
      this.#decoded([...sections].sort(([a], [b]) => a - b).map(([, piece]) => piece));
    return [
      ...this.#extended.map((piece) => this.#decoded([piece])),
      ...(this.#sections.size > 0 ? [joined(this.#sections)] : []),
      ...this.#plain.map((text) => this.#decoded([{ text, extended: false }])),
      ...this.#verbatim.map((text) => this.#decoded([{ text, extended: false }])),
      ...this.#repeated.map(([, piece]) => this.#decoded([piece])),
      // Of sections with the same number, some programs take all, others the last.
      ...(this.#repeated.length > 0
        ? [
          joined([...this.#sections, ...this.#repeated]),
          joined(new Map([...this.#sections, ...this.#repeated])),
        ]
        : []),
    ];
  }

  #decoded(pieces: readonly Piece[]): string {
    if (!pieces.some(({ extended }) => extended)) {
      const text = pieces.map(({ text }) => text).join("");
      // A boundary is compared byte by byte with lines of the body.
      if (this.#name === "boundary") return utf8Text(latin1Bytes(text.replace(/\r?\n(?=[ \t])/g, "")));
      return singleLine(decodeRawWords(text));
    }
    const [first, ...rest] = pieces;
    const [, charset, bare = first?.text ?? ""] = (first?.extended ? /^([^']*)'[^']*'(.*)$/s : /^()(.*)$/s)
      .exec(first?.text ?? "") ?? [];
    const all = [{ text: bare, extended: first?.extended === true }, ...rest]
      .map(({ text, extended }) => extended ? percentDecoded(text) : text).join("");
    return singleLine(decodeText(latin1Bytes(all), charset === "" ? undefined : charset));
  }
}

/** A `%` without two hexadecimal digits stays unchanged. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

function plain(raw: string): string {
  return decodeText(latin1Bytes(raw));
}
