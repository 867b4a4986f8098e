/**
 * Writes TXT records as zone files have them (RFC 1035 section 5.1).
 *
 * @module
 */

/** The most bytes of one string of a TXT record (RFC 1035 section 3.3). */
const MAX_STRING = 255;

/**
 * The name at which a key is published (RFC 6376 section 3.6.2.1), without the final dot.
 *
 * @param selector the key's selector
 * @param domain the domain that signs
 */
export function keyRecordName(selector: string, domain: string): string {
  return `${selector}._domainkey.${domain}`;
}

/**
 * Cuts a text into the strings of a TXT record, which resolvers join without a separator.
 *
 * @param text ASCII
 * @returns at least one string, each of at most 255 bytes
 */
export function txtStrings(text: string): readonly string[] {
  return text.match(new RegExp(`[^]{1,${MAX_STRING}}`, "g")) ?? [""];
}

/**
 * Writes a TXT record for a zone file, its strings in quotes and in parentheses. It fits any zone, whatever its $ORIGIN,
 * since the name ends with a dot.
 *
 * @param name the name, without the final dot
 * @param text what resolvers return: ASCII
 * @returns lines, each with its line end
 */
export function zoneRecord(name: string, text: string): string {
  const strings = txtStrings(text).map((string) => `    "${string.replace(/["\\]/g, "\\$&")}"\n`);
  return `${name}. IN TXT (\n${strings.join("")}    )\n`;
}
