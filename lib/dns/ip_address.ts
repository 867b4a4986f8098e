/**
 * IP addresses as bytes, and their names for reverse lookups.
 *
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";

/**
 * The bytes of an IP address: 4 for IPv4, 16 for IPv6, or undefined if `text` is not an address. An IPv4-mapped IPv6 address
 * (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) counts as the IPv4 address. A zone (`fe80::1%eth0`) is no part of an
 * address.
 */
export function parseIp(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  if (text.includes("%") || !isIPv6(text)) return undefined;
  const bytes = ipv6Bytes(text);
  const mapped = bytes.subarray(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  return mapped ? bytes.slice(12) : bytes;
}

function ipv6Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const [head = [], tail = []] = text.split("::").map(bytesOfGroups);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

function bytesOfGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/**
 * Writes an address: IPv4 with dots, IPv6 as RFC 5952 section 4 wants it.
 *
 * @param bytes 4 or 16 bytes
 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8 | (bytes[i + 1] ?? 0)).toString(16));
  // The longest run of zeros, the first of equal ones; one zero alone stays.
  let run = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > run.length) run = { start, length };
  }
  if (run.length < 2) return groups.join(":");
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

/**
 * The name whose PTR records name an address: below `in-addr.arpa` (RFC 1035 section 3.5) or `ip6.arpa` (RFC 3596 section
 * 2.5).
 *
 * @param address 4 or 16 bytes, as {@link parseIp} returns them
 */
export function reverseName(address: Uint8Array): string {
  if (address.length === 4) return `${[...address].reverse().join(".")}.in-addr.arpa`;
  return `${ipNibbles(address).reverse().join(".")}.ip6.arpa`;
}

/** The 32 hexadecimal digits of an IPv6 address, in lower case. */
export function ipNibbles(address: Uint8Array): string[] {
  return [...address].flatMap((byte) => [(byte >> 4).toString(16), (byte & 0xf).toString(16)]);
}
