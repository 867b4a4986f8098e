/**
 * `--filter NAME [its options]`: a command line cut into filters, built in or in a user's file.
 *
 * @module
 */

import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { findFilter, registry } from "../../filters/registry.ts";
import { scopeOfOptions } from "../../filters/common/scope_options.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import type { Filter, OnError } from "../../lib/filter/filter.ts";
import { nearest } from "../../lib/options/nearest.ts";
import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { bothScopes } from "../../lib/filter/scope.ts";
import { type Help, parseArguments, UsageError } from "../terminal/arguments.ts";
import type { FileDefinition } from "../user_filter/default_export.ts";

/** A filter of a command line. */
export interface ConfiguredFilter {
  /** What kind of filter it is. */
  readonly definition: FilterDefinition;
  /** The filter. */
  // deno-lint-ignore no-explicit-any -- each filter has state types of its own
  readonly filter: Filter<any, any>;
  /** Its options. */
  readonly values: OptionValues;
  /** The files that it was made of: a user's own, and those that its options name. */
  readonly files: readonly string[];
}

/** A filter as a command line has it. */
export interface FilterPiece {
  /** What stands behind `--filter`: a name, or the path of a file. */
  readonly name: string;
  /** Its options. */
  readonly args: readonly string[];
}

/** A command line in pieces. */
export interface CutArguments {
  /** What stands before the first `--filter`. */
  readonly own: readonly string[];
  /** Each filter's name and options, in order. */
  readonly filters: readonly FilterPiece[];
}

/**
 * Cuts a command line at each `--filter`.
 *
 * @param args the command line
 * @param program what stands before it
 * @throws {UsageError} for a `--filter` without a name
 */
export function cutAtFilters(args: readonly string[], program: string = "milterkit serve"): CutArguments {
  const own: string[] = [];
  const filters: { name: string; args: string[] }[] = [];
  const words = args.values();
  for (const arg of words) {
    if (arg === "--filter" || arg.startsWith("--filter=")) {
      const name = arg === "--filter" ? words.next().value : arg.slice("--filter=".length);
      if (!name || name.startsWith("--")) {
        throw new UsageError(
          `${program}: --filter wants a name: one of ${
            filterNames().join(", ")
          }, or a file such as ./my-filter.ts`,
        );
      }
      filters.push({ name, args: [] });
    } else {
      (filters.at(-1)?.args ?? own).push(arg);
    }
  }
  return { own, filters };
}

/**
 * Makes the filters of a command line.
 *
 * @param pieces each filter's name and options, in order
 * @param outside options that belong elsewhere, to say so where one stands among a filter's
 * @param program what stands before them, such as `milterkit serve`
 * @throws {UsageError} for a file that cannot be loaded, or naming the option and the nearest right one
 */
export async function loadFilters(
  pieces: readonly FilterPiece[],
  outside: readonly OptionSpec[],
  program: string = "milterkit serve",
): Promise<ConfiguredFilter[]> {
  const loaded: { readonly definition: FilterDefinition; readonly args: readonly string[] }[] = [];
  // One after the other, so that what they say of their errors, and do at load, has an order.
  for (const { name, args } of pieces) loaded.push({ definition: await loadDefinition(name, program), args });
  return loaded.map(({ definition, args }) => makeFilter(definition, args, outside, program));
}

/**
 * The filter of a name, or in a file.
 *
 * @throws {UsageError} naming the nearest one that there is, or what is wrong with the file and where
 */
export async function loadDefinition(name: string, program: string): Promise<FilterDefinition> {
  // What a line without files does not need is not even loaded.
  if (!isFilterFile(name)) return definitionOf(name, program);
  const { loadFilterFile } = await import("../user_filter/load.ts");
  try {
    return await loadFilterFile(name);
  } catch (error) {
    throw asUsageError(error, program);
  }
}

/** Whether what stands behind `--filter` is a file, and not the name of a built-in filter. */
export function isFilterFile(name: string): boolean {
  return /[\\/]|\.[mc]?[jt]s$/.test(name);
}

/**
 * Makes a filter.
 *
 * @param wanted its definition, or a built-in filter's name
 * @param args its options
 * @param outside options that belong elsewhere, to say so where one stands among the filter's
 * @param program what stands before it, such as `milterkit serve`
 * @throws {UsageError} naming the option and the nearest right one
 */
export function makeFilter(
  wanted: FilterDefinition | string,
  args: readonly string[],
  outside: readonly OptionSpec[] = [],
  program: string = "milterkit serve",
): ConfiguredFilter {
  const definition = typeof wanted === "string" ? definitionOf(wanted, "milterkit") : wanted;
  const specs = optionsOf(definition);
  const name = flagName(definition);
  const flags = args.filter((arg) => arg.startsWith("--")).map((arg) => arg.slice(2).replace(/=.*/, ""));
  const misplaced = flags.find((word) =>
    !specs.some((spec) => spec.name === word) && outside.some((spec) => spec.name === word)
  );
  if (misplaced) {
    throw new UsageError(
      `${program}: --${misplaced} stands among the options of --filter ${name}; put it before the first --filter`,
    );
  }
  const values = parseArguments(`${program} --filter ${name}`, specs, args, helpOf(definition));
  try {
    return configureFilter(definition, values);
  } catch (error) {
    if (error instanceof OptionError) {
      throw new UsageError(`${program} --filter ${name}: ${error.message}`, error.value);
    }
    throw asUsageError(error, program);
  }
}

/**
 * Makes a filter of options that were read.
 *
 * @throws {OptionError} when options do not go together
 * @throws {FilterFileError} for a mistake in a user's file
 */
export function configureFilter(definition: FilterDefinition, values: OptionValues): ConfiguredFilter {
  const own = definition.create(values);
  const filter = { ...own, ...commonSettings(definition, values), ...scopeSetting(own, values) };
  const specs = optionsOf(definition);
  const files = values.given.flatMap(({ name, value }) =>
    specs.some((spec) => spec.name === name && spec.kind === "file") ? [value as string] : []
  );
  return { definition, filter, values, files: isFile(definition) ? [definition.file, ...files] : files };
}

/** What the options that all filters have say, where the filter has none of that name itself. */
function commonSettings(
  { options }: FilterDefinition,
  values: OptionValues,
): Partial<Pick<Filter, "name" | "dryRun" | "timeout" | "onError">> {
  const isOwn = (name: string) => options.some((option) => option.name === name);
  const dryRun = isOwn("dry-run") ? undefined : values.get("flag", "dry-run");
  const timeout = isOwn("timeout") ? undefined : values.get("duration", "timeout");
  const onError = isOwn("on-error") ? undefined : values.get("enum", "on-error") as OnError | undefined;
  const label = isOwn("label") ? undefined : values.get("string", "label");
  return {
    ...(label === undefined ? {} : { name: label }),
    ...(dryRun ? { dryRun } : {}),
    ...(timeout === undefined ? {} : { timeout }),
    ...(onError ? { onError } : {}),
  };
}

/** What the filter is for: what it says itself, and what the options say. */
function scopeSetting({ scope }: Filter, values: OptionValues): Pick<Filter, "scope"> {
  const given = scopeOfOptions(values);
  if (!given) return {};
  return { scope: scope ? bothScopes(scope, given) : given };
}

/** A file that cannot be used is a matter of the command line that names it. */
function asUsageError(error: unknown, program: string): unknown {
  const { name, message } = error as Error;
  return name === "FilterFileError" ? new UsageError(`${program}: ${message}`) : error;
}

/**
 * The built-in filter of a name.
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
    }; a file is named with its ending, or as ./${name}.)`,
  );
}

function isFile(definition: FilterDefinition): definition is FileDefinition {
  return "file" in definition;
}

/** Whether an option says which listeners a filter is for. */
export function isListenerCondition({ name }: { readonly name: string }): boolean {
  return name === "only-listener" || name === "not-listener";
}

/** What names it behind `--filter`. */
export function flagName(definition: FilterDefinition): string {
  return isFile(definition) ? definition.file : definition.name;
}

/** Every option of a filter: its own, then those that all filters have. */
export function optionsOf(definition: FilterDefinition): OptionSpec[] {
  const own = new Set(definition.options.map(({ name }) => name));
  const common = isFile(definition) ? COMMON_OPTIONS.map(withoutDefault) : COMMON_OPTIONS;
  return [...definition.options, ...common.filter(({ name }) => !own.has(name))];
}

/** A filter in a file may say itself what holds where an option is not given. */
function withoutDefault({ default: preset, description, ...option }: OptionSpec): OptionSpec {
  if (preset === undefined) return { ...option, description };
  return {
    ...option,
    description: `${description}, in place of what the filter says (${preset} unless it does)`,
  };
}

/** A filter's help. */
export function helpOf(definition: FilterDefinition): Help {
  return {
    brief: `--filter ${flagName(definition)}: ${definition.summary.replace(/\.$/, "")}.`,
    ...(definition.description ? { description: definition.description } : {}),
    ...(definition.examples ? { examples: definition.examples } : {}),
  };
}

/**
 * Refuses an option that belongs to a filter and stands before the first one.
 *
 * @param own what stands there
 * @param specs the options that may
 * @param program what stands before them
 * @throws {UsageError} naming the filter
 */
export function refuseMisplaced(
  own: readonly string[],
  specs: readonly OptionSpec[],
  program: string,
): void {
  for (const arg of own) {
    const name = arg.replace(/^--/, "").replace(/=.*/, "");
    const owner = arg.startsWith("--") && !specs.some((option) => option.name === name) &&
      filterWithOption(name);
    if (!owner) continue;
    throw new UsageError(`${program}: --${name} is an option of a filter; put it behind --filter ${owner}`);
  }
}

/** The filter that an option belongs to; undefined where no filter has it. */
function filterWithOption(option: string): string | undefined {
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
      `--filter ${flagName(definition)} changes messages before --filter ${
        flagName(later.definition)
      } checks them ` +
        `as they were sent; put ${flagName(later.definition)} first`,
    );
  });
  return warnings;
}
