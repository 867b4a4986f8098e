/**
 * Finds out whether two addresses reach the same socket, however they are written.
 *
 * @module
 */

import { lstatSync, readlinkSync, statSync } from "node:fs";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { basename, dirname, resolve } from "node:path";
import type { Address } from "../../lib/net/address.ts";
import { resolveAddress } from "../../lib/net/listen.ts";
import { inheritedPlaces, type SocketPlace } from "./inherited_places.ts";

/** The longest chain of symbolic links to follow: as many as Linux does (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Whether a connection to `target` arrives at `listen`.
 *
 * An address that cannot be resolved, such as an unknown host name, counts as different.
 *
 * @param target the address to connect to
 * @param listen the address that a server listens on, or is about to
 */
export async function isSameEndpoint(target: Address, listen: Address): Promise<boolean> {
  // Most often different ports settle it, without a lookup of host names.
  if ("port" in target && "port" in listen && target.port !== listen.port) return false;
  const [found] = await placesOf(target);
  if (!found) return false;
  const to = connectable(found);
  return (await placesOf(listen)).some((at) => receives(at, to));
}

/** Writes the IP address of a place as {@linkcode plainIp} does. */
function plainPlace(place: SocketPlace): SocketPlace {
  return "path" in place ? place : { ip: plainIp(place.ip), port: place.port };
}

function receives(at: SocketPlace, to: SocketPlace): boolean {
  if ("path" in at || "path" in to) return "path" in at && "path" in to && isSamePath(at.path, to.path);
  if (at.port !== to.port || at.port === 0) return false;
  if (at.ip === to.ip) return true;
  // A socket on :: accepts IPv4 too, unless the system is configured otherwise.
  return at.ip === "::" ? isLocal(to.ip) : at.ip === "0.0.0.0" && isIPv4(to.ip) && isLocal(to.ip);
}

/** On Linux, connecting to the unspecified address reaches the loopback address. */
function connectable(place: SocketPlace): SocketPlace {
  if ("path" in place) return place;
  const ip = place.ip === "0.0.0.0" ? "127.0.0.1" : place.ip === "::" ? "::1" : place.ip;
  return { ...place, ip };
}

/** Resolves an address: several places for inherited sockets, none if it cannot be resolved. */
async function placesOf(address: Address): Promise<readonly SocketPlace[]> {
  try {
    if (address.kind === "unix") return [{ path: address.path }];
    if (address.kind === "fd") return inheritedPlaces(address.fd).map(plainPlace);
    const bound = await resolveAddress(address);
    return bound.kind === "tcp" ? [plainPlace(bound)] : [];
  } catch {
    return [];
  }
}

function isSamePath(a: string, b: string): boolean {
  const [one, other] = [linkedTo(a), linkedTo(b)];
  if (one === other) return true;
  if (basename(one) !== basename(other)) return false;
  // Compare inodes, since a folder may have several names: links, /proc/self/root, a bind mount.
  const [first, second] = [one, other].map((path) => statSync(dirname(path), { throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino;
}

/** Follows symbolic links in the last part of a path; the socket itself need not exist yet. */
function linkedTo(path: string): string {
  let at = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) break;
    at = resolve(dirname(at), readlinkSync(at));
  }
  return at;
}

function isLocal(ip: string): boolean {
  if (ip === "::1" || (isIPv4(ip) && ip.startsWith("127."))) return true;
  return Object.values(networkInterfaces()).flat().some((each) => each && plainIp(each.address) === ip);
}

/** Normalizes an IP address; returns IPv4 for an IPv4-mapped IPv6 address. */
function plainIp(ip: string): string {
  const bare = ip.replace(/%.*/s, "");
  if (isIPv4(bare)) return bare;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, ...halves] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(short) ?? [];
  if (halves.length === 0) return short;
  return halves.map((half) => parseInt(half, 16)).flatMap((half) => [half >> 8, half & 255]).join(".");
}
