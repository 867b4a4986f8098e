/**
 * Checks and compares domain names in signatures and addresses.
 *
 * @module
 */
import { domainToASCII } from "node:url";
import { decodeUtf8, isAscii } from "./bytes.ts";

/**
 * The name in lower case ASCII, with U-labels converted (RFC 8616), or undefined if it is not a domain name: labels of 1 to
 * 63 letters, digits, hyphens and underscores, at most 253 characters in all.
 *
 * @param text one character per byte; non-ASCII as UTF-8
 */
export function asciiDomain(text: string): string | undefined {
  // The UTF-8 of a valid name is shorter than this, and the conversion is slow for long texts.
  if (text.length > 1000) return undefined;
  let name = text;
  if (!isAscii(name)) {
    const decoded = decodeUtf8(name);
    name = decoded === undefined ? "" : domainToASCII(decoded);
  }
  if (name.length > 253) return undefined;
  return /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i.test(name) ? name.toLowerCase() : undefined;
}

/** Whether `name` is `parent` or a subdomain of it; both as {@link asciiDomain} returns them. */
export function isSameOrBelow(name: string, parent: string): boolean {
  return name === parent || name.endsWith("." + parent);
}
