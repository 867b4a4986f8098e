/**
 * The services that a connection came through: how a milter that leads back to whoever asks it is found out.
 *
 * A service that asks another milter says so in a macro of its own, sent right behind its offer: the names of all services
 * that the connection came through, its own last. To wait for CONNECT would be too late, because a chain negotiates with
 * the milters in it before it answers its MTA. Every other milter reads the packet as it reads macros for CONNECT, and
 * those that an MTA sends there take its place.
 *
 * @module
 */

import { bareName } from "./macros.ts";
import { Command } from "./constants.ts";
import { toBytes, utf8Text } from "./text.ts";

/** The macro, as it stands on the wire. */
export const HOPS_MACRO = "{milterkit_hops}";

/** A connection through more services than this is taken for a loop. */
export const MOST_HOPS = 16;

/** Its letter, the macro's name and a NUL. */
const HEAD = toBytes(`${String.fromCharCode(Command.CONNECT)}${HOPS_MACRO}\0`);

/** A name for a service that no other one has. */
export function newServiceName(): string {
  return crypto.randomUUID().slice(0, 18);
}

/**
 * Reads the services of a macro packet.
 *
 * @param bytes what its payload lies in
 * @param start where that begins
 * @param end where it ends
 * @returns undefined where the packet is an MTA's own
 */
export function readHops(bytes: Uint8Array, start: number, end: number): readonly string[] | undefined {
  if (end - start < HEAD.length) return undefined;
  for (let i = 0; i < HEAD.length; i++) if (bytes[start + i] !== HEAD[i]) return undefined;
  const value = utf8Text(bytes.subarray(start + HEAD.length, end)).replace(/\0.*$/s, "");
  return value.split(" ").filter(Boolean);
}

/** The macro that tells of services. */
export function hopsMacro(hops: readonly string[]): Readonly<Record<string, string>> {
  return { [bareName(HOPS_MACRO)]: hops.join(" ") };
}
