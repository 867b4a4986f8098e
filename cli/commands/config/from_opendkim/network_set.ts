/**
 * Turns networks and exceptions from them into networks without exceptions.
 *
 * @module
 */

import { isIP } from "node:net";

/** A network of a list: the most specific one that holds an address decides about it. */
export interface ListedNetwork {
  /** The first address. */
  readonly address: string;
  /** The length of the prefix; undefined for a single address, which counts before a network that holds it alone. */
  readonly length: number | undefined;
  /** Whether its addresses belong to the set. */
  readonly included: boolean;
}

/** A network as a number, or a part of one. */
interface Prefix {
  readonly value: bigint;
  readonly length: number;
}

/**
 * The networks that hold exactly the addresses that belong to a set. Of two entries that are equal, an exclusion counts.
 *
 * @param listed the entries, whose addresses are valid and the first of their network
 * @returns IPv4 first, by address
 */
export function networksOf(listed: readonly ListedNetwork[]): readonly string[] {
  return [4, 6].flatMap((version) => {
    const decisions = new Map<string, boolean>();
    const own = listed.filter(({ address }) => isIP(address) === version)
      .toSorted((a, b) =>
        (a.length ?? Infinity) - (b.length ?? Infinity) || Number(b.included) - Number(a.included)
      );
    const bits = version === 4 ? 32 : 128;
    const prefixes = own.map(({ address, length = bits, included }) => {
      const prefix = { value: numberOf(address), length };
      decisions.set(keyOf(prefix), included);
      return prefix;
    });
    return cover({ value: 0n, length: 0 }, false, prefixes, decisions, bits)
      .map(({ value, length }) => `${addressOf(value, bits)}${length === bits ? "" : `/${length}`}`);
  });
}

/** The parts of a network that belong to the set, if what is above it says `inherited`. */
function cover(
  network: Prefix,
  inherited: boolean,
  below: readonly Prefix[],
  decisions: ReadonlyMap<string, boolean>,
  bits: number,
): Prefix[] {
  const included = decisions.get(keyOf(network)) ?? inherited;
  const deeper = below.filter(({ length }) => length > network.length);
  if (deeper.length === 0) return included ? [network] : [];
  const length = network.length + 1;
  const half = 1n << BigInt(bits - length);
  const [low, high] = [network.value, network.value + half].map((value) =>
    cover({ value, length }, included, deeper.filter((each) => isWithin(each, value, half)), decisions, bits)
  ) as [Prefix[], Prefix[]];
  const isWhole = [low, high].every(([first]) => first?.length === length);
  return isWhole ? [network] : [...low, ...high];
}

function isWithin({ value }: Prefix, first: bigint, size: bigint): boolean {
  return value >= first && value < first + size;
}

function keyOf({ value, length }: Prefix): string {
  return `${value}/${length}`;
}

function numberOf(address: string): bigint {
  if (address.includes(":")) return BigInt(`0x${groupsOf(address).join("")}`);
  return address.split(".").reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** The eight groups of an IPv6 address without dots, of four digits each. */
function groupsOf(address: string): string[] {
  const [head = [], tail] = canonicalIpv6(address).split("::").map((part) =>
    part === "" ? [] : part.split(":")
  );
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail ?? []].map((group) => group.padStart(4, "0"));
}

function addressOf(value: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => value >> shift & 255n).join(".");
  const digits = value.toString(16).padStart(32, "0");
  return canonicalIpv6(digits.replace(/.{4}(?=.)/g, "$&:"));
}

/** An IPv6 address in lower case, shortened as RFC 5952 has it, without dots. */
export function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** The first address of the network of this length that holds an address. */
export function firstAddress(address: string, length: number): string {
  const bits = address.includes(":") ? 128 : 32;
  const rest = BigInt(bits - length);
  return addressOf(numberOf(address) >> rest << rest, bits);
}
