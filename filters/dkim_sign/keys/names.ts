/**
 * Names of domains and selectors.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { asciiDomain } from "../../../lib/auth/domain_name.ts";

/**
 * A domain or selector in lower case ASCII, with A-labels; undefined if it is neither.
 *
 * @param text as people write it: U-labels, any case
 */
export function asciiName(text: string): string | undefined {
  return asciiDomain(Buffer.from(text, "utf8").toString("latin1"));
}
