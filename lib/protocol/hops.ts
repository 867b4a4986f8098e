/**
 * Detects loops of milters, by the services that a connection came through.
 *
 * A service that asks another milter sends a macro right after its offer: the names of all services that the connection came
 * through, its own last. CONNECT would be too late, because a chain negotiates with its milters before it answers its MTA.
 * Every other milter reads the packet as macros for CONNECT, and those that an MTA sends there replace it.
 *
 * @module
 */

import { bareName } from "./macros.ts";
import { Command } from "./constants.ts";
import { toBytes, utf8Text } from "./text.ts";

/** The macro, as on the wire. */
export const HOPS_MACRO = "{milterkit_hops}";

/** A connection through more services than this counts as a loop. */
export const MOST_HOPS = 16;

/** Its letter, the macro's name and a NUL. */
const HEAD = toBytes(`${String.fromCharCode(Command.CONNECT)}${HOPS_MACRO}\0`);

/** Makes a unique name for a service. */
export function newServiceName(): string {
  return crypto.randomUUID().slice(0, 18);
}

/**
 * Reads the services of a macro packet.
 *
 * @param bytes contains its payload
 * @param start where the payload begins
 * @param end where it ends
 * @returns undefined if the packet is an ordinary macro packet of an MTA
 */
export function readHops(bytes: Uint8Array, start: number, end: number): readonly string[] | undefined {
  if (end - start < HEAD.length) return undefined;
  for (let i = 0; i < HEAD.length; i++) if (bytes[start + i] !== HEAD[i]) return undefined;
  const value = utf8Text(bytes.subarray(start + HEAD.length, end)).replace(/\0.*$/s, "");
  return value.split(" ").filter(Boolean);
}

/** The macro with the names of services. */
export function hopsMacro(hops: readonly string[]): Readonly<Record<string, string>> {
  return { [bareName(HOPS_MACRO)]: hops.join(" ") };
}
