/**
 * Reads the tables `[conditions.NAME]` of a configuration file.
 *
 * @module
 */

import { type NamedConditions, wholeCondition } from "../../filters/common/condition_options.ts";
import { CONDITION_OPTIONS, NAMED_OPTIONS } from "../../filters/common/condition_specs.ts";
import { SCOPE_OPTIONS, scopeOfOptions } from "../../filters/common/scope_options.ts";
import { allOf, anyOf, type ScopeCondition, written } from "../../lib/filter/condition.ts";
import type { Lists } from "../../lib/options/lists/lists.ts";
import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { type ConfigPlace, nameTwice, type Problem } from "./problem.ts";
import { givenOptions, inFileTerms, optionValuesOf } from "./settings.ts";
import type { Setting, Table } from "./toml.ts";

/** The name of the tables. */
export const CONDITIONS_TABLE = "conditions";
/** The key of a list of conditions of which one must be true. */
export const ANY_OF = "any-of";

/** The keys of a condition. */
export const CONDITION_KEYS: readonly OptionSpec[] = [
  ...SCOPE_OPTIONS.filter(({ name }) => name !== "share"),
  ...CONDITION_OPTIONS,
  ...NAMED_OPTIONS,
].filter(({ name }, i, all) => all.findIndex((each) => each.name === name) === i);

/** A condition as it was given. */
export interface WrittenCondition {
  readonly name: string;
  /** What must be true. */
  readonly values: OptionValues;
  /** Of each list, one must be true. */
  readonly anyOf: readonly (readonly OptionValues[])[];
}

/** The conditions of a file. */
export interface ReadConditions {
  readonly written: readonly WrittenCondition[];
  readonly named: NamedConditions;
  /** The settings in them that name listeners; empty if a condition is wrong. */
  readonly ofListeners: readonly Setting[];
}

/**
 * Reads conditions.
 *
 * @param tables the tables `[conditions]` of all files
 * @param lists the lists that they can name
 * @param problems receives the problems
 */
export function readConditions(tables: readonly Table[], lists: Lists, problems: Problem[]): ReadConditions {
  const found = problems.length;
  const blocks = new Map<string, Table>();
  for (const { settings, tables: named } of tables) {
    for (const { key, place, values } of settings) {
      const [value] = values;
      if (value?.table && values.length === 1) addBlock(blocks, key, value.table, problems);
      else {problems.push({
          place,
          reason: `a condition is a table: write [conditions.${key}], and its keys below`,
        });}
    }
    for (const [name, [first, second]] of named) {
      if (first) addBlock(blocks, name, first, problems);
      if (second) {
        const reason = `write [conditions.${name}] once; ${ANY_OF} has conditions of which one must be true`;
        problems.push({ place: second.place, reason });
      }
    }
  }
  const reader = new ConditionReader(blocks, lists, problems);
  for (const name of blocks.keys()) reader.read(name, []);
  const areValid = problems.length === found;
  const ofListeners = areValid ? [...blocks.values()].flatMap(settingsIn).filter(isListenerCondition) : [];
  return { written: reader.written, named: reader.named, ofListeners };
}

function addBlock(blocks: Map<string, Table>, name: string, table: Table, problems: Problem[]): void {
  const before = blocks.get(name);
  if (before === undefined) blocks.set(name, table);
  else problems.push(nameTwice("condition", name, table.place, before.place));
}

/** The settings of a condition, and those of what is in its lists. */
function settingsIn({ settings }: Table): readonly Setting[] {
  const inner = settings.filter(({ key }) => key === ANY_OF).flatMap(({ values }) =>
    values.flatMap(({ table }) => table?.settings ?? [])
  );
  return [...settings, ...inner];
}

function isListenerCondition({ key }: Setting): boolean {
  return key === "only-listener" || key === "not-listener";
}

class ConditionReader {
  readonly written: WrittenCondition[] = [];
  readonly named = new Map<string, ScopeCondition>();
  readonly #blocks: ReadonlyMap<string, Table>;
  readonly #lists: Lists;
  readonly #problems: Problem[];

  constructor(blocks: ReadonlyMap<string, Table>, lists: Lists, problems: Problem[]) {
    this.#blocks = blocks;
    this.#lists = lists;
    this.#problems = problems;
  }

  /** Reads a condition, after those that it names. */
  read(name: string, above: readonly string[]): void {
    const table = this.#blocks.get(name);
    if (table === undefined || this.named.has(name)) return;
    const way = [...above, name];
    for (const { key, values } of settingsIn(table)) {
      if (key !== "if" && key !== "unless") continue;
      for (const { text, place } of values) {
        if (way.includes(text)) {
          this.#problems.push({
            place,
            reason: `the condition names itself: ${[...way, text].join(" names ")}`,
          });
          this.named.set(text, allOf([]));
        } else this.read(text, way);
      }
    }
    const values = this.#valuesOf(table.settings.filter(({ key }) => key !== ANY_OF), table.place);
    const lists = table.settings.filter(({ key }) => key === ANY_OF).map((setting) => this.#anyOf(setting));
    const parts = [values, ...lists.flat()].map((each) => this.#conditionOf(each, table));
    if (values) this.written.push({ name, values, anyOf: lists });
    if (table.settings.length === 0) {
      this.#problems.push({ place: table.place, reason: `the condition ${name} asks for nothing` });
    }
    const own = parts[0];
    const any = lists.map((list) =>
      written(ANY_OF, anyOf(list.map((each) => this.#conditionOf(each, table) ?? allOf([]))))
    );
    this.named.set(name, allOf([...(own ? [own] : []), ...any]));
  }

  #anyOf({ place, list, values }: Setting): readonly OptionValues[] {
    const tables = values.flatMap(({ table }) => table ?? []);
    if (!list || tables.length !== values.length || tables.length < 2) {
      const reason =
        `${ANY_OF} wants two conditions or more, such as [{ only-client = "10.0.0.0/8" }, { only-tls = true }]`;
      this.#problems.push({ place, reason });
      return [];
    }
    return tables.flatMap((table) => {
      if (table.settings.length === 0) {
        this.#problems.push({ place: table.place, reason: "a condition without a key is always true" });
      }
      return this.#valuesOf(table.settings, table.place) ?? [];
    });
  }

  #valuesOf(settings: readonly Setting[], place: ConfigPlace): OptionValues | undefined {
    const found = this.#problems.length;
    const given = givenOptions(settings, CONDITION_KEYS, this.#problems, [ANY_OF], this.#lists);
    if (this.#problems.length > found) return undefined;
    return optionValuesOf(given, CONDITION_KEYS, place, this.#problems, this.#lists);
  }

  #conditionOf(values: OptionValues | undefined, table: Table): ScopeCondition | undefined {
    if (values === undefined) return undefined;
    try {
      // For the options that exclude each other.
      scopeOfOptions(values, this.named);
      return wholeCondition(values, this.named);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      const tables = [
        table,
        ...table.settings.flatMap(({ values }) => values.flatMap(({ table }) => table ?? [])),
      ];
      const found = tables.flatMap(({ settings }) => settings).filter(({ key }) => key === error.option);
      const value = found.flatMap(({ values }) => values).find(({ text }) => text === error.value);
      const place = value?.place ?? found[0]?.place ?? table.place;
      if (!this.#problems.some((known) => known.place === place)) {
        this.#problems.push({ place, reason: inFileTerms(error) });
      }
      return undefined;
    }
  }
}
