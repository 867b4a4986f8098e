/**
 * Makes filters that can be served, from definitions (`defineFilter`) and options.
 *
 * @module
 */

import type { FilterDefinition } from "../filter/definition.ts";
import type { Filter } from "../filter/filter.ts";
import { MADE, plainFilter } from "../filter/filter_keys.ts";
import {
  type GivenOptions,
  givenTexts,
  type OptionDeclarations,
  optionSpecs,
  valuesByProperty,
} from "../filter/option_declarations.ts";
import { createdFilter } from "../filter/created_filter.ts";
import { InvalidFilterError, validateFilter } from "../filter/validate.ts";
import { OptionError, OptionValues } from "../options/options.ts";
import { FilterStartError } from "./filter_errors.ts";
import { KitOwner, type KitParts } from "./kit.ts";
import { FilterLife } from "./life.ts";
import type { FilterMetrics } from "./metrics.ts";
import { withinTime } from "./time_limit.ts";

/** The time limit for `create`, in milliseconds. */
const START_LIMIT = 10_000;

/** A filter that was made, and must be disposed: by the servers that serve it, by `dispose`, or by `await using`. */
// deno-lint-ignore no-explicit-any -- whatever its states are
export type MadeFilter<C = any, M = any> = Filter<C, M> & Ending & ForAwaitUsing;

interface Ending {
  /** What it counted so far. */
  readonly metrics: FilterMetrics;
  /**
   * Releases what the filter holds: stops its timers, waits for their work in progress, aborts its kit's signal and
   * calls its `dispose`, all within 5 seconds. Errors go to its log. A served filter is disposed when the last server
   * that uses it has ended, so call this only for filters that are not served, as in tests.
   */
  dispose(): Promise<void>;
}

/** The method for `await using`, if the compiler's `lib` includes it (`esnext.disposable`). */
type ForAwaitUsing = typeof Symbol extends { readonly asyncDispose: infer S extends symbol }
  ? { readonly [K in S]: () => Promise<void> }
  : unknown;

/**
 * Makes a filter from its definition and options.
 *
 * @param definition what `defineFilter` returned
 * @param options its options by name, `when-down` as `whenDown`: text as on the command line, or numbers and booleans
 * @param parts the parts of its kit
 * @returns the filter, for `serve` or a test
 * @throws {OptionError} for an option that is missing or invalid
 * @throws {InvalidFilterError} if the definition, or what its `create` returned, is not a filter
 * @throws {FilterStartError} if `create` threw, or took more than 10 seconds
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defineFilter, make, reject } from "../../mod.ts";
 *
 * const words = defineFilter({
 *   name: "words",
 *   options: { word: { kind: "string", repeatable: true, description: "A word that no subject may have" } },
 *   create: ({ word }) => ({
 *     header(field) {
 *       if (field.is("Subject") && word.some((each) => field.text.includes(each))) return reject(550, "5.7.1", "No such words");
 *     },
 *   }),
 * });
 * await using filter = await make(words, { word: ["lottery", "prize"] });
 * assert.equal(filter.name, "words");
 * await assert.rejects(make(words, { wrod: "x" } as object), /no such option; there are word/);
 * ```
 */
export async function make<O extends OptionDeclarations, C, M>(
  definition: FilterDefinition<O, C, M>,
  options: GivenOptions<O> = {} as GivenOptions<O>,
  parts: KitParts = {},
): Promise<MadeFilter<C, M>> {
  const specs = optionSpecs(definition.options);
  return await makeFromValues(
    definition,
    new OptionValues(specs, givenTexts(specs, options), parts.lists),
    parts,
  );
}

/**
 * Makes a filter from its definition and parsed options.
 *
 * @param values the options; may hold more than those of the definition
 * @throws as {@linkcode make}
 */
export async function makeFromValues(
  definition: FilterDefinition,
  values: OptionValues,
  parts: KitParts = {},
): Promise<MadeFilter> {
  validateFilter(definition, 1, true);
  const plain = plainFilter(definition);
  const owner = new KitOwner(plain.name, values, parts);
  const declared = withoutHelp(plain);
  let filter: Filter = declared;
  if (plain.create) {
    try {
      const returned = await created(plain, values, owner);
      owner.created = returned;
      filter = createdFilter(declared, returned);
    } catch (error) {
      // What it set up before it failed must be released.
      await owner.end();
      throw error;
    }
  }
  owner.name = parts.name ?? filter.name;
  const life = new FilterLife(owner);
  return {
    ...filter,
    name: owner.name,
    metrics: owner.metrics,
    dispose: () => life.dispose(),
    [Symbol.asyncDispose]: () => life.dispose(),
    [MADE]: life,
  } as MadeFilter;
}

/**
 * Makes the filters that are definitions with `create`, with no options; the others stay as they are. If one cannot be
 * made, those that were made are disposed.
 *
 * @returns all filters in their order, and those of them that were made
 * @throws as {@linkcode make}
 */
export async function makeAll(
  filters: readonly FilterDefinition[],
  parts: KitParts = {},
): Promise<{ readonly all: readonly Filter[]; readonly made: readonly MadeFilter[] }> {
  filters.forEach((filter, i) => validateFilter(filter, i + 1, true));
  const all: Filter[] = [];
  const made: MadeFilter[] = [];
  try {
    for (const filter of filters) {
      if (filter.create === undefined) {
        all.push(filter);
        continue;
      }
      const one = await makeFromValues(
        filter,
        new OptionValues(optionSpecs(filter.options), [], parts.lists),
        parts,
      );
      made.push(one);
      all.push(one);
    }
    return { all, made };
  } catch (error) {
    await Promise.all(made.map((filter) => filter.dispose()));
    throw error;
  }
}

/** Only what the engine needs to run the filter. */
function withoutHelp(definition: FilterDefinition): Filter {
  const filter: Record<string, unknown> = { ...definition };
  for (
    const key of ["create", "options", "summary", "description", "examples", "wantsOriginal", "wantsFinal"]
  ) {
    delete filter[key];
  }
  return filter as unknown as Filter;
}

/** What `create` returned. If it returns too late, the result is disposed. */
async function created(
  { create, options, name }: FilterDefinition,
  values: OptionValues,
  owner: KitOwner,
): Promise<Record<string, unknown>> {
  const given = valuesByProperty(optionSpecs(options), values);
  let returned: unknown;
  let givenUp = false;
  const problem = await withinTime(owner.clock, START_LIMIT, async () => {
    returned = await create?.(given, owner.kit);
    if (givenUp) await owner.end(returned);
  });
  if (problem) {
    const { error, reason, late } = problem;
    givenUp = late;
    if (error instanceof OptionError || error instanceof InvalidFilterError) throw error;
    if (late) throw new FilterStartError(name, "late", error, `its create ${reason}`);
    throw new FilterStartError(name, "threw", error, reason);
  }
  if (typeof returned === "object" && returned !== null) {
    return plainFilter(returned as Filter) as object as Record<string, unknown>;
  }
  const what = returned === null ? "null" : typeof returned;
  throw new FilterStartError(
    name,
    "returned",
    returned,
    `its create returned ${what}: want an object with callbacks`,
  );
}
