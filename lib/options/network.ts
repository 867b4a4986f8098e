/**
 * Parses networks of IP addresses.
 *
 * @module
 */

import { BlockList, isIP } from "node:net";
import { failAsPattern } from "./pattern_error.ts";
import type { Fail } from "./quantities.ts";

/** A network of IP addresses. */
export interface Network {
  /** The text that it was parsed from. */
  readonly text: string;
  /** Whether it contains an address; false if the text is not an IP address. */
  has(address: string): boolean;
  /**
   * The networks that it consists of if it is a list; undefined for a single network, and for a list that may change.
   */
  readonly parts?: () => readonly Network[] | undefined;
}

const WANTED = "want a network, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1";

/**
 * Makes a network from text, for example for `clients` of `scopeOf`.
 *
 * @param text an IPv4 or IPv6 address, or the first address of a network, a slash and the prefix length (RFC 4632, RFC 4291)
 * @throws {PatternError} `invalid-network` for anything else, with what to write instead where that is known
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseNetwork } from "../../mod.ts";
 *
 * const internal = parseNetwork("10.0.0.0/8");
 * assert.equal(internal.has("10.1.2.3"), true);
 * assert.equal(internal.has("192.0.2.1"), false);
 * assert.throws(() => parseNetwork("10.1.0.0/8"), /write 10.0.0.0\/8/);
 * ```
 */
export function parseNetwork(text: string): Network {
  return readNetwork(text, failAsPattern("invalid-network", text));
}

/**
 * Reads a network; see {@linkcode parseNetwork}.
 *
 * @param text the network
 * @param fail called for anything else
 */
export function readNetwork(text: string, fail: Fail): Network {
  const { address, length, version } = networkParts(text) ?? fail(hintOf(text) ?? WANTED);
  const list = new BlockList();
  list.addSubnet(address, length, version);
  const first = firstAddress(address, length, version);
  const mapped = mappedNetwork(first, length);
  if (mapped) return fail(`write ${mapped}: an IPv4 address that came over IPv6 counts as IPv4`);
  if (!sameAddress(first, address)) {
    return fail(
      `${address} is not the first address of a network of /${length}: write ${first}/${length}, or ${address} for one address`,
    );
  }
  return {
    text,
    has: (address) => {
      const bare = unmappedAddress(address.replace(/%.*$/s, ""));
      const version = isIP(bare);
      return version !== 0 && list.check(bare, version === 6 ? "ipv6" : "ipv4");
    },
  };
}

/**
 * Whether a network contains all addresses of another.
 *
 * @param outer the first
 * @param inner the other
 */
export function coversNetwork(outer: Network, inner: Network): boolean {
  if (outer.text === inner.text) return true;
  const parts = inner.parts?.();
  if (parts !== undefined) return parts.length > 0 && parts.every((part) => coversNetwork(outer, part));
  const others = outer.parts?.();
  if (others !== undefined) return others.some((other) => coversNetwork(other, inner));
  const [a, b] = [networkParts(outer.text), networkParts(inner.text)];
  return a !== undefined && b !== undefined && a.version === b.version && a.length <= b.length &&
    outer.has(b.address);
}

/**
 * The IP version and the leading bits that all addresses of a network share, as text. The text of a network begins with
 * the text of every network that contains it.
 *
 * @param text the network
 * @returns undefined if the text is not a network
 */
export function sharedBits(text: string): string | undefined {
  const parts = networkParts(text);
  if (parts === undefined) return undefined;
  const { address, length, version } = parts;
  const [numbers, size] = version === "ipv4"
    ? [address.split(".").map(Number), 8]
    : [ipv6Groups(address), 16];
  const bits = numbers.map((number) => number.toString(2).padStart(size, "0")).join("");
  return `${version}:${bits.slice(0, length)}`;
}

/** Turns an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) into the IPv4 address, as networks are written. */
export function unmappedAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** How many leading bits of an address stand for its network. */
export interface PrefixLengths {
  /** Of an IPv4 address, 0 to 32. */
  readonly ipv4: number;
  /** Of an IPv6 address, 0 to 128. */
  readonly ipv6: number;
}

/**
 * The network of an address, in CIDR notation with a canonical spelling; the address alone if the prefix covers all of
 * it.
 *
 * @param address an IP address; an IPv4-mapped IPv6 address counts as IPv4
 * @param lengths how long the prefix is
 * @returns undefined if the text is not an IP address
 */
export function networkAround(address: string, lengths: PrefixLengths): string | undefined {
  const bare = unmappedAddress(address.replace(/%.*$/s, ""));
  const kind = isIP(bare);
  if (kind === 0) return undefined;
  const version = kind === 6 ? "ipv6" : "ipv4";
  const first = firstAddress(bare, lengths[version], version);
  return lengths[version] === (kind === 6 ? 128 : 32) ? first : `${first}/${lengths[version]}`;
}

function mappedNetwork(first: string, length: number): string | undefined {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(first) ?? [];
  if (high === undefined || low === undefined || length < 96) return undefined;
  const bytes = [high, low].map((group) => parseInt(group, 16)).flatMap((
    group,
  ) => [group >> 8, group & 0xff]);
  return `${bytes.join(".")}/${length - 96}`;
}

/** The parts of a network's text. */
export interface NetworkParts {
  /** The address before the slash, as it was written. */
  readonly address: string;
  /** The length of the prefix, in bits. */
  readonly length: number;
  /** The IP version of the address. */
  readonly version: "ipv4" | "ipv6";
}

/** Splits a network at its slash; undefined if the text is not a network. Bits after the prefix may be set. */
export function networkParts(text: string): NetworkParts | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  // A zone (fe80::1%eth0) names an interface of this machine; the runtimes handle zones differently.
  const version = address.includes("%") ? 0 : isIP(address);
  const bits = version === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : /^(0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : -1;
  if (version === 0 || rest.length > 0 || length < 0 || length > bits) return undefined;
  return { address, length, version: version === 6 ? "ipv6" : "ipv4" };
}

/** Suggests how to write what other programs accept as networks. */
function hintOf(text: string): string | undefined {
  if (/[,\s]/.test(text.trim())) return "these are several values; give each one separately";
  const [, bracketed, length = ""] = /^\[([^\]]+)\](\/\d+)?$/.exec(text) ?? [];
  if (bracketed !== undefined && isIP(bracketed) === 6) {
    return `write ${bracketed}${length}, without brackets`;
  }
  const [, address, mask] = /^([\d.]+)\/(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (address === undefined || mask === undefined || isIP(address) !== 4) return undefined;
  const prefix = prefixOf(mask);
  return prefix === undefined ? undefined : `write ${address}/${prefix}`;
}

/** The prefix length of a mask such as 255.255.0.0. */
function prefixOf(mask: string): number | undefined {
  if (isIP(mask) !== 4) return undefined;
  const bits = mask.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}

/** The address with every bit after the prefix cleared. */
function firstAddress(address: string, length: number, version: NetworkParts["version"]): string {
  if (version === "ipv4") {
    const bytes = address.split(".").map(Number);
    return bytes.map((byte, i) => byte & byteMask(length - i * 8)).join(".");
  }
  const groups = ipv6Groups(address).map((group, i) =>
    group & (byteMask(length - i * 16) << 8 | byteMask(length - i * 16 - 8))
  );
  return canonical(groups.map((group) => group.toString(16)).join(":"));
}

/** A byte with this many leading bits set. */
function byteMask(bits: number): number {
  return 0xff00 >> Math.min(Math.max(bits, 0), 8) & 0xff;
}

/** The eight groups of an IPv6 address, each 0 to 65535. */
export function ipv6Groups(address: string): number[] {
  const [head = [], tail] = canonical(address).split("::").map((part) => part === "" ? [] : part.split(":"));
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail ?? []].map((group) => parseInt(group, 16));
}

function sameAddress(a: string, b: string): boolean {
  return a === b || a.includes(":") && canonical(a) === canonical(b);
}

/** An IPv6 address in lower case, shortened per RFC 5952, without dots. */
function canonical(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
