/**
 * Names that come of records and of strangers.
 *
 * @module
 */
import { parseIp } from "../dns/ip_address.ts";
import { type DnsAnswer, normalizeName } from "../dns/resolver.ts";

/**
 * The name as DNS is asked for it, or undefined if it cannot be asked for: an empty or too long label, or a character that is
 * not printable ASCII.
 */
export function queryName(text: string): string | undefined {
  try {
    return normalizeName(text);
  } catch {
    return undefined;
  }
}

/** Whether an answer has an address. */
export function leadsTo(answer: DnsAnswer<string> | undefined, address: Uint8Array): boolean {
  if (answer?.status !== "found") return false;
  return answer.records.some((text) => {
    const bytes = parseIp(text);
    return bytes?.length === address.length && bytes.every((byte, i) => byte === address[i]);
  });
}
