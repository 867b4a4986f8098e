/**
 * Reads plain lists: an entry on each line, and comments from `#` on.
 *
 * @module
 */

import { ContentBuilder, type ListContent } from "./list_content.ts";

/** Says that a line is wrong. */
export type FailAt = (line: number, text: string, reason: string) => never;

/**
 * Reads a part of a list each time that it is asked to go on: a million lines take longer than mail may wait.
 *
 * @returns what is in the list, at the end
 */
export type ListReading = Generator<undefined, ListContent>;

/** How many lines are read at a time: a few milliseconds. */
export const LINES_AT_A_TIME = 4000;

/**
 * Reads a plain list.
 *
 * @param text the text of the file
 * @param fail called for a line that is no entry
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
 * Makes a list of entries that are there one by one.
 *
 * @param entries the entries
 * @param fail called for one that is none, with its number from 1
 */
export function listOfEntries(entries: readonly string[], fail: FailAt): ListContent {
  const content = new ContentBuilder();
  entries.forEach((text, i) => {
    const line = i + 1;
    content.entry({ line, text }, (reason) => fail(line, text, reason));
  });
  return content.build();
}
