/**
 * Makes filters: from what `defineFilter` returns and options, a filter that can be served, with what it needs to live.
 *
 * @module
 */

import type { Resolver } from "../dns/resolver.ts";
import { StubResolver } from "../dns/stub.ts";
import type { FilterDefinition } from "../filter/definition.ts";
import type { Filter } from "../filter/filter.ts";
import { plainFilter } from "../filter/filter_keys.ts";
import type { FilterKit } from "../filter/filter_kit.ts";
import { type LogFields, type LogLevel, makeLogger } from "../filter/logger.ts";
import {
  type GivenOptions,
  givenTexts,
  type OptionDeclarations,
  optionSpecs,
  valuesByProperty,
} from "../filter/option_declarations.ts";
import { createdFilter, InvalidFilterError, validateFilter } from "../filter/validate.ts";
import { OptionError, OptionValues } from "../options/options.ts";
import { InvalidSettingError } from "../options/settings.ts";
import { MemoryStore } from "../store/memory_store.ts";
import type { Store } from "../store/store.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { filterDns } from "./dns.ts";
import { FilterStartError } from "./filter_errors.ts";
import { FilterLife, LIFE } from "./life.ts";
import { FilterMetrics } from "./metrics.ts";
import { Timers } from "./timers.ts";

/** The longest time for `create`, and for letting go of everything, in milliseconds. */
const START_LIMIT = 10_000;
const END_LIMIT = 5000;
/** How long a filter waits for an answer of the DNS, in milliseconds. */
const DNS_DEADLINE = 5000;

/** A line that a filter writes to the log. */
export interface FilterLogLine {
  /** The filter's name. */
  readonly filter: string;
  /** How important it is. */
  readonly level: LogLevel;
  /** What it says. */
  readonly text: string;
  /** What it says beside the text. */
  readonly fields: LogFields;
}

/** What a filter's kit is made of. Everything has a default. */
export interface KitParts {
  /** The filter's name in logs and metrics. @default that of its definition */
  readonly name?: string | undefined;
  /** Called with the lines that the filter writes outside messages. @default writes them to standard error */
  readonly onLog?: ((line: FilterLogLine) => void) | undefined;
  /** The clock. @default the system's */
  readonly clock?: Clock | undefined;
  /** Collects what the filter counts. @default one of its own */
  readonly metrics?: FilterMetrics | undefined;
  /** Answers questions to the DNS; it is not closed. @default one of the filter's own, with the system's name servers */
  readonly resolver?: Resolver | undefined;
  /**
   * The one store for all names, or a function that returns the store of a filter with a name, the same one each time.
   * @default a store in memory for each
   */
  readonly store?: Store | ((filter: string, name: string) => Store) | undefined;
}

/** A filter that was made, and must be disposed. */
// deno-lint-ignore no-explicit-any -- whatever its states are
export interface MadeFilter<C = any, M = any> extends Filter<C, M> {
  /** What it counted so far. */
  readonly metrics: FilterMetrics;
  /**
   * Lets go of what the filter holds: stops its timers, waits for work of theirs in progress, aborts its kit's signal and
   * calls its `dispose`, all within 5 seconds. Errors go to its log. Servers call this when the last of them that served the
   * filter has ended, so it is for filters that are not served, as in tests.
   */
  dispose(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a filter from its definition and options.
 *
 * @param definition what `defineFilter` returned
 * @param options its options by name, `when-down` as `whenDown`: text as on the command line, or numbers and booleans
 * @param parts what its kit is made of
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
 *     header({ name, value }) {
 *       if (name === "Subject" && word.some((each) => value.includes(each))) return reject(550, "5.7.1", "No such words");
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
  return await makeFromValues(definition, new OptionValues(specs, givenTexts(specs, options)), parts);
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
  const { create, options, summary, description, examples, wantsOriginal, ...declared } = plainFilter(
    definition,
  );
  const { clock = systemClock } = parts;
  let name = parts.name ?? definition.name;
  const owner = { filter: name, definition: definition.name };
  const metrics = parts.metrics ?? new FilterMetrics();
  const onLog = parts.onLog ?? writeToConsole;
  const log = makeLogger((level, text, fields) => onLog({ filter: name, level, text, fields }));
  const ending = new AbortController();
  const timers = new Timers(clock, name, log);
  let ownResolver: Resolver | undefined;
  const { store = memoryStores(clock) } = parts;
  const storeOf = typeof store === "function" ? store : () => store;
  const kit: FilterKit = {
    name,
    log,
    signal: ending.signal,
    clock,
    options: values,
    every: (interval, work) => timers.every(interval, work),
    counter: (metric, help, labels = []) => metrics.counter(owner, metric, help, labels),
    histogram: (metric, help, buckets, labels = []) =>
      metrics.histogram(owner, metric, help, buckets, labels),
    dns: filterDns(() => parts.resolver ?? (ownResolver ??= new StubResolver({ deadline: DNS_DEADLINE }))),
    store: (store) => storeOf(name, checkedStoreName(name, store)),
  };
  const end = async (dispose: (() => unknown) | undefined): Promise<void> => {
    ending.abort(new DOMException(`filter ${name} was disposed`, "AbortError"));
    const problem = await within(clock, END_LIMIT, async () => {
      await timers.stop();
      await dispose?.();
    });
    ownResolver?.close();
    if (problem !== undefined) {
      log.error(`its dispose ${problem.late ? problem.reason : `failed: ${problem.reason}`}`);
    }
  };
  let filter: Filter & { readonly dispose?: () => unknown } = declared;
  if (create) {
    try {
      const given = valuesByProperty(optionSpecs(options), values);
      filter = createdFilter(declared, await started(name, clock, () => create(given, kit)));
    } catch (error) {
      // What it has set up before it failed must not go on.
      await end(undefined);
      throw error;
    }
  }
  const { dispose } = filter;
  name = parts.name ?? filter.name;
  const life = new FilterLife(name, () => end(dispose));
  return {
    ...filter,
    name,
    metrics,
    dispose: () => life.dispose(),
    [Symbol.asyncDispose]: () => life.dispose(),
    [LIFE]: life,
  } as MadeFilter;
}

/**
 * Makes the filters that are definitions with `create`, with no options; the others stay as they are. If one cannot be
 * made, those that were made are disposed.
 *
 * @throws as {@linkcode make}
 */
export async function makeAll(filters: readonly FilterDefinition[], parts: KitParts = {}): Promise<Filter[]> {
  const all: Filter[] = [];
  const made: MadeFilter[] = [];
  try {
    for (const filter of filters) {
      if (filter?.create === undefined) {
        all.push(filter);
        continue;
      }
      const one = await makeFromValues(filter, new OptionValues(optionSpecs(filter.options), []), parts);
      made.push(one);
      all.push(one);
    }
    return all;
  } catch (error) {
    await Promise.all(made.map((filter) => filter.dispose()));
    throw error;
  }
}

/** What `create` returned. */
async function started(name: string, clock: Clock, create: () => unknown): Promise<Record<string, unknown>> {
  let created: unknown;
  const problem = await within(clock, START_LIMIT, async () => {
    created = await create();
  });
  if (problem) {
    const { error, reason, late } = problem;
    throw error instanceof OptionError || error instanceof InvalidFilterError
      ? error
      : new FilterStartError(name, late ? "late" : "threw", error, late ? `its create ${reason}` : reason);
  }
  if (typeof created === "object" && created !== null) {
    return plainFilter(created as Filter) as object as Record<string, unknown>;
  }
  const what = created === null ? "null" : typeof created;
  throw new FilterStartError(
    name,
    "returned",
    created,
    `its create returned ${what}: want an object with callbacks`,
  );
}

/** Runs work for at most a time. Returns what went wrong. */
async function within(
  clock: Clock,
  limit: number,
  work: () => Promise<void>,
): Promise<{ readonly error: unknown; readonly reason: string; readonly late: boolean } | undefined> {
  let cancel: (() => void) | undefined;
  // The timer also keeps the process alive: with nothing else to do, the runtime would exit instead of waiting.
  const late = new Promise<"late">((resolve) => cancel = clock.after(limit, () => resolve("late")));
  try {
    if (await Promise.race([work(), late]) !== "late") return undefined;
    return { error: limit, reason: `has not finished after ${limit / 1000} s`, late: true };
  } catch (error) {
    return { error, reason: error instanceof Error ? error.message : String(error), late: false };
  } finally {
    cancel?.();
  }
}

/** Stores in the memory of this process, one for each filter and name. */
export function memoryStores(clock: Clock): (filter: string, name: string) => Store {
  const stores = new Map<string, Store>();
  return (filter, name) => {
    const key = `${filter}\0${name}`;
    const store = stores.get(key) ?? new MemoryStore({ clock });
    stores.set(key, store);
    return store;
  };
}

function checkedStoreName(filter: string, name: string): string {
  if (typeof name === "string" && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return name;
  throw new InvalidSettingError(
    `filter ${filter}`,
    "store",
    name,
    `a store needs a name of lower-case words joined by hyphens, got ${JSON.stringify(name)}`,
  );
}

function writeToConsole({ filter, level, text, fields }: FilterLogLine): void {
  const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  console.error(`milterkit: ${level}: filter ${filter}: ${text}${rest}`);
}
