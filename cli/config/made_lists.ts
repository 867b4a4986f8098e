/**
 * Makes lists whose changes are logged.
 *
 * @module
 */

import { ListError } from "../../lib/options/lists/list_error.ts";
import { type ListDefinition, Lists } from "../../lib/options/lists/lists.ts";
import type { OptionValues } from "../../lib/options/options.ts";
import { log } from "../log/log.ts";
import { LIST_OPTION } from "../options/list_option.ts";
import { invalidArgument } from "../terminal/arguments.ts";

/**
 * Makes lists whose changes are logged.
 *
 * @throws {ListError} see {@linkcode Lists}
 */
export function loggedLists(definitions: readonly ListDefinition[]): Lists {
  return new Lists(definitions, { onLog: (level, text) => log(level, text, { type: "list" }) });
}

/**
 * Makes the lists that a command line names.
 *
 * @param program what error messages begin with
 * @param options its options
 * @throws {UsageError} for a list that cannot be used
 */
export function listsOfOptions(program: string, options: OptionValues): Lists {
  const given = options.all("string", LIST_OPTION.name);
  const definitions = given.map((text): ListDefinition => {
    const [, name, value = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const wrong = (reason: string) => invalidArgument(program, `--${LIST_OPTION.name}`, text, reason);
    if (name === undefined) throw wrong("want a name, = and entries, such as internal=10.0.0.0/8");
    if (/^(?![\da-f]{1,4}:)[a-z]+:/.test(value)) return { name, file: value.replace(/^file:/, "") };
    const entries = value.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
    if (entries.length === 0) throw wrong("there is no entry after =");
    return { name, entries };
  });
  try {
    return loggedLists(definitions);
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    const { value } = error;
    const text = given.findLast((text) => text.startsWith(`${value.list}=`)) ?? value.list;
    throw invalidArgument(
      program,
      `--${LIST_OPTION.name}`,
      text,
      error.message.replace(/^Invalid list [^:]*: /, ""),
    );
  }
}
