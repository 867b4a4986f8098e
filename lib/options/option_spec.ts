/**
 * The declaration of an option, and the types of its values.
 *
 * @module
 */

import type { Expression } from "../expressions/expression.ts";
import type { AddressPattern } from "./address_pattern.ts";
import type { DomainPattern } from "./domain_pattern.ts";
import type { Network } from "./network.ts";

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
  /** A domain pattern: the same, or `@partners` for a named list. */
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
  /** The minimum value of kinds `integer`, `size` and `duration`. @default 0 */
  readonly min?: number;
  /** The maximum value of those kinds. */
  readonly max?: number;
  /**
   * For kind `size`: a number below this needs a unit, since a forgotten unit (`25` for `25MB`) is more likely than so
   * few bytes. @default 1000
   */
  readonly unitBelow?: number;
  /**
   * For kinds `integer`, `size` and `duration`: the option of `milterkit serve` that limits this one, such as
   * `callback-timeout`. A greater value could never take effect, and is refused.
   */
  readonly within?: string;
  /**
   * For kind `string`: how many colons precede the path of a file, such as two in `example.org:2026:key.pem`. In a
   * configuration file such a path is relative to that file, as with kind `file`.
   */
  readonly colonsBeforeFile?: number;
  /**
   * Whether the options after it belong to it, up to the next such option: `--rule spam --reject "550 no"`. In a
   * configuration file it is a table of its own, `[[filter.rule]]`, whose key `name` is its value. Only for repeatable
   * options of kind `string`.
   * @default false
   */
  readonly beginsGroup?: boolean;
  /** Whether it is valid only in such a group, or also in one. @default it is valid only before the first group */
  readonly inGroup?: "only" | "also";
}
