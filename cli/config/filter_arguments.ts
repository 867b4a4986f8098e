/**
 * Parses `--filter NAME [its options]` and creates the filters, built-in ones and those in users' files.
 *
 * @module
 */

import { basename } from "node:path";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { findFilter, registry } from "../../filters/registry.ts";
import { GROUP_CONDITIONS, scopeOfOptions } from "../../filters/common/scope_options.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import type { Filter, OnError } from "../../lib/filter/filter.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import type { KitParts } from "../../lib/kit/kit.ts";
import { type MadeFilter, makeFromValues } from "../../lib/kit/make.ts";
import { nearest } from "../../lib/options/nearest.ts";
import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { bothScopes } from "../../lib/filter/scope.ts";
import { type Help, parseArguments, UsageError } from "../terminal/arguments.ts";
import type { FileDefinition } from "../user_filter/default_export.ts";
import type { FilterFiles } from "../user_filter/filter_files.ts";

/** What filters are made with. Everything has a default. */
export interface FilterParts extends Omit<KitParts, "name"> {
  /** Learns which files belong to which filter, before the filter runs. */
  readonly files?: FilterFiles;
}

/** A filter, created from its options. */
export interface ConfiguredFilter {
  /** Its definition. */
  readonly definition: FilterDefinition;
  /** The filter. Whoever made it disposes it, or serves it: then the last server does. */
  readonly filter: MadeFilter;
  /** Its options. */
  readonly values: OptionValues;
  /** The files that it depends on: the user's file that defines it, and those that its options name. */
  readonly files: readonly string[];
}

/** The part of a command line for one filter. */
export interface FilterPiece {
  /** The value of `--filter`: a name, or the path of a file. */
  readonly name: string;
  /** Its options. */
  readonly args: readonly string[];
}

/** A command line, split at each `--filter`. */
export interface CutArguments {
  /** The arguments before the first `--filter`. */
  readonly own: readonly string[];
  /** Each filter's name and options, in order. */
  readonly filters: readonly FilterPiece[];
}

/**
 * Splits a command line at each `--filter`.
 *
 * @param args the command line
 * @param program the program and command before it, for error messages
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
          `${program}: --filter needs a name: one of ${
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
 * Creates the filters of a command line.
 *
 * @param pieces each filter's name and options, in order
 * @param outside options that belong before the first filter, to report one that is misplaced
 * @param program the program and command, such as `milterkit serve`, for error messages
 * @param parts what they are made with
 * @throws {UsageError} if a file cannot be loaded; for an invalid option, with the most similar valid one
 */
export async function loadFilters(
  pieces: readonly FilterPiece[],
  outside: readonly OptionSpec[],
  program: string = "milterkit serve",
  parts: FilterParts = {},
): Promise<ConfiguredFilter[]> {
  const loaded: { readonly definition: FilterDefinition; readonly args: readonly string[] }[] = [];
  // Load one after the other, so that errors and side effects of loading come in a fixed order.
  for (const { name, args } of pieces) loaded.push({ definition: await loadDefinition(name, program), args });
  const made: ConfiguredFilter[] = [];
  try {
    for (const { definition, args } of loaded) {
      made.push(await makeFilter(definition, args, outside, program, parts));
    }
  } catch (error) {
    await disposeFilters(made);
    throw error;
  }
  return made;
}

/** Disposes filters that are not served. */
export async function disposeFilters(filters: readonly ConfiguredFilter[]): Promise<void> {
  await Promise.all(filters.map(({ filter }) => filter.dispose()));
}

/**
 * Returns the definition of a built-in filter, or loads one from a file.
 *
 * @throws {UsageError} for an unknown name, with the most similar one, or for a mistake in the file, with its place
 */
export async function loadDefinition(name: string, program: string): Promise<FilterDefinition> {
  // Import the loader only if there is a file, for a faster start without one.
  if (!isFilterFile(name)) return definitionOf(name, program);
  const { loadFilterFile } = await import("../user_filter/load.ts");
  try {
    return await loadFilterFile(name);
  } catch (error) {
    throw asUsageError(error, program);
  }
}

/** Whether a value of `--filter` is a file, rather than the name of a built-in filter. */
export function isFilterFile(name: string): boolean {
  return /[\\/]|\.[mc]?[jt]s$/.test(name);
}

/**
 * Creates a filter.
 *
 * @param wanted its definition, or the name of a built-in filter
 * @param args its options
 * @param outside options that belong before the first filter, to report one that is misplaced
 * @param program the program and command, such as `milterkit serve`, for error messages
 * @throws {UsageError} for an invalid option, with the most similar valid one
 */
export async function makeFilter(
  wanted: FilterDefinition | string,
  args: readonly string[],
  outside: readonly OptionSpec[] = [],
  program: string = "milterkit serve",
  parts: FilterParts = {},
): Promise<ConfiguredFilter> {
  const definition = typeof wanted === "string" ? definitionOf(wanted, "milterkit") : wanted;
  const specs = optionsOf(definition);
  const name = flagName(definition);
  const flags = args.filter((arg) => arg.startsWith("--")).map((arg) => arg.slice(2).replace(/=.*/, ""));
  const misplaced = flags.find((word) =>
    !specs.some((spec) => spec.name === word) && outside.some((spec) => spec.name === word)
  );
  if (misplaced) {
    throw new UsageError(
      `${program}: --${misplaced} is not an option of --filter ${name}; put it before the first --filter`,
    );
  }
  const values = parseArguments(`${program} --filter ${name}`, specs, args, helpOf(definition), parts.lists);
  try {
    return await configureFilter(definition, values, parts);
  } catch (error) {
    if (error instanceof OptionError) {
      throw new UsageError(
        `${program} --filter ${name}${groupFlagOf(error, values)}: ${error.message}`,
        error.value,
      );
    }
    throw asUsageError(error, program);
  }
}

/**
 * Creates a filter from parsed options.
 *
 * @throws {OptionError} for inconsistent options
 * @throws {FilterFileError} for a mistake in a user's file
 */
export async function configureFilter(
  definition: FilterDefinition,
  values: OptionValues,
  parts: FilterParts = {},
): Promise<ConfiguredFilter> {
  const { name, ...settings } = commonSettings(definition, values);
  const { files: known, ...kit } = parts;
  const before = name ?? definition.name;
  if (isFile(definition)) known?.add({ name: before, definition: definition.name, file: definition.file });
  const own = await makeOrExplain(definition, values, { ...kit, name });
  if (own.name !== before) known?.rename(before, own.name);
  const filter = { ...own, ...settings, ...scopeSetting(own, values, parts) };
  const specs = optionsOf(definition);
  const files = values.everywhere.flatMap(({ name, value }) =>
    specs.some((spec) => spec.name === name && spec.kind === "file") ? [value as string] : []
  );
  return { definition, filter, values, files: isFile(definition) ? [definition.file, ...files] : files };
}

/** Makes a filter; what a user's file does wrong becomes an error about that file. */
async function makeOrExplain(
  definition: FilterDefinition,
  values: OptionValues,
  parts: KitParts,
): Promise<MadeFilter> {
  try {
    return await makeFromValues(definition, values, parts);
  } catch (error) {
    if (!isFile(definition)) throw error;
    const { explainMakeError } = await import("../user_filter/make_error.ts");
    throw explainMakeError(definition.file, error);
  }
}

/** Returns the settings of options that all filters have, except those that the filter declares itself. */
function commonSettings(
  { options }: FilterDefinition,
  values: OptionValues,
): Partial<Pick<Filter, "name" | "dryRun" | "timeout" | "onError">> {
  const isOwn = (name: string) => options !== undefined && Object.hasOwn(options, name);
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

/** Combines the conditions of the filter itself with those of the options. */
function scopeSetting(
  { scope }: Filter,
  values: OptionValues,
  { conditions, live = true }: FilterParts,
): Pick<Filter, "scope"> {
  // Where messages are only tried, a filter with a share takes part each time: what it does is the question.
  const given = scopeOfOptions(values, conditions, live ? Math.random : () => 0);
  if (!given) return {};
  return { scope: scope ? bothScopes(scope, given) : given };
}

/** Turns an error about a filter's file into a usage error; returns any other error as it is. */
function asUsageError(error: unknown, program: string): unknown {
  const { name, message } = error as Error;
  return name === "FilterFileError" ? new UsageError(`${program}: ${message}`) : error;
}

/**
 * Returns the definition of a built-in filter.
 *
 * @throws {UsageError} for an unknown name, with the most similar one
 */
export function definitionOf(name: string, program: string): FilterDefinition {
  const definition = findFilter(name);
  if (definition) return definition;
  const names = filterNames();
  throw new UsageError(
    `${program}: there is no filter ${name}; did you mean ${nearest(name, names)}? (There are ${
      names.join(", ")
    }; name a file with its extension, or as ./${name}.)`,
  );
}

/** What a filter does, in a sentence. */
export function filterSummary(definition: FilterDefinition): string {
  return definition.summary ?? `The filter in ${basename(flagName(definition))}`;
}

function isFile(definition: FilterDefinition): definition is FileDefinition {
  return "file" in definition;
}

/** The option that begins the group of an error, such as ` --rule spam`; empty for an option that is in none. */
export function groupFlagOf({ group }: OptionError, { groups }: OptionValues): string {
  const found = groups[group ?? -1];
  return found === undefined ? "" : ` --${found.option} ${found.name}`;
}

/** Whether an option restricts a filter to some listeners. */
export function isListenerCondition({ name }: { readonly name: string }): boolean {
  return name === "only-listener" || name === "not-listener";
}

/** Returns the value of `--filter` that names a filter. */
export function flagName(definition: FilterDefinition): string {
  return isFile(definition) ? definition.file : definition.name;
}

/** Returns every option of a filter: its own, then those that all filters have. */
export function optionsOf(definition: FilterDefinition): OptionSpec[] {
  const declared = optionSpecs(definition.options);
  const own = new Set(declared.map(({ name }) => name));
  const all = isFile(definition) ? COMMON_OPTIONS.map(withoutDefault) : COMMON_OPTIONS;
  const common = declared.some(({ beginsGroup }) => beginsGroup) ? all.map(alsoInGroups) : all;
  return [...declared, ...common.filter(({ name }) => !own.has(name))];
}

/** Conditions apply to groups of options, too. */
function alsoInGroups(option: OptionSpec): OptionSpec {
  return GROUP_CONDITIONS.includes(option.name) ? { ...option, inGroup: "also" } : option;
}

/** Removes an option's default, since a filter in a file may set its own. */
function withoutDefault({ default: preset, description, ...option }: OptionSpec): OptionSpec {
  if (preset === undefined) return { ...option, description };
  return {
    ...option,
    description: `${description}; overrides the filter's own setting (default: that, else ${preset})`,
  };
}

/** Returns a filter's help. */
export function helpOf(definition: FilterDefinition): Help {
  return {
    brief: `--filter ${flagName(definition)}: ${filterSummary(definition).replace(/\.$/, "")}.`,
    ...(definition.description ? { description: definition.description } : {}),
    ...(definition.examples ? { examples: definition.examples } : {}),
  };
}

/**
 * Rejects an option of a filter before the first `--filter`.
 *
 * @param own the arguments before the first `--filter`
 * @param specs the options that are allowed there
 * @param program the program and command, for error messages
 * @throws {UsageError} for such an option, with the filter that has it
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
    throw new UsageError(`${program}: --${name} is an option of a filter; put it after --filter ${owner}`);
  }
}

/** Returns the first built-in filter that has an option; undefined if none has. */
function filterWithOption(option: string): string | undefined {
  return registry.find(({ options }) => options !== undefined && Object.hasOwn(options, option))?.name;
}

function filterNames(): string[] {
  return registry.map(({ name }) => name);
}
