/**
 * Rules in a file: the words of the options without their dashes, a line each.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { type Lists, NO_LISTS } from "../../lib/options/lists/lists.ts";
import { nearest } from "../../lib/options/nearest.ts";
import { OptionError, parseOption } from "../../lib/options/options.ts";
import { groupRules, type RuleStep } from "./rule_groups.ts";
import type { HeaderEdit } from "../header_edits/edits.ts";
import { stepOf, WORDS } from "./words.ts";

/**
 * Reads a rules file as one rule, so that conditions before it apply to the whole file, and its own end with it.
 *
 * @param path the file: UTF-8; empty lines, lines that begin with `#`, and white space around a line are ignored
 * @param lists the lists that its conditions can name
 * @throws {OptionError} if the file cannot be read, or for an error in it, with file, line and what is wrong
 */
export function readRules(path: string, lists: Lists): HeaderEdit {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionError("rules", path, `it cannot be read: ${(error as Error).message}`);
  }
  return parseRules(text, path, lists);
}

/**
 * Parses the text of a rules file.
 *
 * @param text the rules
 * @param path the file, for errors
 * @param lists the lists that they can name
 * @throws {OptionError} for an error, with file, line and what is wrong
 */
export function parseRules(text: string, path: string, lists: Lists = NO_LISTS): HeaderEdit {
  const steps: [step: RuleStep, line: number][] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    // A byte order mark is white space too.
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    steps.push([parseLine(trimmed, lists, (reason) => failAt(path, index + 1, reason)), index + 1]);
  }
  return groupRules(steps, (line) => failAt(path, line, "no rule follows this condition"));
}

function parseLine(line: string, lists: Lists, fail: (reason: string) => never): RuleStep {
  const [word = ""] = line.split(/\s/, 1);
  const text = line.slice(word.length).trimStart();
  const spec = WORDS.find(({ name }) => name === word);
  if (!spec) return fail(unknownWord(word));
  if (spec.kind === "flag" ? text !== "" : text === "") {
    return fail(spec.kind === "flag" ? `${word} takes no value` : `${word} wants ${spec.metavar}`);
  }
  try {
    return stepOf(word, parseOption(spec, text, lists));
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return fail(error.message.replace(/^Invalid --/, ""));
  }
}

function unknownWord(word: string): string {
  if (word === "rules" || word === "--rules") return "a rules file cannot name another one";
  const meant = nearest(word.replace(/^-+/, ""), WORDS.map(({ name }) => name));
  return `there is no word "${word}"; did you mean "${meant}"?`;
}

function failAt(path: string, line: number, reason: string): never {
  throw new OptionError("rules", `${path}:${line}`, reason);
}
