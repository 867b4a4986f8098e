/**
 * The client's address, and comparing it.
 *
 * @module
 */
import { formatIp, ipNibbles, parseIp } from "../../dns/ip_address.ts";

/** The client that sends a message. */
export interface SpfClient {
  /** 4 bytes for IPv4, also if it came as an IPv4-mapped IPv6 address (RFC 7208 section 5); 16 for IPv6. */
  readonly bytes: Uint8Array;
  /** As a text. */
  readonly text: string;
  /** The type of its family's address records. */
  readonly recordType: "A" | "AAAA";
  /** The value of the macro `i`: IPv6 as 32 digits with dots. */
  readonly dotted: string;
}

/** The client with this address, or undefined if `address` is not an IP address. */
export function clientOf(address: string): SpfClient | undefined {
  const bytes = parseIp(address);
  if (bytes === undefined) return undefined;
  const text = formatIp(bytes);
  const isIpv4 = bytes.length === 4;
  return {
    bytes,
    text,
    recordType: isIpv4 ? "A" : "AAAA",
    dotted: isIpv4 ? text : ipNibbles(bytes).join("."),
  };
}

/** Whether two addresses are of one family and agree in their leading bits. */
export function inNetwork(address: Uint8Array, network: Uint8Array, prefix: number): boolean {
  if (address.length !== network.length) return false;
  for (let i = 0; i * 8 < prefix; i++) {
    const mask = 0xff00 >> Math.min(prefix - i * 8, 8) & 0xff;
    if (((address[i] ?? 0) ^ (network[i] ?? 0)) & mask) return false;
  }
  return true;
}
