/**
 * How options of `milterkit serve` are declared. Each part of the program declares one record of options, keyed by its
 * settings; flags, help, configuration file keys and the settings themselves are derived from it.
 *
 * @module
 */

import type { OptionKind, OptionSpec, OptionTypes, OptionValues } from "../../lib/options/options.ts";

/** An option of `serve`. */
export interface ServeOption<T = unknown> extends OptionSpec {
  /**
   * Where the option can be set: with `listener`, each `[[listener]]` of a configuration file may have its own value; with
   * `process`, one value holds for all listeners; with `command-line`, a configuration file cannot set it.
   */
  readonly scope: "command-line" | "process" | "listener";
  /** When a changed value in a configuration file takes effect: on reload, for sockets opened after that, or on restart. */
  readonly takesEffect: "reload" | "new-socket" | "restart";
  /**
   * Returns the setting.
   *
   * @throws {UsageError} if the text is valid for the option's kind but still unusable
   */
  value(options: OptionValues): T;
  /**
   * Checks a value while its file is read, so that an error can name the line.
   *
   * @throws {Error} if it is unusable
   */
  check?(text: string): void;
  /** Returns a value as everybody may see it, without a secret in it. @default the value as it was given */
  shown?(text: string): string;
}

/** One option for each setting of `S`; the compiler reports any that is missing. */
export type ServeOptionsOf<S> = { readonly [K in keyof S]-?: ServeOption<S[K]> };

/** An option as declared, without the functions derived from that. */
type Declared<K extends OptionKind> = Omit<ServeOption, "value" | "check"> & { readonly kind: K };

/** Declares an option with a default; its kind parses the text. */
export function withDefault<K extends OptionKind>(
  declared: Declared<K> & { readonly default: string },
): ServeOption<OptionTypes[K]> {
  return {
    ...declared,
    value(options) {
      const value = options.get(declared.kind, declared.name);
      if (value === undefined) throw new Error(`--${declared.name} is not among the options`);
      return value;
    },
  };
}

/** Declares an option that may be missing; its kind parses the text. */
export function optional<K extends OptionKind>(
  declared: Declared<K>,
): ServeOption<OptionTypes[K] | undefined> {
  return { ...declared, value: (options) => options.get(declared.kind, declared.name) };
}

/** Declares an option that can be given several times. */
export function repeatable<K extends OptionKind>(
  declared: Declared<K>,
): ServeOption<readonly OptionTypes[K][]> {
  return {
    ...declared,
    repeatable: true,
    value: (options) => options.all(declared.kind, declared.name),
  };
}

/** Declares an option that takes one of several words. */
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

/** Declares an option that takes any of several words. */
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
 * Declares an option with a format of its own, or one that names something that must exist.
 *
 * @param declared the option
 * @param convert turns the text into the setting; throws a `UsageError` if it cannot
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
 * Returns the settings of one part of the program.
 *
 * @param record its options
 * @param options the values that were given
 * @returns the settings that have a value
 * @throws {UsageError} for an unusable value
 */
export function settingsOf<S extends object>(record: ServeOptionsOf<S>, options: OptionValues): S {
  const entries = Object.entries<ServeOption>(record).map(([name, option]) => [name, option.value(options)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as S;
}
