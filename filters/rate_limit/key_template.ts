/**
 * Key templates: what makes two messages count together, such as `{login}` or `{sender-domain} from {client-network}`.
 *
 * @module
 */

import { correctionOf } from "../../lib/options/nearest.ts";
import type { PrefixLengths } from "../../lib/options/network.ts";
import type { Fail } from "../../lib/options/quantities.ts";
import { type KeySource, type PlaceholderName, PLACEHOLDERS } from "./key_values.ts";

/** A text, or the name of what takes its place. */
type Piece = { readonly text: string } | { readonly name: PlaceholderName };

/** A key with placeholders. */
export class KeyTemplate {
  /** The template as it was written. */
  readonly text: string;
  readonly #pieces: readonly Piece[];
  readonly #names: readonly PlaceholderName[];

  /**
   * @param text the template
   * @param pieces its parts, in order
   */
  private constructor(text: string, pieces: readonly Piece[]) {
    this.text = text;
    this.#pieces = pieces;
    this.#names = pieces.flatMap((piece) => "name" in piece ? [piece.name] : []);
  }

  /**
   * Parses a template.
   *
   * @param text fixed text, and placeholders in braces
   * @param fail called for anything else
   */
  static parse(text: string, fail: Fail): KeyTemplate {
    // deno-lint-ignore no-control-regex -- they are what is looked for
    if (/[\x00-\x1f\x7f]/.test(text)) return fail("it holds a control character");
    if (text.trim() !== text) return fail("it begins or ends with a space");
    const pieces = text.split(/(\{[^{}]*\})/).filter((part) => part !== "").map((part) =>
      pieceOf(part, fail)
    );
    pieces.forEach((piece, i) => {
      const next = pieces[i + 1];
      if (next && "name" in piece && "name" in next) {
        const [a, b] = [`{${piece.name}}`, `{${next.name}}`];
        // Without a separator, different values could make the same key.
        fail(`put something between ${a} and ${b}, such as ${a}/${b}`);
      }
    });
    return new KeyTemplate(text, pieces);
  }

  /** Whether it has a placeholder. */
  has(name: PlaceholderName): boolean {
    return this.#names.includes(name);
  }

  /** The key of a message, or of one of its recipients; undefined if one of the values is missing. */
  key(source: KeySource): string | undefined {
    let key = "";
    for (const piece of this.#pieces) {
      const value = "text" in piece ? piece.text : PLACEHOLDERS[piece.name].value(source);
      if (value === undefined) return undefined;
      key += value;
    }
    return key;
  }

  /**
   * Spells a key that an administrator wrote as {@linkcode key} does, as far as it is clear what is what.
   *
   * @returns undefined for a text that can never be a key
   */
  spelled(text: string, lengths: PrefixLengths): string | undefined {
    const [first, ...others] = this.#pieces;
    if (this.#names.length === 0) return text === this.text ? text : undefined;
    if (first === undefined || "text" in first || others.length > 0) return text;
    return PLACEHOLDERS[first.name].spelled(text, lengths);
  }
}

function pieceOf(part: string, fail: Fail): Piece {
  const [, name] = /^\{([^{}]*)\}$/.exec(part) ?? [];
  if (name === undefined) {
    return /[{}]/.test(part) ? fail("it has an unmatched brace") : { text: part };
  }
  if (isPlaceholder(name)) return { name };
  const names = Object.keys(PLACEHOLDERS);
  const meant = correctionOf(name, names);
  return fail(
    `there is no {${name}}; ${
      meant === undefined
        ? `there are ${names.map((each) => `{${each}}`).join(", ")}`
        : `did you mean {${meant}}?`
    }`,
  );
}

function isPlaceholder(name: string): name is PlaceholderName {
  return Object.hasOwn(PLACEHOLDERS, name);
}
