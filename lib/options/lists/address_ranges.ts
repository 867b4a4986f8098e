/**
 * Sets of IP addresses with fast lookup, however many networks they contain.
 *
 * A set is kept as sorted, disjoint ranges: eight bytes for a range of IPv4 addresses, 32 for one of IPv6.
 *
 * @module
 */

import { isIP } from "node:net";
import { ipv6Groups, type NetworkParts, unmappedAddress } from "../network.ts";

/** Ranges of addresses of one kind: the first and last address of each, in order. */
interface Ranges<T> {
  readonly first: ArrayLike<T>;
  readonly last: ArrayLike<T>;
}

const IPV4_MAX = 2 ** 32 - 1;
const IPV6_MAX = (1n << 128n) - 1n;

/** A set of IP addresses. */
export class AddressRanges {
  /** The empty set. */
  static readonly NONE: AddressRanges = new AddressRanges({ first: [], last: [] }, { first: [], last: [] });

  readonly #ipv4: Ranges<number>;
  readonly #ipv6: Ranges<bigint>;

  private constructor(ipv4: Ranges<number>, ipv6: Ranges<bigint>) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
  }

  /** Whether it contains an address; false if the text is not one. An IPv4-mapped IPv6 address counts as IPv4. */
  has(address: string): boolean {
    const bare = unmappedAddress(address.replace(/%.*$/s, ""));
    const kind = isIP(bare);
    if (kind === 4) return isIn(this.#ipv4, ipv4Number(bare));
    return kind === 6 && isIn(this.#ipv6, ipv6Number(bare));
  }

  /** Whether it is empty. */
  get empty(): boolean {
    return this.#ipv4.first.length + this.#ipv6.first.length === 0;
  }

  /** The addresses of one IP version that it does not contain. */
  complement(version: NetworkParts["version"]): AddressRanges {
    const none = AddressRanges.NONE;
    return version === "ipv4"
      ? new AddressRanges(gaps(this.#ipv4, 0, IPV4_MAX, (value, by) => value + by), none.#ipv6)
      : new AddressRanges(none.#ipv4, gaps(this.#ipv6, 0n, IPV6_MAX, (value, by) => value + BigInt(by)));
  }

  /** The intersection with another set. */
  and(other: AddressRanges): AddressRanges {
    return new AddressRanges(common(this.#ipv4, other.#ipv4), common(this.#ipv6, other.#ipv6));
  }

  /** Adds its addresses to those of another set. */
  addTo(builder: RangesBuilder): void {
    const [ipv4, ipv6] = [this.#ipv4, this.#ipv6];
    for (let i = 0; i < ipv4.first.length; i++) builder.range4(ipv4.first[i]!, ipv4.last[i]!);
    for (let i = 0; i < ipv6.first.length; i++) builder.range6(ipv6.first[i]!, ipv6.last[i]!);
  }

  /** Makes a set from ranges in any order, which may overlap; those of IPv4 are pairs of numbers in one array. */
  static of(ipv4: Float64Array, ipv6: readonly (readonly [bigint, bigint])[]): AddressRanges {
    return new AddressRanges(joined4(ipv4), joined6(ipv6));
  }
}

/** Collects networks for a set. */
export class RangesBuilder {
  /** The first and last address of each range, alternating. */
  #ipv4 = new Float64Array(64);
  #used = 0;
  readonly #ipv6: (readonly [bigint, bigint])[] = [];

  /** Adds a network; bits after its prefix must not be set. */
  add({ address, length, version }: NetworkParts): void {
    if (version === "ipv4") {
      const first = ipv4Number(address);
      this.range4(first, first + 2 ** (32 - length) - 1);
    } else {
      const first = ipv6Number(address);
      this.range6(first, first + (1n << BigInt(128 - length)) - 1n);
    }
  }

  /** Adds IPv4 addresses as numbers, from the first to the last. */
  range4(first: number, last: number): void {
    if (this.#used === this.#ipv4.length) {
      const larger = new Float64Array(this.#used * 2);
      larger.set(this.#ipv4);
      this.#ipv4 = larger;
    }
    this.#ipv4[this.#used++] = first;
    this.#ipv4[this.#used++] = last;
  }

  /** Adds IPv6 addresses as numbers, from the first to the last. */
  range6(first: bigint, last: bigint): void {
    this.#ipv6.push([first, last]);
  }

  /** The set of everything that was added. */
  build(): AddressRanges {
    return this.#used + this.#ipv6.length === 0
      ? AddressRanges.NONE
      : AddressRanges.of(this.#ipv4.subarray(0, this.#used), this.#ipv6);
  }
}

/** An IPv4 address as a number. */
export function ipv4Number(address: string): number {
  let number = 0;
  let part = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === 0x2e) {
      number = number * 256 + part;
      part = 0;
    } else part = part * 10 + code - 0x30;
  }
  return number * 256 + part;
}

/** An IPv6 address as a number. */
export function ipv6Number(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = address.includes(".")
    ? ipv6Groups(address).map((group) => group.toString(16))
    : [...before, ...Array<string>(8 - before.length - behind.length).fill("0"), ...behind];
  return BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`);
}

/** Joins ranges that overlap or touch, given as pairs of numbers in one array. */
function joined4(pairs: Float64Array): Ranges<number> {
  const count = pairs.length / 2;
  const order = orderOf(pairs);
  const first = new Uint32Array(count);
  const last = new Uint32Array(count);
  let used = 0;
  for (let i = 0; i < count; i++) {
    const at = order === undefined ? i : Number(order[i]! & 0xffffffffn);
    const begin = pairs[2 * at]!;
    const end = pairs[2 * at + 1]!;
    if (used > 0 && begin <= last[used - 1]! + 1) {
      if (end > last[used - 1]!) last[used - 1] = end;
    } else {
      first[used] = begin;
      last[used++] = end;
    }
  }
  return { first: first.slice(0, used), last: last.slice(0, used) };
}

/**
 * The sorted first addresses, combined with the numbers of their ranges: typed arrays sort fastest. Undefined if they
 * are already in order.
 */
function orderOf(pairs: Float64Array): BigUint64Array | undefined {
  const count = pairs.length / 2;
  let sorted = 1;
  while (sorted < count && pairs[2 * sorted]! >= pairs[2 * sorted - 2]!) sorted++;
  if (sorted >= count) return undefined;
  const order = new BigUint64Array(count);
  for (let i = 0; i < count; i++) order[i] = BigInt(pairs[2 * i]!) << 32n | BigInt(i);
  return order.sort();
}

function joined6(pairs: readonly (readonly [bigint, bigint])[]): Ranges<bigint> {
  const inOrder = [...pairs].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  const first: bigint[] = [];
  const last: bigint[] = [];
  for (const [begin, end] of inOrder) {
    const before = last.at(-1);
    if (before !== undefined && begin <= before + 1n) {
      if (end > before) last[last.length - 1] = end;
    } else {
      first.push(begin);
      last.push(end);
    }
  }
  return { first, last };
}

function isIn<T extends number | bigint>({ first, last }: Ranges<T>, value: T): boolean {
  let low = 0;
  let high = first.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (value < first[middle]!) high = middle - 1;
    else if (value > last[middle]!) low = middle + 1;
    else return true;
  }
  return false;
}

function gaps<T extends number | bigint>(
  { first, last }: Ranges<T>,
  min: T,
  max: T,
  plus: (value: T, by: 1 | -1) => T,
): Ranges<T> {
  const gapFirst: T[] = [];
  const gapLast: T[] = [];
  let next: T | undefined = min;
  for (let i = 0; i < first.length && next !== undefined; i++) {
    if (first[i]! > next) {
      gapFirst.push(next);
      gapLast.push(plus(first[i]!, -1));
    }
    next = last[i]! < max ? plus(last[i]!, 1) : undefined;
  }
  if (next !== undefined) {
    gapFirst.push(next);
    gapLast.push(max);
  }
  return { first: gapFirst, last: gapLast };
}

function common<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): Ranges<T> {
  const first: T[] = [];
  const last: T[] = [];
  for (let i = 0, j = 0; i < a.first.length && j < b.first.length;) {
    const begin = a.first[i]! > b.first[j]! ? a.first[i]! : b.first[j]!;
    const end = a.last[i]! < b.last[j]! ? a.last[i]! : b.last[j]!;
    if (begin <= end) {
      first.push(begin);
      last.push(end);
    }
    if (a.last[i]! < b.last[j]!) i++;
    else j++;
  }
  return { first, last };
}
