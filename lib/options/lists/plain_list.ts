/**
 * Reads plain lists: one entry per line; `#` begins a comment.
 *
 * @module
 */

import { ContentBuilder, type ListContent } from "./list_content.ts";

/** Throws an error about a line. */
export type FailAt = (line: number, text: string, reason: string) => never;

/**
 * Reads a part of a list at each step: a million lines take longer than mail may wait.
 *
 * @returns the content of the list, at the end
 */
export type ListReading = Generator<undefined, ListContent>;

/** How many lines are read at a time: a few milliseconds. */
export const LINES_AT_A_TIME = 4000;

/**
 * Reads a plain list.
 *
 * @param text the text of the file
 * @param fail called for an invalid line
 */
export function* readPlainList(text: string, fail: FailAt): ListReading {
  const content = new ContentBuilder();
  let number = 0;
  for (let begin = 0; begin < text.length;) {
    const found = text.indexOf("\n", begin);
    const end = found < 0 ? text.length : found;
    const raw = text.slice(begin, end);
    begin = end + 1;
    number++;
    const hash = raw.indexOf("#");
    const entry = (hash < 0 ? raw : raw.slice(0, hash)).trim();
    if (entry !== "") content.entry({ line: number, text: entry }, (reason) => fail(number, entry, reason));
    if (number % LINES_AT_A_TIME === 0) yield;
  }
  return content.build();
}

/**
 * Makes a list from separate entries.
 *
 * @param entries the entries
 * @param fail called for an invalid one, with its number from 1
 */
export function listOfEntries(entries: readonly string[], fail: FailAt): ListContent {
  const content = new ContentBuilder();
  entries.forEach((text, i) => {
    const line = i + 1;
    content.entry({ line, text }, (reason) => fail(line, text, reason));
  });
  return content.build();
}
