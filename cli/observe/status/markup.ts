/**
 * HTML made of templates in which every text is escaped unless it is markup already: a stranger's text can only be text.
 *
 * @module
 */

/** HTML that may stand in a page as it is. */
export class Markup {
  /** @param text the HTML */
  constructor(readonly text: string) {}
}

/** What may stand in a template. */
export type Content = Markup | string | number | undefined | readonly Content[];

/**
 * A piece of HTML. What is put in is escaped for text and for quoted attributes; there is no other place for it.
 * It is not called `html` since the formatter would lay out its text, and with that change the page.
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
 * Characters that HTML forbids or that a browser does not show: controls, halves of characters, marks without width,
 * and those that turn the direction of what follows, with which a text can pretend to be another one.
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
