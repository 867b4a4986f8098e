/**
 * The command line of the scripted filter.
 *
 * @module
 */

import { MTA_CHOICES, type MtaChoice } from "./mta.ts";

/** One filter of the chain. */
export interface FilterArguments {
  readonly name: string;
  readonly scriptPath: string;
  readonly logPath: string;
}

/** What the command line says. */
export interface Arguments {
  /** Where to listen. */
  readonly addresses: readonly string[];
  readonly mta: MtaChoice;
  /** In the order in which they are asked. */
  readonly filters: readonly FilterArguments[];
}

/** How the program is called. */
export const USAGE =
  "usage: scripted_filter -p ADDR [--mta auto|postfix|sendmail] -n NAME -s SCRIPT -l LOG [-n NAME -s SCRIPT -l LOG ...]";

/** A command line that cannot be followed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The offending word. */
  readonly value: string;

  /**
   * @param value the offending word
   * @param message one line that says what is wrong
   */
  constructor(value: string, message: string) {
    super(message);
    this.value = value;
  }
}

/**
 * Reads the command line.
 *
 * @param words the words behind the program's name
 * @throws {UsageError} saying what is wrong
 */
export function parseArguments(words: readonly string[]): Arguments {
  const addresses: string[] = [];
  const filters: { name: string; scriptPath?: string; logPath?: string }[] = [];
  let mta: MtaChoice = "auto";
  for (let i = 0; i < words.length; i += 2) {
    const [option = "", value] = words.slice(i, i + 2);
    if (!["-p", "--mta", "-n", "-s", "-l"].includes(option)) {
      throw new UsageError(option, `there is no option ${option}`);
    }
    if (value === undefined) throw new UsageError(option, `${option} needs a value`);
    const filter = filters.at(-1);
    if (option === "-n") {
      filters.push({ name: value });
    } else if (option === "-p" || option === "--mta") {
      if (filter) throw new UsageError(option, `${option} must stand before the first -n`);
      if (option === "-p") addresses.push(value);
      else mta = mtaChoice(value);
    } else {
      if (!filter) throw new UsageError(option, `${option} must stand behind the -n of its filter`);
      filter[option === "-s" ? "scriptPath" : "logPath"] = value;
    }
  }
  if (addresses.length === 0) throw new UsageError("-p", "-p is missing: where to listen");
  if (filters.length === 0) throw new UsageError("-n", "-n is missing: there is no filter");
  return {
    addresses,
    mta,
    filters: filters.map(({ name, scriptPath, logPath }) => {
      if (scriptPath === undefined) throw new UsageError("-s", `-s is missing for filter ${name}`);
      if (logPath === undefined) throw new UsageError("-l", `-l is missing for filter ${name}`);
      return { name, scriptPath, logPath };
    }),
  };
}

function mtaChoice(value: string): MtaChoice {
  const choice = MTA_CHOICES.find((name) => name === value);
  if (choice) return choice;
  throw new UsageError(value, `--mta is one of ${MTA_CHOICES.join(", ")}, not ${value}`);
}
