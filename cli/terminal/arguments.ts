/**
 * From options declared as plain data to a command line: parsing, help, and errors that name the nearest right word.
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
import { OptionError, type OptionSpec, OptionValues, parseOption } from "../../lib/options/options.ts";
import { wantsColours } from "./colours.ts";

/** A command line that cannot be carried out: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** `usage`, or what a more special error says. */
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

/** Help was asked for and was printed: exit code 0. */
export class HelpShown extends Error {
  override readonly name = "HelpShown";
}

/** What help says around the options. */
export interface Help {
  /** The first line. */
  readonly brief: string;
  /** More, in paragraphs. */
  readonly description?: string;
  /** Command lines to copy, each with what it does. */
  readonly examples?: readonly (readonly [what: string, command: string])[];
}

/**
 * Reads a piece of a command line.
 *
 * @param program what stands before it, such as `milterkit serve`
 * @param specs the options that there are
 * @param args the piece
 * @param help what help says around the options
 * @throws {UsageError} for an unknown option, or a value that does not fit
 * @throws {HelpShown} after `--help`
 */
export function parseArguments(
  program: string,
  specs: readonly OptionSpec[],
  args: readonly string[],
  help: Help,
): OptionValues {
  // One list of whatever options come, in their order: for filters such as header-rewrite the order has a meaning.
  const anyOf = or as unknown as (...parsers: Parser[]) => Parser;
  const parser = specs.length === 0 ? constant([]) : multiple(anyOf(...specs.map(optionParser)));
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
    // Some pseudo-terminals say that they have no columns at all.
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
    return new OptionValues(specs, given as readonly (readonly [string, string])[]);
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(`${program}: ${error.message}`, error.value) : error;
  }
}

function optionParser(spec: OptionSpec): Parser {
  const flag = `--${spec.name}` as const;
  const description = paragraphs(describeOption(spec));
  if (spec.kind === "flag") {
    return map(option(flag, { description }), () => [spec.name, ""] as const) as unknown as Parser;
  }
  return map(
    option(flag, valueParser(spec), { description }),
    (text) => [spec.name, text] as const,
  ) as unknown as Parser;
}

function describeOption(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.choices) notes.push(`one of ${spec.choices.join(", ")}`);
  if (spec.default !== undefined) notes.push(`default ${spec.default}`);
  if (spec.example !== undefined) notes.push(`such as ${spec.example}`);
  if (spec.repeatable) notes.push("can be repeated");
  return spec.description + (notes.length > 0 ? ` (${notes.join("; ")})` : "");
}

/** Takes any text that the option can be made of; the value itself is made once all of them are known, in order. */
function valueParser(spec: OptionSpec): ValueParser<"sync", string> {
  return {
    mode: "sync",
    metavar: (spec.metavar ?? spec.kind.toUpperCase()) as `${string}${string}` & string,
    placeholder: "",
    parse(input) {
      try {
        parseOption(spec, input);
        return { success: true, value: input };
      } catch (error) {
        const text = (error as Error).message.replace(/^Invalid --[\w-]+ /, "");
        return { success: false, error: [{ type: "text", text }] };
      }
    },
    format: (value) => value,
  } as ValueParser<"sync", string>;
}

/** Paragraphs are folded to the width at hand; one that begins with a space keeps its lines. */
function paragraphs(text: string): Message {
  return text.split("\n\n").flatMap((paragraph, i) => {
    const gap = i > 0 ? "\n\n" : "";
    if (!paragraph.startsWith(" ")) return [{ type: "text", text: gap + paragraph }];
    return paragraph.split("\n").flatMap((line, n) =>
      n === 0 ? [{ type: "text", text: gap + line }] : [{ type: "lineBreak" }, { type: "text", text: line }]
    );
  }) as Message;
}

/** Examples as they can be copied: a long command line is continued before each filter, never folded inside a word. */
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
