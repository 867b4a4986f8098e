/**
 * Suggests words for the cursor in a command line.
 *
 * It never loads a filter file: code of a user must not run because somebody presses Tab.
 *
 * @module
 */

import type { Suggestion } from "@optique/core";
import { COMMON_OPTIONS } from "../../../filters/common/options.ts";
import type { OptionSpec } from "../../../lib/options/options.ts";
import { findFilter, registry } from "../../../filters/registry.ts";
import { optionsOf } from "../../config/filter_arguments.ts";
import type { CommandOption } from "../../terminal/arguments.ts";
import { type OperandKind, splitOperands } from "../../terminal/operands.ts";
import type { CliCommand, CommandEntry } from "../command.ts";

/** Extensions of filter files. */
const FILTER_FILES = [".ts", ".js", ".mts", ".mjs"];

const FILTER: OptionSpec = {
  name: "filter",
  kind: "string",
  repeatable: true,
  description: "A filter, followed by its options",
};

const HELP: OptionSpec = { name: "help", kind: "flag", description: "Show help" };

/** The part of the command line that the cursor is in: the command's own, or that of a filter. */
interface Piece {
  /** Its words before the cursor. */
  readonly words: readonly string[];
  readonly options: readonly CommandOption[];
  readonly operandKind: OperandKind;
}

/**
 * Suggests words for the cursor.
 *
 * @param commands all commands; only the one that the line names is loaded
 * @param words the words between `milterkit` and the word at the cursor
 * @param current the word at the cursor, as far as it is typed
 */
export async function suggest(
  commands: readonly CommandEntry[],
  words: readonly string[],
  current: string,
): Promise<Suggestion[]> {
  const [word, ...rest] = words;
  if (word === undefined) {
    return starting(current, [
      ...commands.map(({ name, summary }) => literal(name, summary)),
      literal("--help", "Show help"),
      literal("--version", "Show the version"),
    ]);
  }
  const command = await commands.find(({ name }) => name === word)?.load();
  return command ? suggestFor(command, rest, current) : [];
}

function suggestFor(command: CliCommand, words: readonly string[], current: string): Suggestion[] {
  if (command.actions) {
    const [word, ...rest] = words;
    if (word === undefined) return oneOf(command.actions.map(({ name }) => name), current);
    const action = command.actions.find(({ name }) => name === word);
    return action ? suggestFor(action, rest, current) : [];
  }
  const piece = pieceOf(command, words);
  const last = piece.words.at(-1);
  const before = piece.options.find(({ name, short, kind }) =>
    kind !== "flag" && (last === `--${name}` || last === `-${short}`)
  );
  if (before) return valuesOf(before, current, "");
  const joined = /^--([a-z][a-z0-9-]*)=/.exec(current);
  if (joined) {
    const option = piece.options.find(({ name, kind }) => kind !== "flag" && name === joined[1]);
    return option ? valuesOf(option, current, joined[0]) : [];
  }
  const { operands } = splitOperands(piece.options, piece.words);
  const others = current.startsWith("-") ? [] : operandsOf(piece.operandKind, operands, current);
  const isOperandAlone = others.length > 0 && current !== "";
  return isOperandAlone ? others : [...others, ...flagsOf(piece, current)];
}

/** Finds the part that the cursor is in: the command's own, or that of the last filter. */
function pieceOf({ options, operandKind, takesFilters }: CliCommand, words: readonly string[]): Piece {
  if (!takesFilters) return { words, options: [...options, HELP], operandKind };
  let piece: Piece = { words, options: [...options, FILTER, HELP], operandKind };
  let nameFollows = false;
  for (const [i, word] of words.entries()) {
    // The name after --filter starts a new part and does not belong to its words.
    const name = nameFollows ? word : /^--filter=(.+)/.exec(word)?.[1];
    nameFollows = !nameFollows && word === "--filter";
    if (name === undefined) continue;
    const definition = findFilter(name);
    const its = definition ? optionsOf(definition) : COMMON_OPTIONS;
    piece = { words: words.slice(i + 1), options: [...its, FILTER, HELP], operandKind };
  }
  return piece;
}

function flagsOf({ words, options }: Piece, current: string): Suggestion[] {
  const { names, isPossible } = placeOf(words.map((word) => word.replace(/=.*/s, "")), options);
  const given = new Set(names);
  return starting(
    current,
    options.filter((option) =>
      isPossible(option) &&
      (option.repeatable || !(given.has(`--${option.name}`) || given.has(`-${option.short}`)))
    )
      .map(({ name, description }) => literal(`--${name}`, description)),
  );
}

/** What was given where the cursor is, in a group of options or before the first one, and which options can stand there. */
function placeOf(
  names: readonly string[],
  options: Piece["options"],
): { readonly names: readonly string[]; isPossible(option: OptionSpec): boolean } {
  const beginning = options.find(({ beginsGroup }) => beginsGroup);
  if (!beginning) return { names, isPossible: () => true };
  const begun = names.lastIndexOf(`--${beginning.name}`);
  return {
    names: names.slice(begun + 1),
    isPossible: (option) =>
      begun < 0
        ? option.inGroup !== "only"
        : option.inGroup !== undefined || [beginning, FILTER, HELP].includes(option),
  };
}

/** Suggests values of an option. `prefix` is what precedes them in the same word, such as `--filter=`. */
function valuesOf(option: OptionSpec, current: string, prefix: string): Suggestion[] {
  if (option === FILTER) return filtersFor(current, prefix);
  if (option.choices) return starting(current, option.choices.map((choice) => literal(prefix + choice)));
  if (option.kind === "file" || option.metavar === "FILE") return [files(current, prefix)];
  if (option.metavar === "FOLDER") return [files(current, prefix, "directory")];
  return [];
}

function operandsOf(kind: OperandKind, given: readonly string[], current: string): Suggestion[] {
  if (kind === "none" || kind === "any") return [];
  if (kind === "file") return [files(current, "")];
  if (given.length > 0) return [];
  return kind === "filter" ? filtersFor(current, "") : oneOf(kind, current);
}

function filtersFor(current: string, prefix: string): Suggestion[] {
  return [
    ...starting(current, registry.map(({ name, summary }) => literal(prefix + name, summary))),
    { ...files(current, prefix), extensions: FILTER_FILES },
  ];
}

function files(
  current: string,
  prefix: string,
  type: "any" | "directory" = "any",
): Suggestion & { readonly kind: "file" } {
  return { kind: "file", type, pattern: current, ...(prefix ? { prefix } : {}) };
}

function oneOf(words: readonly string[], current: string): Suggestion[] {
  return starting(current, words.map((word) => literal(word)));
}

function literal(text: string, description?: string): Suggestion & { readonly kind: "literal" } {
  return {
    kind: "literal",
    text,
    ...(description ? { description: [{ type: "text", text: description }] } : {}),
  };
}

function starting<T extends { readonly text: string }>(current: string, suggestions: readonly T[]): T[] {
  return suggestions.filter(({ text }) => text.startsWith(current));
}
