/**
 * Domain names from records and other untrusted sources.
 *
 * @module
 */
import { parseIp } from "../dns/ip_address.ts";
import { type DnsAnswer, normalizeName } from "../dns/resolver.ts";

/**
 * The name for a DNS query, or undefined if it is invalid: an empty or too long label, or a character that is not
 * printable ASCII.
 */
export function queryName(text: string): string | undefined {
  try {
    return normalizeName(text);
  } catch {
    return undefined;
  }
}

/** Whether an answer includes an address. */
export function leadsTo(answer: DnsAnswer<string> | undefined, address: Uint8Array): boolean {
  if (answer?.status !== "found") return false;
  return answer.records.some((text) => {
    const bytes = parseIp(text);
    return bytes?.length === address.length && bytes.every((byte, i) => byte === address[i]);
  });
}
