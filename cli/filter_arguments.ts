/**
 * `--filter NAME [its options]`: a command line cut into filters.
 *
 * @module
 */

import type { Filter, OnError } from "../lib/filter/filter.ts";
import { COMMON_OPTIONS, type FilterDefinition } from "../lib/filter/definition.ts";
import { nearest } from "../lib/filter/nearest.ts";
import { OptionError, type OptionSpec } from "../lib/filter/options.ts";
import { findFilter, registry } from "../filters/registry.ts";
import { type Help, parseArguments, UsageError } from "./arguments.ts";

/** A filter of a command line. */
export interface ConfiguredFilter {
  /** What kind of filter it is. */
  readonly definition: FilterDefinition;
  /** The filter. */
  // deno-lint-ignore no-explicit-any -- each filter has state types of its own
  readonly filter: Filter<any, any>;
}

/** A command line in pieces. */
export interface CutArguments {
  /** What stands before the first `--filter`. */
  readonly own: readonly string[];
  /** Each filter's name and options, in order. */
  readonly filters: readonly { readonly name: string; readonly args: readonly string[] }[];
}

/**
 * Cuts a command line at each `--filter`.
 *
 * @throws {UsageError} for a `--filter` without a name
 */
export function cutAtFilters(args: readonly string[]): CutArguments {
  const own: string[] = [];
  const filters: { name: string; args: string[] }[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--filter" || arg.startsWith("--filter=")) {
      const name = arg === "--filter" ? args[++i] : arg.slice("--filter=".length);
      if (!name || name.startsWith("--")) {
        throw new UsageError(`milterkit serve: --filter wants a name: one of ${filterNames().join(", ")}`);
      }
      filters.push({ name, args: [] });
    } else {
      (filters.at(-1)?.args ?? own).push(arg);
    }
  }
  return { own, filters };
}

/**
 * Makes the filter of a piece.
 *
 * @param name the filter's name
 * @param args its options
 * @param outside options that belong elsewhere, to say so where one stands among the filter's
 * @throws {UsageError} naming the option and the nearest right one
 */
export function makeFilter(
  name: string,
  args: readonly string[],
  outside: readonly OptionSpec[] = [],
): ConfiguredFilter {
  const definition = definitionOf(name, "milterkit");
  const specs = optionsOf(definition);
  const misplaced = args.map((arg) => arg.replace(/^--/, "").replace(/=.*/, "")).find((word, i) =>
    args[i].startsWith("--") && !specs.some((spec) => spec.name === word) &&
    outside.some((spec) => spec.name === word)
  );
  if (misplaced) {
    throw new UsageError(
      `milterkit serve: --${misplaced} stands among the options of --filter ${name}; put it before the first --filter`,
    );
  }
  const program = `milterkit serve --filter ${name}`;
  const values = parseArguments(program, specs, args, helpOf(definition));
  try {
    const dryRun = values.get("flag", "dry-run");
    const timeout = values.get("duration", "timeout");
    const onError = definition.options.some((option) => option.name === "on-error")
      ? undefined
      : values.get("enum", "on-error") as OnError;
    const filter = {
      ...definition.create(values),
      ...(dryRun ? { dryRun } : {}),
      ...(timeout === undefined ? {} : { timeout }),
      ...(onError ? { onError } : {}),
    };
    return { definition, filter };
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(`${program}: ${error.message}`) : error;
  }
}

/**
 * The filter of a name.
 *
 * @throws {UsageError} naming the nearest one that there is
 */
export function definitionOf(name: string, program: string): FilterDefinition {
  const definition = findFilter(name);
  if (definition) return definition;
  const names = filterNames();
  throw new UsageError(
    `${program}: there is no filter ${name}; did you mean ${nearest(name, names)}? (There are ${
      names.join(", ")
    }.)`,
  );
}

/** Every option of a filter: its own, then those that all filters have. */
export function optionsOf(definition: FilterDefinition): OptionSpec[] {
  const own = new Set(definition.options.map(({ name }) => name));
  return [...definition.options, ...COMMON_OPTIONS.filter(({ name }) => !own.has(name))];
}

/** A filter's help. */
export function helpOf(definition: FilterDefinition): Help {
  return {
    brief: `--filter ${definition.name}: ${definition.summary}.`,
    ...(definition.description ? { description: definition.description } : {}),
    ...(definition.examples ? { examples: definition.examples } : {}),
  };
}

/** The filter that an option belongs to; undefined where no filter has it. */
export function filterWithOption(option: string): string | undefined {
  return registry.find((definition) => definition.options.some(({ name }) => name === option))?.name;
}

function filterNames(): string[] {
  return registry.map(({ name }) => name);
}

/**
 * What is wrong with an order of filters, one line each: a filter that changes messages before one that works on them as
 * they were sent.
 */
export function orderWarnings(filters: readonly ConfiguredFilter[]): string[] {
  const warnings: string[] = [];
  filters.forEach(({ definition, filter }, i) => {
    const spoils = filter.changes?.some((change) =>
      ["changeHeader", "deleteHeader", "replaceBody"].includes(change)
    );
    const later = filters.slice(i + 1).find((other) =>
      other.definition.wantsOriginal && other.definition !== definition
    );
    if (!spoils || !later || filter.dryRun) return;
    warnings.push(
      `--filter ${definition.name} changes messages before --filter ${later.definition.name} checks them as they were ` +
        `sent; put ${later.definition.name} first`,
    );
  });
  return warnings;
}
