/**
 * Builds HTML from templates that escape everything except markup, so that text from outside stays text.
 *
 * @module
 */

/** HTML that needs no escaping. */
export class Markup {
  /** @param text the HTML */
  constructor(readonly text: string) {}
}

/** What a template may contain. */
export type Content = Markup | string | number | undefined | readonly Content[];

/**
 * A template tag for HTML. Escapes its values for text and quoted attributes; do not put values anywhere else.
 * It is not called `html`, since the formatter would then reformat the text, and with it change the page.
 *
 * @example
 * markup`<b title="${name}">${name}</b>`;
 */
export function markup(parts: TemplateStringsArray, ...contents: Content[]): Markup {
  return new Markup(String.raw({ raw: parts }, ...contents.map(htmlText)));
}

function htmlText(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "string") return escaped(content);
  if (typeof content === "number") return String(content);
  return content.map(htmlText).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Characters that HTML forbids or that a browser does not show: control characters, lone surrogates, zero-width marks,
 * and marks that change the direction of text, which can make one text look like another.
 */
const HIDDEN =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}|\p{Noncharacter_Code_Point}/gu;

function escaped(text: string): string {
  return text.replace(HIDDEN, shown).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}

function shown(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
}
