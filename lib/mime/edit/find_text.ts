/**
 * Searches for texts in what people read of a message.
 *
 * @module
 */

import type { Part } from "../part.ts";
import { charsetOf } from "./charset_of.ts";
import { TextFinder } from "./text/text_finder.ts";

/**
 * Whether one of several texts occurs in what people read of a message, in plain text or HTML, even if it was quoted,
 * rewrapped or reformatted; see {@linkcode TextFinder}. Attachments and attached messages do not count.
 *
 * @param root the message
 * @param texts the texts to look for
 * @throws what reading the message throws
 */
export async function hasText(root: Part, texts: readonly string[]): Promise<boolean> {
  for (const part of shownTexts(root)) {
    const finders = texts.map((text) => new TextFinder(text, part.type === "text/html"));
    const decoder = new TextDecoder(charsetOf(part).name ?? "utf-8");
    for await (const bytes of part.stream()) {
      const piece = decoder.decode(bytes, { stream: true });
      for (const finder of finders) finder.push(piece);
      if (finders.some(({ found }) => found)) return true;
    }
  }
  return false;
}

function* shownTexts(part: Part): Generator<Part, void> {
  if (part.isMultipart) { for (const child of part.children) yield* shownTexts(child); }
  else if ((part.type === "text/plain" || part.type === "text/html") && part.disposition !== "attachment") {
    yield part;
  }
}
