/**
 * Checks names that come of records.
 *
 * @module
 */
import { normalizeName } from "../../dns/resolver.ts";

/**
 * The name as DNS is asked for it, or undefined if it cannot be asked for: an empty or too long label, or a character that is
 * not printable ASCII, such as of a local part in UTF-8 (RFC 8616 section 4).
 */
export function queryName(text: string): string | undefined {
  try {
    return normalizeName(text);
  } catch {
    return undefined;
  }
}
