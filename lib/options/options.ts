/**
 * A filter's options as plain data: declared once, they become flags, help, configuration keys and documentation.
 *
 * @module
 */

import type { Expression } from "../expressions/expression.ts";
import { AddressError, formatAddress, parseAddress } from "../net/address.ts";
import { headerNameProblem } from "../message/header_name.ts";
import { type AddressPattern, parseDomain } from "./address_pattern.ts";
import { type DomainPattern, readDomainPattern } from "./domain_pattern.ts";
import { parseExpression } from "./expression_option.ts";
import { type Lists, NO_LISTS } from "./lists/lists.ts";
import { readAddressesOrList, readNetworkOrList } from "./lists/use_lists.ts";
import { correctionOf } from "./nearest.ts";
import type { Network } from "./network.ts";
import { type Fail, parseDuration, parseInteger, parseSize } from "./quantities.ts";

export type { AddressPattern } from "./address_pattern.ts";
export type { DomainPattern } from "./domain_pattern.ts";
export type { Network } from "./network.ts";

/** How the text of an option is parsed. */
export type OptionKind =
  /** Text as it is. */
  | "string"
  /** A whole number. */
  | "integer"
  /** Bytes: `25MB`, `64KiB`, `1000`; see `unitBelow`. */
  | "size"
  /** Milliseconds: `8s`, `500ms`, `2m`, `1h`. */
  | "duration"
  /** One of `choices`. */
  | "enum"
  /** A regular expression to test for a match: `/text/flags`, without the flag g. */
  | "regexp"
  /** A network: `10.0.0.0/8`, `2001:db8::/32`, one address, or `@internal` for a named list. */
  | "network"
  /** Senders: `example.org`, `.example.org` (its subdomains), `joe@example.org`, `<>` (the null sender), `@partners`. */
  | "sender"
  /** Recipients: the same except for `<>`. */
  | "recipient"
  /** A domain: `example.org`, or `.example.org` for its subdomains. */
  | "domain"
  /** A domain to compare with: the same, or `@partners` for a named list. */
  | "domain-pattern"
  /** The name of a header field. */
  | "header-name"
  /** Where to listen: `unix:/path`, `inet:port@host`, `inet6:port@host`, `fd:N`, `fd:NAME`. */
  | "listen-address"
  /** What to connect to: `unix:/path`, `inet:port@host`, `inet6:port@host`. */
  | "connect-address"
  /** The path of a file that is read at startup. */
  | "file"
  /** Present or not, without a value. */
  | "flag";

/** The type of the value of each kind. */
export interface OptionTypes {
  /** The text. */
  string: string;
  /** A safe integer. */
  integer: number;
  /** Bytes. */
  size: number;
  /** Milliseconds. */
  duration: number;
  /** One of the choices. */
  enum: string;
  /** Compiled, to match in linear time. */
  regexp: Expression;
  /** A matcher of addresses. */
  network: Network;
  /** A matcher of mail addresses. */
  sender: AddressPattern;
  /** A matcher of mail addresses. */
  recipient: AddressPattern;
  /** In lower case ASCII, with its leading dot if it has one. */
  domain: string;
  /** A matcher of domains. */
  "domain-pattern": DomainPattern;
  /** The text. */
  "header-name": string;
  /** As libmilter writes it: `inet:port@host`. */
  "listen-address": string;
  /** As libmilter writes it. */
  "connect-address": string;
  /** The path. */
  file: string;
  /** Always true. */
  flag: true;
}

/** One option of a filter. */
export interface OptionSpec {
  /** Its name, in lower case with hyphens: the flag without `--`, and the configuration key. */
  readonly name: string;
  /** How its text is parsed. */
  readonly kind: OptionKind;
  /** What it does: one sentence, without a full stop. */
  readonly description: string;
  /** What stands for the value in help, such as `SIZE`. @default the kind in capitals */
  readonly metavar?: string;
  /** For kind `enum`. */
  readonly choices?: readonly string[];
  /** Whether it may be given several times. @default false */
  readonly repeatable?: boolean;
  /** Whether it must be given. @default false */
  readonly required?: boolean;
  /** The text to use if it is not given. */
  readonly default?: string;
  /** An example value for help. */
  readonly example?: string;
  /** The least value of kinds `integer`, `size` and `duration`. @default 0 */
  readonly min?: number;
  /** The greatest value of those kinds. */
  readonly max?: number;
  /**
   * For kind `size`: a number below this needs a unit, since it was more likely forgotten (`25` for `25MB`) than so few
   * bytes meant. @default 1000
   */
  readonly unitBelow?: number;
  /**
   * For kinds `integer`, `size` and `duration`: the option of `milterkit serve` whose limit takes effect first, such as
   * `callback-timeout`. A greater value could never take effect, and is refused.
   */
  readonly within?: string;
}

/** The default of {@linkcode OptionSpec.unitBelow}. */
const UNIT_BELOW = 1000;

/** An option that is missing, or whose text is invalid. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  /** Always `invalid-option`. */
  readonly code = "invalid-option";
  /** The option's name. */
  readonly option: string;
  /** The offending text; undefined if the option is missing. */
  readonly value: string | undefined;

  /**
   * @param option the option's name, without `--`
   * @param value the offending text; undefined if the option is missing
   * @param reason what is wrong and what to write instead
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

/** The options that were given to a filter, in order. */
export class OptionValues {
  readonly #specs: ReadonlyMap<string, OptionSpec>;
  /** Name, value and text of each, in the order in which they were given. */
  readonly given: readonly { readonly name: string; readonly value: unknown; readonly text: string }[];
  /** The lists that they can name. */
  readonly lists: Lists;

  /**
   * @param specs the options that exist
   * @param given name and text of each, in order; the text of a flag does not matter
   * @param lists the lists that they can name
   * @throws {OptionError} for a text that does not fit its kind, or an option given twice that is not repeatable
   */
  constructor(
    specs: readonly OptionSpec[],
    given: readonly (readonly [name: string, text: string])[],
    lists: Lists = NO_LISTS,
  ) {
    this.lists = lists;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    const seen = new Set<string>();
    this.given = given.map(([name, text]) => {
      const spec = this.#specs.get(name);
      if (!spec) throw new OptionError(name, text, "there is no such option");
      if (seen.has(name) && !spec.repeatable) throw new OptionError(name, text, "it can be given only once");
      seen.add(name);
      return { name, value: parseOption(spec, text, lists), text };
    });
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
    return this.given.filter((option) => option.name === name).map(({ value }) => value as OptionTypes[K]);
  }
}

/**
 * Parses an option's text.
 *
 * @param spec the option
 * @param text the text
 * @param lists the lists that it can name
 * @throws {OptionError} if it does not fit the option's kind or limits
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
export function parseOption(
  spec: OptionSpec,
  text: string,
  lists: Lists = NO_LISTS,
): OptionTypes[OptionKind] {
  const fail: Fail = (reason) => {
    throw new OptionError(spec.name, text, reason);
  };
  switch (spec.kind) {
    case "flag":
      return true;
    case "string":
    case "file":
      return text === "" ? fail("it is empty") : text;
    case "enum":
      return parseEnum(text, spec.choices ?? [], fail);
    case "regexp":
      return parseExpression(text, fail);
    case "network":
      return readNetworkOrList(text, lists, fail);
    case "sender":
    case "recipient":
      return readAddressesOrList(text, spec.kind, lists, fail);
    case "domain":
      return parseDomain(text, fail);
    case "domain-pattern":
      return readDomainPattern(text, lists, fail);
    case "header-name":
      return parseHeaderName(text, fail);
    case "listen-address":
    case "connect-address":
      return parseSocketAddress(text, spec.kind, fail);
    case "integer":
      return parseInteger(text, spec, fail);
    case "size":
      return parseSize(text, spec, spec.unitBelow ?? UNIT_BELOW, fail);
    case "duration":
      return parseDuration(text, spec, fail);
  }
}

function parseEnum(text: string, choices: readonly string[], fail: Fail): string {
  if (choices.includes(text)) return text;
  const begun = text.length > 2 ? choices.filter((choice) => choice.startsWith(text.toLowerCase())) : [];
  const meant = correctionOf(text, choices) ?? (begun.length === 1 ? begun[0] : undefined);
  return fail(`want one of ${choices.join(", ")}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}

function parseHeaderName(text: string, fail: Fail): string {
  const problem = headerNameProblem(text);
  if (problem !== undefined) return fail(problem);
  return text.includes("*") ? fail("* is not a wildcard here; want the whole name of a header field") : text;
}

function parseSocketAddress(text: string, kind: "listen-address" | "connect-address", fail: Fail): string {
  if (text.startsWith("parent:")) return fail("parent: is only for workers");
  try {
    const address = parseAddress(text);
    if (kind === "connect-address" && address.kind === "fd") {
      return fail("want unix:/path, inet:port@host or inet6:port@host");
    }
    if (kind === "connect-address" && "port" in address && address.port === 0) {
      return fail("nobody listens at port 0");
    }
    return formatAddress(address);
  } catch (error) {
    if (error instanceof AddressError) return fail(error.reason);
    throw error;
  }
}
