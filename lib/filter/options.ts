/**
 * A filter's options as plain data: declared once, they become flags, help, config keys and documentation.
 *
 * @module
 */

import { BlockList, isIP } from "node:net";

/** What an option's text is read as. */
export type OptionKind =
  /** Text as it is. */
  | "string"
  /** A whole number. */
  | "integer"
  /** Bytes: `25MB`, `64KiB`, `1000`. */
  | "size"
  /** Milliseconds: `8s`, `500ms`, `2m`, `1h`. */
  | "duration"
  /** One of `choices`. */
  | "enum"
  /** A regular expression: `/text/flags`. */
  | "regexp"
  /** A network: `10.0.0.0/8`, `2001:db8::/32`, or one address. */
  | "network"
  /** The path of a file that is read at start. */
  | "file"
  /** Present or not, without a value. */
  | "flag";

/** What the text of each kind becomes. */
export interface OptionTypes {
  /** As it is. */
  string: string;
  /** A safe integer. */
  integer: number;
  /** Bytes. */
  size: number;
  /** Milliseconds. */
  duration: number;
  /** One of the choices. */
  enum: string;
  /** Compiled. */
  regexp: RegExp;
  /** A matcher of addresses. */
  network: Network;
  /** The path. */
  file: string;
  /** Always true. */
  flag: true;
}

/** One option of a filter. */
export interface OptionSpec {
  /** Its name, in lower case with hyphens: the flag without `--`, and the config key. */
  readonly name: string;
  /** What its text is read as. */
  readonly kind: OptionKind;
  /** What it does: one sentence, without a full stop. */
  readonly description: string;
  /** What stands for the value in help, such as `SIZE`. @default the kind in capitals */
  readonly metavar?: string;
  /** For kind `enum`. */
  readonly choices?: readonly string[];
  /** Whether it may be given several times. @default false */
  readonly repeatable?: boolean;
  /** The text that holds where it is not given. */
  readonly default?: string;
  /** An example value for help. */
  readonly example?: string;
  /** Least value of kinds `integer`, `size` and `duration`. @default 0 */
  readonly min?: number;
  /** Greatest value of those kinds. */
  readonly max?: number;
}

/** A text that an option cannot be made of. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  /** Always `invalid-option`. */
  readonly code = "invalid-option";
  /** The option's name. */
  readonly option: string;
  /** The offending text; undefined where the option is missing. */
  readonly value: string | undefined;

  /**
   * @param option the option's name, without `--`
   * @param value the offending text; undefined where the option is missing
   * @param reason what is wrong and what would be right
   */
  constructor(option: string, value: string | undefined, reason: string) {
    super(
      value === undefined
        ? `Missing --${option}: ${reason}`
        : `Invalid --${option} ${JSON.stringify(value)}: ${reason}`,
    );
    this.option = option;
    this.value = value;
  }
}

/** Tells whether an IP address lies in a network. */
export interface Network {
  /** The text that it was made of. */
  readonly text: string;
  /** Whether it holds an address; false for what is not an IP address. */
  has(address: string): boolean;
}

/** The options that were given to a filter, in their order. */
export class OptionValues {
  readonly #specs: ReadonlyMap<string, OptionSpec>;
  /** Name, value and text of each, in the order in which they were given. */
  readonly given: readonly { readonly name: string; readonly value: unknown; readonly text: string }[];

  /**
   * @param specs the options that there are
   * @param given name and text of each, in order; of a flag the text does not matter
   * @throws {OptionError} for a text that does not fit its kind, or for one given twice that is not repeatable
   */
  constructor(specs: readonly OptionSpec[], given: readonly (readonly [name: string, text: string])[]) {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    const seen = new Set<string>();
    this.given = given.map(([name, text]) => {
      const spec = this.#specs.get(name);
      if (!spec) throw new OptionError(name, text, "there is no such option");
      if (seen.has(name) && !spec.repeatable) throw new OptionError(name, text, "it can be given only once");
      seen.add(name);
      return { name, value: parseOption(spec, text), text };
    });
  }

  /** The value of an option, or its default; undefined where there is neither. `K` is the option's kind. */
  get<K extends OptionKind>(_kind: K, name: string): OptionTypes[K] | undefined {
    const value = this.given.findLast((option) => option.name === name)?.value;
    if (value !== undefined) return value as OptionTypes[K];
    const spec = this.#specs.get(name);
    return spec?.default === undefined ? undefined : parseOption(spec, spec.default) as OptionTypes[K];
  }

  /** All values of a repeatable option, in order. */
  all<K extends OptionKind>(_kind: K, name: string): OptionTypes[K][] {
    return this.given.filter((option) => option.name === name).map(({ value }) => value as OptionTypes[K]);
  }
}

/**
 * Reads an option's text.
 *
 * @throws {OptionError} when it does not fit the option's kind or bounds
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOption } from "./options.ts";
 *
 * const max = { name: "max", kind: "size", description: "Largest message" } as const;
 * assert.equal(parseOption(max, "25MB"), 25_000_000);
 * assert.throws(() => parseOption(max, "25 apples"), /Invalid --max "25 apples"/);
 * ```
 */
export function parseOption(spec: OptionSpec, text: string): OptionTypes[OptionKind] {
  const fail = (reason: string): never => {
    throw new OptionError(spec.name, text, reason);
  };
  switch (spec.kind) {
    case "flag":
      return true;
    case "string":
    case "file":
      return text === "" ? fail("it is empty") : text;
    case "enum":
      return spec.choices?.includes(text) ? text : fail(`want one of ${spec.choices?.join(", ")}`);
    case "regexp":
      return parseRegExp(text, fail);
    case "network":
      return parseNetwork(text, fail);
    case "integer":
      return bounded(
        spec,
        /^\d+$/.test(text) ? Number(text) : fail("want a whole number, such as 100"),
        fail,
      );
    case "size":
      return bounded(
        spec,
        parseWithUnit(text, SIZES) ?? fail(`want a size, such as 25MB, 64KiB or 1000`),
        fail,
      );
    case "duration":
      return bounded(
        spec,
        parseWithUnit(text, DURATIONS) ?? fail("want a time, such as 8s, 500ms or 2m"),
        fail,
      );
  }
}

// As GNU's tools have it: MB is a million, MiB and M are 1024 * 1024.
const SIZES: Record<string, number> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
};
const DURATIONS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseWithUnit(text: string, units: Record<string, number>): number | undefined {
  const parts = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text);
  const unit = parts ? units[parts[2].toLowerCase()] : undefined;
  return parts && unit !== undefined ? Math.round(Number(parts[1]) * unit) : undefined;
}

function bounded(spec: OptionSpec, value: number, fail: (reason: string) => never): number {
  if (!Number.isSafeInteger(value)) return fail("it is too large");
  const { min = 0, max } = spec;
  const unit = spec.kind === "duration" ? " ms" : spec.kind === "size" ? " bytes" : "";
  if (value < min) return fail(`it must be at least ${min}${unit}`);
  return max !== undefined && value > max ? fail(`it must be at most ${max}${unit}`) : value;
}

function parseRegExp(text: string, fail: (reason: string) => never): RegExp {
  const parts = /^\/(.*)\/([a-z]*)$/s.exec(text);
  if (!parts) return fail("want a regular expression between slashes, such as /text/i");
  try {
    // What is too large is an error only once it is asked something.
    new RegExp(parts[1], parts[2]).test("");
    return new RegExp(parts[1], parts[2]);
  } catch (error) {
    return fail((error as Error).message);
  }
}

function parseNetwork(text: string, fail: (reason: string) => never): Network {
  const [address, prefix, ...rest] = text.split("/");
  // A zone (fe80::1%eth0) is of a machine's own interfaces; the runtimes differ in what they make of one.
  const version = address.includes("%") ? 0 : isIP(address);
  const bits = version === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (version === 0 || rest.length > 0 || length < 0 || length > bits) {
    return fail("want a network, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1");
  }
  const list = new BlockList();
  list.addSubnet(address, length, version === 6 ? "ipv6" : "ipv4");
  return {
    text,
    has: (address) => {
      const bare = address.replace(/%.*$/s, "");
      const version = isIP(bare);
      return version !== 0 && list.check(bare, version === 6 ? "ipv6" : "ipv4");
    },
  };
}
