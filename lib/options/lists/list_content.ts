/**
 * The content of a list, and how it is collected line by line.
 *
 * @module
 */

import type { Expression } from "../../expressions/expression.ts";
import { type AddressParts, addressParts, type AddressRole } from "../address_pattern.ts";
import { type NetworkParts, networkParts, readNetwork } from "../network.ts";
import type { Fail } from "../quantities.ts";
import { type AddressRanges, ipv4Number, ipv6Number, RangesBuilder } from "./address_ranges.ts";
import { NameSet } from "./name_set.ts";

/** What a list is used for: what is looked up in it. */
export type ListUse = "network" | "domain" | AddressRole;

/** A line, and its text. */
export interface ListLine {
  /** Its number, from 1. */
  readonly line: number;
  /** Its text. */
  readonly text: string;
}

/** An expression of a table, with the conditions that enclose it. */
export interface ListExpression {
  /** The expressions that must match, or not. */
  readonly tests: readonly { readonly expression: Expression; readonly negated: boolean }[];
}

/** What is in a list. */
export interface ListContent {
  /** How many entries it has. */
  readonly size: number;
  readonly networks: AddressRanges;
  readonly names: NameSet;
  readonly expressions: readonly ListExpression[];
  /** The first line with each kind of entry, for errors about entries that do not fit the list's use. */
  readonly first: { readonly [kind in ListEntryKind]?: ListLine };
}

/** Kinds of entries: a network, a domain, an address or local part, the null sender, an expression. */
export type ListEntryKind = "network" | "domain" | "address" | "null" | "expression";

/** The kinds of entries that make no sense for a use, and what is expected instead. */
const UNFIT: Readonly<
  Record<ListUse, { readonly kinds: readonly ListEntryKind[]; readonly wanted: string }>
> = {
  network: { kinds: ["domain", "address", "null"], wanted: "networks, such as 10.0.0.0/8" },
  domain: { kinds: ["network", "address", "null"], wanted: "domains, such as example.org" },
  sender: { kinds: ["network"], wanted: "domains and addresses, such as example.org or joe@example.org" },
  recipient: {
    kinds: ["network", "null"],
    wanted: "domains and addresses, such as example.org or joe@example.org",
  },
};

/**
 * Finds the first entry that can never match where a list is used.
 *
 * @returns its line, and what is expected instead; undefined if all fit
 */
export function misfit(
  { first }: ListContent,
  use: ListUse,
): ListLine & { readonly wanted: string } | undefined {
  const { kinds, wanted } = UNFIT[use];
  const lines = kinds.flatMap((kind) => first[kind] ?? []).sort((a, b) => a.line - b.line);
  return lines[0] && { ...lines[0], wanted };
}

/** Whether a list contains what is looked up: an IP address, a domain, or a mail address without angle brackets. */
export function contentHas(content: ListContent, use: ListUse, text: string): boolean {
  const { networks, names, expressions } = content;
  if (
    use === "network" ? networks.has(text) : use === "domain" ? names.hasDomain(text) : names.hasAddress(text)
  ) {
    return true;
  }
  return expressions.some(({ tests }) =>
    tests.every(({ expression, negated }) => expression.test(text) !== negated)
  );
}

// The last label must begin with a letter; otherwise it could be an IP address.
const PLAIN_DOMAIN = /^(?:[a-z0-9-]{1,63}\.){1,3}[a-z][a-z0-9-]{0,62}$/;
const PLAIN_ADDRESS = /^[a-z0-9._+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,3}[a-z][a-z0-9-]{0,62}$/;

/** Collects the entries of a list. */
export class ContentBuilder {
  readonly #ranges = new RangesBuilder();
  readonly #names = new NameSet();
  readonly #expressions: ListExpression[] = [];
  readonly #first: { [kind in ListEntryKind]?: ListLine } = {};
  #size = 0;

  /** Adds a network. */
  network(parts: NetworkParts, line: ListLine): void {
    this.#note("network", line);
    this.#ranges.add(parts);
  }

  /** Adds addresses that are not a single network. */
  addresses(set: AddressRanges, line: ListLine): void {
    this.#note("network", line);
    set.addTo(this.#ranges);
  }

  /** Adds a domain or mail address. */
  name(parts: AddressParts, line: ListLine): void {
    this.#note(parts.domain === undefined ? "null" : parts.user === undefined ? "domain" : "address", line);
    this.#names.add(parts);
  }

  /** Adds a local part that stands for this user of any domain. */
  user(user: string, line: ListLine): void {
    this.#note("address", line);
    this.#names.addUser(user);
  }

  /** Adds an expression. */
  expression(expression: ListExpression, line: ListLine): void {
    this.#note("expression", line);
    this.#expressions.push(expression);
  }

  /**
   * Adds an entry in the syntax of options: a network, a domain, an address, or `<>`.
   *
   * @param fail called for anything else
   */
  entry(line: ListLine, fail: Fail): void {
    const { text } = line;
    // Nearly all entries of long lists look like this.
    if (PLAIN_DOMAIN.test(text)) {
      this.#note("domain", line);
      this.#names.addDomain(text);
    } else if (PLAIN_ADDRESS.test(text)) {
      this.#note("address", line);
      this.#names.addAddress(text);
    } else if (looksLikeNetwork(text)) this.network(listedNetwork(text, fail), line);
    else this.name(addressParts(text, "sender", fail), line);
  }

  /** What was collected. */
  build(): ListContent {
    return {
      size: this.#size,
      networks: this.#ranges.build(),
      names: this.#names,
      expressions: this.#expressions,
      first: this.#first,
    };
  }

  #note(kind: ListEntryKind, line: ListLine): void {
    this.#size++;
    this.#first[kind] ??= line;
  }
}

/** Whether a text is meant as a network, even if it is an invalid one. */
export function looksLikeNetwork(text: string): boolean {
  return /^[\d.]+(?:\/.*)?$/.test(text) || /^\[?[\da-f]*:[\da-f:.]*\]?(?:[/%].*)?$/i.test(text);
}

/**
 * Reads a network.
 *
 * @param fail called for anything else
 */
export function listedNetwork(text: string, fail: Fail): NetworkParts {
  const parts = networkParts(text);
  // Anything that is not clearly valid is checked as options are, which takes longer but gives a good error message.
  if (parts === undefined || !isFirstAddress(parts)) readNetwork(text, fail);
  return parts!;
}

/** Whether no bit after the prefix is set; false for IPv4 addresses written as IPv6. */
function isFirstAddress({ address, length, version }: NetworkParts): boolean {
  if (version === "ipv4") return ipv4Number(address) % 2 ** (32 - length) === 0;
  return !/^(?:0*:)*:?ffff:|\./i.test(address) && BigInt.asUintN(128 - length, ipv6Number(address)) === 0n;
}
