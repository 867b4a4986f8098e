/**
 * Parses command lines whose options are declared as plain data, prints their help, and suggests corrections in errors.
 *
 * @module
 */

import {
  constant,
  map,
  type Message,
  multiple,
  option,
  or,
  type Parser,
  type ValueParser,
} from "@optique/core";
import { runParser } from "@optique/core/facade";
import process from "node:process";
import type { Lists } from "../../lib/options/lists/lists.ts";
import { OptionError, type OptionSpec, OptionValues, parseOption } from "../../lib/options/options.ts";
import { wantsColours } from "./colours.ts";

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** `usage`, or the code of a subclass. */
  readonly code: string = "usage";
  /** The offending word; undefined where one is missing, or where the message alone says which. */
  readonly value: string | undefined;

  /**
   * @param message one line that begins with the program and says what would be right
   * @param value the offending word
   */
  constructor(message: string, value?: string) {
    super(message);
    this.value = value;
  }
}

/**
 * The error for an option or operand whose text is invalid, in the words of `OptionError`.
 *
 * @param program what the message begins with, such as `milterkit check`
 * @param what the option with its dashes, or the operand
 * @param text the offending text
 * @param reason what is wrong with it, and what to write instead
 */
export function invalidArgument(program: string, what: string, text: string, reason: string): UsageError {
  return new UsageError(`${program}: Invalid ${what} ${JSON.stringify(text)}: ${reason}`, text);
}

/** The error for an option or operand that is missing; parameters as with {@linkcode invalidArgument}. */
export function missingArgument(program: string, what: string, reason: string): UsageError {
  return new UsageError(`${program}: Missing ${what}: ${reason}`);
}

/** Thrown after help was printed on request: exit code 0. */
export class HelpShown extends Error {
  override readonly name = "HelpShown";
}

/** An option of a command. Options of filters have no short form. */
export interface CommandOption extends OptionSpec {
  /** A letter for `-t` beside `--name`. */
  readonly short?: string;
}

/** A help text without its options. */
export interface Help {
  /** The first line. */
  readonly brief: string;
  /** More, in paragraphs with an empty line between them; one that begins with a space keeps its line breaks. */
  readonly description?: string;
  /** Command lines to copy, each after a line that says what it does. */
  readonly examples?: readonly (readonly [what: string, command: string])[];
}

/**
 * Parses a part of a command line.
 *
 * @param program the words before it, such as `milterkit serve`; error messages begin with them
 * @param specs the options that it accepts
 * @param args the part
 * @param help the rest of the help text
 * @param lists the lists that options can name
 * @throws {UsageError} for an unknown option or an invalid value
 * @throws {HelpShown} after `--help`
 */
export function parseArguments(
  program: string,
  specs: readonly CommandOption[],
  args: readonly string[],
  help: Help,
  lists?: Lists,
): OptionValues {
  // One list of all options in the order given: for filters such as header-rewrite the order matters.
  const anyOf = or as unknown as (...parsers: Parser[]) => Parser;
  const parser = specs.length === 0
    ? constant([])
    : multiple(anyOf(...specs.map((spec) => optionParser(spec, lists))));
  const given = runParser(parser as Parser, program, args, {
    help: {
      option: { names: ["--help", "-h"] },
      onShow: () => {
        throw new HelpShown();
      },
    },
    aboveError: "none",
    showUsage: false,
    colors: wantsColours(process.stdout),
    // Some pseudo-terminals report 0 columns.
    maxWidth: Math.max(process.stdout.columns || 100, 40),
    brief: paragraphs(help.brief),
    ...(help.description ? { description: paragraphs(help.description) } : {}),
    ...(help.examples ? { examples: exampleLines(help.examples) } : {}),
    stdout: (text: string) => process.stdout.write(text + "\n"),
    stderr: (text: string) => {
      throw new UsageError(`${program}: ${oneLine(text)}`);
    },
  });
  try {
    return new OptionValues(specs, given as readonly (readonly [string, string])[], lists);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const begins = (name: string) => specs.some((spec) => spec.name === name && spec.beginsGroup);
    const groups = (given as readonly (readonly [string, string])[]).filter(([name]) => begins(name));
    const [option, name] = groups[error.group ?? -1] ?? [];
    const where = option === undefined ? "" : ` --${option} ${name}`;
    throw new UsageError(`${program}${where}: ${error.message}`, error.value);
  }
}

/** Its types ask for each name by itself. */
const optionWithNames = option as unknown as (...args: readonly unknown[]) => Parser<"sync", string>;

function optionParser(spec: CommandOption, lists: Lists | undefined): Parser {
  const flags = [...(spec.short === undefined ? [] : [`-${spec.short}`]), `--${spec.name}`];
  const description = paragraphs(describeOption(spec));
  if (spec.kind === "flag") {
    return map(optionWithNames(...flags, { description }), () => [spec.name, ""] as const) as Parser;
  }
  return map(
    optionWithNames(...flags, valueParser(spec, lists), {
      description,
      errors: { invalidValue: (error: Message) => error },
    }),
    (text) => [spec.name, text] as const,
  ) as Parser;
}

function describeOption(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.choices) notes.push(`one of ${spec.choices.join(", ")}`);
  if (spec.default !== undefined) notes.push(`default ${spec.default}`);
  if (spec.example !== undefined) notes.push(`such as ${spec.example}`);
  if (spec.repeatable) notes.push("can be repeated");
  return spec.description + (notes.length > 0 ? ` (${notes.join("; ")})` : "");
}

/** Accepts every valid text. `OptionValues` makes the values later, from all options in the order given. */
function valueParser(spec: OptionSpec, lists: Lists | undefined): ValueParser<"sync", string> {
  return {
    mode: "sync",
    metavar: (spec.metavar ?? spec.kind.toUpperCase()) as `${string}${string}` & string,
    placeholder: "",
    parse(input) {
      try {
        parseOption(spec, input, lists);
        return { success: true, value: input };
      } catch (error) {
        return { success: false, error: [{ type: "text", text: (error as Error).message }] };
      }
    },
    format: (value) => value,
  } as ValueParser<"sync", string>;
}

/** Paragraphs are wrapped to the terminal's width; one that begins with a space keeps its line breaks. */
function paragraphs(text: string): Message {
  return text.split("\n\n").flatMap((paragraph, i) => {
    const gap = i > 0 ? "\n\n" : "";
    if (!paragraph.startsWith(" ")) return [{ type: "text", text: gap + paragraph }];
    return paragraph.split("\n").flatMap((line, n) =>
      n === 0 ? [{ type: "text", text: gap + line }] : [{ type: "lineBreak" }, { type: "text", text: line }]
    );
  }) as Message;
}

/** Examples that can be copied: a command line is broken only before a `--filter`, with a backslash. */
function exampleLines(examples: readonly (readonly [string, string])[]): Message {
  return examples.flatMap(([what, command], i) => [
    { type: "text", text: (i > 0 ? "\n\n" : "") + what },
    ...command.replaceAll(" --filter ", " \\\n  --filter ").split("\n").flatMap((line) => [
      { type: "lineBreak" },
      { type: "text", text: `  ${line}` },
    ]),
  ]) as Message;
}

function oneLine(text: string): string {
  return text.replace(/^Error: /, "").replace(/\s*\n+\s*/g, " ").replaceAll("`", "");
}
