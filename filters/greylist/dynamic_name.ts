/**
 * Recognizes the names that providers give to the connections of their customers, such as
 * `pool-198-51-100-7.dsl.example.net`.
 *
 * @module
 */

import { formatIp, ipNibbles, parseIp } from "../../lib/dns/ip_address.ts";

/** Words of such names, each between dots, hyphens and digits. */
const WORDS: ReadonlySet<string> = new Set([
  ...["dyn", "dynamic", "dynamicip", "dynip", "dhcp"],
  ...["dial", "dialin", "dialup", "dip", "modem", "ppp", "pppoe"],
  ...["adsl", "dsl", "sdsl", "vdsl", "xdsl"],
  ...["broadband", "cable", "catv", "cpe", "docsis", "fttb", "ftth", "hsd"],
  ...["gprs", "lte", "mobile", "umts", "wlan"],
]);

/** Words in names that were chosen for a server, or for a static address. */
const SERVER_WORDS: ReadonlySet<string> = new Set([
  ...["mail", "mailer", "mailgate", "mailout", "mta", "mx", "outbound", "outmail", "relay", "smtp", "static"],
]);

/**
 * Whether a client's name looks like one of a connection with a changing address: it contains the address, or one of the words
 * above. Not if it also has the word of a server, such as `mail` or `static`. The last two labels do not count, as they are
 * the provider's own name (`dsl.example`).
 *
 * @param name the client's host name
 * @param address its IP address
 */
export function looksDynamic(name: string, address: string): boolean {
  const labels = name.toLowerCase().replace(/\.$/, "").split(".").slice(0, -2);
  const words = labels.join(".").split(/[^a-z]+/);
  if (words.some((word) => SERVER_WORDS.has(word))) return false;
  return words.some((word) => WORDS.has(word)) || containsAddress(labels.join("."), address);
}

/**
 * Whether a name contains an address. Of IPv4: all four octets, or three that follow each other, in either order, in decimal
 * with or without zeros in front; or the address in hexadecimal. Of IPv6: one of its halves in hexadecimal.
 */
function containsAddress(name: string, address: string): boolean {
  const bytes = parseIp(address);
  if (bytes === undefined) return false;
  const compact = name.replace(/[^0-9a-z]/g, "");
  if (bytes.length === 16) {
    const nibbles = ipNibbles(bytes).join("");
    const halves = [nibbles.slice(0, 16), nibbles.slice(16)];
    const written = formatIp(bytes).replaceAll(":", "-");
    return name.includes(written) || halves.some((half) => !/^0{12}/.test(half) && compact.includes(half));
  }
  const octets = [...bytes];
  const padded = octets.map((octet) => String(octet).padStart(3, "0"));
  const hex = ipNibbles(bytes).join("");
  return hasRun(name, octets) || hasRun(name, octets.toReversed()) ||
    compact.includes(padded.join("")) || compact.includes(padded.toReversed().join("")) ||
    new RegExp(`(?<![0-9a-f])${hex}(?![0-9a-f])`).test(name);
}

/** Whether three of the numbers that follow each other are in a name, in this order, with a separator between them. */
function hasRun(name: string, octets: readonly number[]): boolean {
  const numbers = name.split(/[^0-9]+/).filter((text) => text !== "").map(Number);
  return numbers.some((_, at) =>
    [0, 1].some((first) => octets.slice(first, first + 3).every((octet, i) => numbers[at + i] === octet))
  );
}
