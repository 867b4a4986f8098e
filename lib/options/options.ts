/**
 * The values of a filter's options. Declared once as plain data, options become flags, help, configuration keys and
 * documentation.
 *
 * @module
 */

import { type Lists, NO_LISTS } from "./lists/lists.ts";
import { OptionError, withGroup } from "./option_error.ts";
import type { OptionKind, OptionSpec, OptionTypes } from "./option_spec.ts";
import { parseOption } from "./parse_option.ts";

export type { AddressPattern } from "./address_pattern.ts";
export type { DomainPattern } from "./domain_pattern.ts";
export type { Network } from "./network.ts";
export { OptionError, withGroup } from "./option_error.ts";
export type { OptionKind, OptionSpec, OptionTypes } from "./option_spec.ts";
export { parseOption } from "./parse_option.ts";

/** An option as given. */
export interface GivenOption {
  /** Its name. */
  readonly name: string;
  /** Its value. */
  readonly value: unknown;
  /** Its text; that of a flag does not matter. */
  readonly text: string;
}

/** An option that begins a group, with the options that belong to it. */
export interface OptionGroup {
  /** The name of the option that begins it, such as `rule`. */
  readonly option: string;
  /** The value of that option: the group's own name. */
  readonly name: string;
  /** The options that belong to it. */
  readonly values: OptionValues;
}

/** The options that were given to a filter, in order. */
export class OptionValues {
  readonly #specs: ReadonlyMap<string, OptionSpec>;
  /** Each option, in the order in which they were given, except those in groups. */
  readonly given: readonly GivenOption[];
  /** The groups, in order; see {@linkcode OptionSpec.beginsGroup}. */
  readonly groups: readonly OptionGroup[];
  /** The lists that they can name. */
  readonly lists: Lists;

  /**
   * @param specs the options that exist
   * @param given name and text of each, in order; the text of a flag does not matter
   * @param lists the lists that they can name
   * @throws {OptionError} for a text that does not fit its kind, an option given twice that is not repeatable, or one
   * that is not valid where it was given, inside or outside of a group
   */
  constructor(
    specs: readonly OptionSpec[],
    given: readonly (readonly [name: string, text: string])[],
    lists: Lists = NO_LISTS,
  ) {
    this.lists = lists;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    const { own, groups } = grouped(specs, given);
    const seen = new Set<string>();
    this.given = own.map(([name, text]) => {
      const spec = this.#specs.get(name);
      if (!spec) throw new OptionError(name, text, "there is no such option");
      if (seen.has(name) && !spec.repeatable) throw new OptionError(name, text, "it can be given only once");
      seen.add(name);
      return { name, value: parseOption(spec, text, lists), text };
    });
    const inGroups = groups.length === 0 ? [] : specs.filter(({ inGroup }) => inGroup !== undefined)
      .map(({ inGroup: _, ...spec }) => spec);
    this.groups = groups.map(({ option, name, given }, i) => ({
      option,
      name,
      values: withGroup(i, () => new OptionValues(inGroups, given, lists)),
    }));
  }

  /** Each option, including those in groups. */
  get everywhere(): readonly GivenOption[] {
    return [...this.given, ...this.groups.flatMap(({ values }) => values.given)];
  }

  /** The value of an option, or its default; undefined if there is neither. `K` is the option's kind. */
  get<K extends OptionKind>(_kind: K, name: string): OptionTypes[K] | undefined {
    const value = this.given.findLast((option) => option.name === name)?.value;
    if (value !== undefined) return value as OptionTypes[K];
    const spec = this.#specs.get(name);
    return spec?.default === undefined
      ? undefined
      : parseOption(spec, spec.default, this.lists) as OptionTypes[K];
  }

  /** The text of an option, or of its default; undefined if there is neither. */
  text(name: string): string | undefined {
    return this.given.findLast((option) => option.name === name)?.text ?? this.#specs.get(name)?.default;
  }

  /** All values of a repeatable option, in order. */
  all<K extends OptionKind>(_kind: K, name: string): OptionTypes[K][] {
    if (this.#specs.get(name)?.beginsGroup) {
      return this.groups.filter(({ option }) => option === name).map(({ name }) => name as OptionTypes[K]);
    }
    return this.given.filter((option) => option.name === name).map(({ value }) => value as OptionTypes[K]);
  }
}

type GivenTexts = readonly (readonly [name: string, text: string])[];

/** Splits options into those before the first group, and groups. */
function grouped(
  specs: readonly OptionSpec[],
  given: GivenTexts,
): {
  readonly own: GivenTexts;
  readonly groups: readonly { option: string; name: string; given: GivenTexts }[];
} {
  const beginning = specs.find(({ beginsGroup }) => beginsGroup);
  if (!beginning) return { own: given, groups: [] };
  const own: (readonly [string, string])[] = [];
  const groups: { option: string; name: string; given: (readonly [string, string])[] }[] = [];
  for (const [name, text] of given) {
    const spec = specs.find((spec) => spec.name === name);
    const group = groups.at(-1);
    if (spec?.beginsGroup) {
      parseOption(spec, text);
      groups.push({ option: name, name: text, given: [] });
    } else if (group) {
      if (spec && spec.inGroup === undefined) {
        const reason = `it belongs to the whole filter; put it before the first --${group.option}`;
        throw new OptionError(name, text, reason, groups.length - 1);
      }
      group.given.push([name, text]);
    } else {
      if (spec?.inGroup === "only") {
        throw new OptionError(name, text, `it belongs to a --${beginning.name}; put it after one`);
      }
      own.push([name, text]);
    }
  }
  return { own, groups };
}
