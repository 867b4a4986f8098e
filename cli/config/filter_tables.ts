/**
 * Reads the options of a filter from its tables: its own keys, `[[filter.options]]` that continue them, and a table for each
 * group of options, such as `[[filter.rule]]`.
 *
 * @module
 */

import type { Lists } from "../../lib/options/lists/lists.ts";
import type { OptionError, OptionSpec } from "../../lib/options/options.ts";
import type { ConfigPlace, Problem } from "./problem.ts";
import { givenOptions, type SetOptions, withFilesBeside } from "./settings.ts";
import type { Setting, Table } from "./toml.ts";

/** The key of a group's table that is the value of the option that begins it. */
const GROUP_NAME = "name";

/** The tables of a filter. */
export class FilterTables {
  /** The keys before the first group. */
  readonly own: readonly Setting[];
  readonly #specs: readonly OptionSpec[];
  readonly #groups: readonly { readonly option: string; readonly table: Table }[];
  readonly #table: Table;

  /**
   * @param table the filter's table
   * @param specs the filter's options
   * @param problems receives what is wrong with groups
   */
  constructor(table: Table, specs: readonly OptionSpec[], problems: Problem[]) {
    this.#table = table;
    this.#specs = specs;
    const beginning = groupOptions(specs);
    const settings = [
      ...table.settings.filter(({ key }) => key !== GROUP_NAME),
      ...(table.tables.get("options") ?? []).flatMap(({ settings }) => settings),
    ];
    this.own = settings.filter(({ key }) => !beginning.includes(key));
    for (const setting of settings) {
      if (!beginning.includes(setting.key) || isListOfTables(setting)) continue;
      const reason = `${setting.key} is a table: write [[filter.${setting.key}]], and its keys below`;
      problems.push({ place: setting.place, reason });
    }
    this.#groups = beginning.flatMap((option) =>
      [
        ...settings.filter((each) => each.key === option && isListOfTables(each))
          .flatMap(({ values }) => values.flatMap(({ table }) => table ?? [])),
        ...table.tables.get(option) ?? [],
      ].map((table) => ({ option, table }))
    );
  }

  /** All keys, those of groups too, but not the names of groups. */
  get settings(): readonly Setting[] {
    return [...this.own, ...this.#groups.flatMap(({ table }) => table.settings)];
  }

  /**
   * The options as a command line would have them. Collects problems and continues with the rest.
   *
   * @param lists the lists that they can name
   */
  given(problems: Problem[], lists: Lists): SetOptions {
    const read = (settings: readonly Setting[], specs: readonly OptionSpec[], more: readonly string[]) =>
      givenOptions(withFilesBeside(settings, specs), specs, problems, more, lists);
    const [first] = groupOptions(this.#specs);
    const outside = this.#specs.filter(({ beginsGroup }) => !beginsGroup);
    const misplaced = this.own.filter(({ key }) =>
      outside.some((each) => each.name === key && each.inGroup === "only")
    );
    for (const { key, place } of misplaced) {
      problems.push({ place, reason: `${key} belongs to a ${first}: put it below [[filter.${first}]]` });
    }
    const inside = this.#specs.filter(({ inGroup }) => inGroup !== undefined);
    return [
      ...read(this.own.filter((each) => !misplaced.includes(each)), outside, [
        GROUP_NAME,
        "options",
        ...groupOptions(this.#specs),
      ]),
      ...this.#groups.flatMap(({ option, table }): SetOptions => {
        const [name, problem] = nameOf(option, table);
        if (name === undefined) {
          problems.push(problem);
          return [];
        }
        for (const [, [sub]] of table.tables) {
          if (sub) problems.push({ place: sub.place, reason: `a ${option} has keys only, no tables` });
        }
        const keys = table.settings.filter(({ key }) => key !== GROUP_NAME);
        const whole = keys.filter(({ key }) => outside.some((each) => each.name === key && !each.inGroup));
        for (const { key, place } of whole) {
          const reason = `${key} belongs to the whole filter: put it above the first [[filter.${option}]]`;
          problems.push({ place, reason });
        }
        return [
          [option, name],
          ...read(keys.filter((each) => !whole.includes(each)), inside, [GROUP_NAME]),
        ];
      }),
    ];
  }

  /** The place of the value that an error is about, or of its key, or of its group, or of the filter. */
  placeOf({ option, value, group }: OptionError): ConfigPlace {
    const table = this.#groups[group ?? -1]?.table;
    const [settings, key] = table
      ? [table.settings, option === this.#groups[group ?? -1]?.option ? GROUP_NAME : option]
      : [this.settings, option];
    const found = settings.filter((setting) => setting.key === key);
    const exact = found.flatMap(({ values }) => values).find(({ text }) => text === value);
    return exact?.place ?? found[0]?.place ?? table?.place ?? this.#table.place;
  }
}

/** The names of the options that begin groups; they are tables of a filter. */
export function groupOptions(specs: readonly OptionSpec[]): readonly string[] {
  return specs.filter(({ beginsGroup }) => beginsGroup).map(({ name }) => name);
}

function isListOfTables({ values }: Setting): boolean {
  return values.length > 0 && values.every(({ table }) => table !== undefined);
}

type Named = readonly [name: string, problem?: undefined] | readonly [name: undefined, problem: Problem];

function nameOf(option: string, table: Table): Named {
  const key = table.settings.find(({ key }) => key === GROUP_NAME);
  const [value] = key?.values ?? [];
  if (key && !key.list && value?.kind === "string" && value.text !== "") return [value.text];
  const reason = `this ${option} has no name: add it, for example name = "my-${option}"`;
  return [undefined, { place: key?.place ?? table.place, reason }];
}
