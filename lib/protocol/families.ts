/**
 * The kinds of a client's address, in words and as letters on the wire (`SMFIA_*` of libmilter).
 *
 * @module
 */

/** The kind of an SMTP client's address: IPv4, IPv6, the path of a unix socket, or not known. */
export type ClientFamily = "inet" | "inet6" | "unix" | "unknown";

/** The letter of each kind in CONNECT. */
export const FAMILY_LETTERS: Readonly<Record<ClientFamily, number>> = {
  inet: 0x34, // 4
  inet6: 0x36, // 6
  unix: 0x4c, // L
  unknown: 0x55, // U
};

const FAMILIES: ReadonlyMap<number, ClientFamily> = new Map<number, ClientFamily>(
  (Object.keys(FAMILY_LETTERS) as ClientFamily[]).map((family) => [FAMILY_LETTERS[family], family] as const),
);

/** The kind that a letter of CONNECT stands for; undefined for a letter that stands for none. */
export function familyOf(letter: number): ClientFamily | undefined {
  return FAMILIES.get(letter);
}
