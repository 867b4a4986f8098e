/**
 * The options of a filter as its author declares them, and the types that follow from the declarations.
 *
 * @module
 */

import { OptionError, type OptionSpec, type OptionTypes, type OptionValues } from "../options/options.ts";

type Declared =
  & Omit<OptionSpec, "name" | "kind" | "choices" | "repeatable" | "required" | "default">
  & (
    | {
      /** Whether it may be given several times; its value is then a list, which is empty by default. @default false */
      readonly repeatable: true;
      /** Whether it must be given. @default false */
      readonly required?: boolean;
      /** A list has no default. */
      readonly default?: never;
    }
    | {
      readonly repeatable?: never;
      readonly required?: never;
      /** The text to use if it is not given. */
      readonly default?: string;
    }
    | {
      readonly repeatable?: never;
      /** Whether it must be given; then it has no default. */
      readonly required: true;
      readonly default?: never;
    }
  );

/** An option of a filter; its name is its key in `options`: lower-case words joined by hyphens. */
export type OptionDeclaration =
  | Declared & { readonly kind: Exclude<keyof OptionTypes, "enum">; readonly choices?: never }
  | Declared & {
    readonly kind: "enum";
    /** The allowed values. */
    readonly choices: readonly [string, ...string[]];
  };

/** The options of a filter, by name. */
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

/**
 * The values that `create` gets: `when-down` as `whenDown`, with the type of its kind. A repeatable option is a list;
 * one that is neither required nor has a default may be undefined.
 */
export type OptionsOf<O> = { readonly [Name in keyof O as Outside<O, Name>]: ValueOf<O[Name]> };

/** Options that are valid only in groups are in `kit.options.groups`. */
type Outside<O, Name extends keyof O> = O[Name] extends { readonly inGroup: "only" } ? never
  : CamelCase<Name>;

type ValueOf<S> = S extends { readonly repeatable: true } ? readonly OneOf<S>[]
  : S extends { readonly kind: "flag" } ? boolean
  : S extends { readonly default: string } | { readonly required: true } ? OneOf<S>
  : OneOf<S> | undefined;

type OneOf<S> = S extends { readonly kind: "enum"; readonly choices: readonly (infer Word)[] } ? Word
  : S extends { readonly kind: infer K extends keyof OptionTypes } ? OptionTypes[K]
  : never;

type CamelCase<Name> = Name extends `${infer First}-${infer Rest}` ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/**
 * Options as a program passes them to `make`: the text as on the command line, a number of milliseconds, bytes or
 * whatever the option counts, or a boolean for a flag; a list if the option is repeatable.
 */
export type GivenOptions<O> =
  & { readonly [Name in keyof O as IfRequired<O, Name, true>]: GivenValue<O[Name]> }
  & { readonly [Name in keyof O as IfRequired<O, Name, false>]?: GivenValue<O[Name]> | undefined };

type IfRequired<O, Name extends keyof O, Is extends boolean> = O[Name] extends { readonly required: true }
  ? (Is extends true ? Outside<O, Name> : never)
  : (Is extends true ? never : Outside<O, Name>);

/** A group of options: its name, and its options. */
type GivenGroup = { readonly name: string } & Readonly<Record<string, unknown>>;

type GivenValue<S> = S extends { readonly beginsGroup: true } ? readonly GivenGroup[]
  : S extends { readonly repeatable: true } ? GivenOne<S> | readonly GivenOne<S>[]
  : GivenOne<S>;

type GivenOne<S> = S extends { readonly kind: "flag" } ? boolean
  : S extends { readonly kind: "integer" | "size" | "duration" } ? string | number
  : S extends { readonly kind: "enum"; readonly choices: readonly (infer Word)[] } ? Word
  : string;

/** Options as data, in the order of their declaration. */
export function optionSpecs(options: OptionDeclarations | undefined): readonly OptionSpec[] {
  return Object.entries(options ?? {}).map(([name, declaration]) => ({ name, ...declaration }));
}

/** The reverse of {@linkcode optionSpecs}: declarations of options that are given as data. */
export function declarationsOf(specs: readonly OptionSpec[]): OptionDeclarations {
  return Object.fromEntries(
    specs.map(({ name, ...declaration }) => [name, declaration as OptionDeclaration]),
  );
}

/** The property name of an option in what `create` gets. */
export function propertyOf(option: string): string {
  return option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The values of options by their property names in what `create` gets.
 *
 * @throws {OptionError} if a required option is missing
 */
export function valuesByProperty(
  specs: readonly OptionSpec[],
  values: OptionValues,
): Readonly<Record<string, unknown>> {
  const outside = specs.filter(({ inGroup }) => inGroup !== "only");
  return Object.fromEntries(outside.map((spec) => [propertyOf(spec.name), valueOf(spec, values)]));
}

function valueOf(spec: OptionSpec, values: OptionValues): unknown {
  const { name, kind, repeatable, required } = spec;
  if (repeatable) {
    const all = values.all(kind, name);
    if (all.length === 0 && required) throw missing(spec);
    return all;
  }
  const value = values.get(kind, name);
  if (kind === "flag") return value ?? false;
  if (value === undefined && required) throw missing(spec);
  return value;
}

function missing({ name, example, description }: OptionSpec): OptionError {
  const hint = example === undefined ? "" : `, for example --${name} ${example}`;
  return new OptionError(name, undefined, `it must be given${hint} (${description})`);
}

/**
 * Converts options as a program passes them to texts as on a command line.
 *
 * @throws {OptionError} for an unknown option, or a value of the wrong type
 */
export function givenTexts(
  specs: readonly OptionSpec[],
  given: Readonly<Record<string, unknown>>,
): (readonly [name: string, text: string])[] {
  const byProperty = new Map(specs.map((spec) => [propertyOf(spec.name), spec]));
  return Object.entries(given).flatMap(([property, value]) => {
    const spec = byProperty.get(property);
    if (!spec) {
      const names = [...byProperty.keys()].join(", ");
      throw new OptionError(
        property,
        String(value),
        names === "" ? "the filter has no options" : `there is no such option; there are ${names}`,
      );
    }
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.filter((each) => each !== undefined && each !== false).flatMap((each) =>
      spec.beginsGroup && typeof each === "object" && each !== null
        ? groupTexts(specs, spec, each as Readonly<Record<string, unknown>>)
        : [[spec.name, textOf(spec, each)] as const]
    );
  });
}

/** A group as an object: its `name`, and its options. */
function groupTexts(
  specs: readonly OptionSpec[],
  spec: OptionSpec,
  { name, ...options }: Readonly<Record<string, unknown>>,
): (readonly [name: string, text: string])[] {
  const inside = specs.filter(({ inGroup }) => inGroup !== undefined);
  return [[spec.name, textOf(spec, name)], ...givenTexts(inside, options)];
}

function textOf({ name, kind }: OptionSpec, value: unknown): string {
  if (kind === "flag" ? value === true : typeof value === "string") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) {
    if (kind === "duration") return `${value}ms`;
    if (kind === "size") return `${value}B`;
    if (kind === "integer") return String(value);
  }
  throw new OptionError(name, String(value), `a ${typeof value} does not fit an option of kind ${kind}`);
}
