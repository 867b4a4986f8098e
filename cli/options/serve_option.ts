/**
 * What is declared of an option of `milterkit serve`. A part of the program has a record of its options, by the names of
 * its settings: flags, help, keys of the configuration file and the settings themselves follow from there.
 *
 * @module
 */

import type { OptionKind, OptionSpec, OptionTypes, OptionValues } from "../../lib/options/options.ts";

/** All that there is to know of an option of `serve`. */
export interface ServeOption<T = unknown> extends OptionSpec {
  /**
   * Whom a value holds for: with `listener` each `[[listener]]` of a configuration file may have its own, with `process`
   * there is one for all, and with `command-line` a file cannot say it.
   */
  readonly scope: "command-line" | "process" | "listener";
  /** What it takes for a new value in a configuration file to hold: a reload, a socket that a reload opens, a restart. */
  readonly takesEffect: "reload" | "new-socket" | "restart";
  /**
   * The setting.
   *
   * @throws {UsageError} for a text that its kind allows and that cannot be used all the same
   */
  value(options: OptionValues): T;
  /**
   * Looks at a text where it is written, so that an error can name the place.
   *
   * @throws {Error} for one that cannot be used
   */
  check?(text: string): void;
}

/** The options of some settings: one for each, or the compiler says which is missing. */
export type OptionsOf<S> = { readonly [K in keyof S]-?: ServeOption<S[K]> };

/** What is said of an option; its setting follows. */
type Declared<K extends OptionKind> = Omit<ServeOption, "value" | "check"> & { readonly kind: K };

/** An option whose setting is what its kind makes of the text, and which always has one. */
export function withDefault<K extends OptionKind>(
  declared: Declared<K> & { readonly default: string },
): ServeOption<OptionTypes[K]> {
  return {
    ...declared,
    value(options) {
      const value = options.get(declared.kind, declared.name);
      if (value === undefined) throw new Error(`the options know no --${declared.name}`);
      return value;
    },
  };
}

/** An option whose setting is what its kind makes of the text, where it is given. */
export function optional<K extends OptionKind>(
  declared: Declared<K>,
): ServeOption<OptionTypes[K] | undefined> {
  return { ...declared, value: (options) => options.get(declared.kind, declared.name) };
}

/** An option that can be given several times. */
export function repeatable<K extends OptionKind>(
  declared: Declared<K>,
): ServeOption<readonly OptionTypes[K][]> {
  return {
    ...declared,
    repeatable: true,
    value: (options) => options.all(declared.kind, declared.name),
  };
}

/** One of some words. */
export function choice<T extends string>(
  declared: Omit<Declared<"enum">, "kind" | "choices" | "default"> & {
    readonly choices: readonly T[];
    readonly default: T;
  },
): ServeOption<T> {
  const { name, choices, default: preset } = declared;
  return {
    ...declared,
    kind: "enum",
    value: (options) => choices.find((word) => word === options.get("enum", name)) ?? preset,
  };
}

/** Any of some words. */
export function choices<T extends string>(
  declared: Omit<Declared<"enum">, "kind" | "repeatable" | "choices"> & { readonly choices: readonly T[] },
): ServeOption<readonly T[]> {
  return {
    ...declared,
    kind: "enum",
    repeatable: true,
    value(options) {
      const given = options.all("enum", declared.name);
      return given.flatMap((text) => declared.choices.find((word) => word === text) ?? []);
    },
  };
}

/**
 * An option whose text has a form of its own, or names something that has to be there.
 *
 * @param declared what is said of it
 * @param convert makes the setting of a text; throws a `UsageError` where it cannot
 */
export function converted<T>(
  declared: Omit<Declared<"string">, "kind"> & { readonly default: string },
  convert: (text: string) => T,
): ServeOption<T>;
export function converted<T>(
  declared: Omit<Declared<"string">, "kind">,
  convert: (text: string) => T,
): ServeOption<T | undefined>;
export function converted<T>(
  declared: Omit<Declared<"string">, "kind">,
  convert: (text: string) => T,
): ServeOption<T | undefined> {
  return {
    ...declared,
    kind: "string",
    value(options) {
      const text = options.get("string", declared.name);
      return text === undefined ? undefined : convert(text);
    },
    check: convert,
  };
}

/**
 * The settings of a part of the program.
 *
 * @param record its options
 * @param options what was given
 * @returns without those that nothing is said of
 * @throws {UsageError} for a text that cannot be used
 */
export function settingsOf<S extends object>(record: OptionsOf<S>, options: OptionValues): S {
  const entries = Object.entries<ServeOption>(record).map(([name, option]) => [name, option.value(options)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as S;
}
