/**
 * Finds where the sockets listen that were opened for this service before it started. Only the process that accepts has
 * them, so it tells workers, which check the configuration.
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { endianness } from "node:os";
import process from "node:process";
import { descriptorsOf, type PassedSockets, passedSockets } from "../../lib/net/passed_sockets.ts";

/** A TCP address, with an IP address of the system, or the path of a unix socket. */
export type SocketPlace = { readonly ip: string; readonly port: number } | { readonly path: string };

/** The inherited sockets of a process. */
export interface InheritedSockets {
  /** What its environment says about them. */
  readonly passed: PassedSockets;
  /** Where each descriptor listens. */
  readonly places: Readonly<Record<number, readonly SocketPlace[]>>;
}

/** The environment variable that tells a worker. */
const VARIABLE = "MILTERKIT_SOCKETS";
/** Descriptors from here on may be inherited sockets. */
const FIRST = 3;

/** What the parent told; undefined in a process that has the sockets itself. */
let told: InheritedSockets | undefined;

/**
 * Finds where inherited sockets listen.
 *
 * @param wanted a descriptor, or the name of one or several
 * @throws {Error} if there is none
 */
export function inheritedPlaces(wanted: number | string): readonly SocketPlace[] {
  if (told === undefined) return descriptorsOf(wanted, passedSockets()).flatMap(placesOfSocket);
  const { passed, places } = told;
  return descriptorsOf(wanted, passed).flatMap((fd) => places[fd] ?? []);
}

/** Finds all sockets that this process has. Call this before it opens any itself. */
export function inheritedSockets(): InheritedSockets {
  const places: Record<number, readonly SocketPlace[]> = {};
  for (const fd of openDescriptors()) {
    const found = placesOfSocket(fd);
    if (found.length > 0) places[fd] = found;
  }
  return { passed: passedSockets(), places };
}

/** Returns the environment variables that tell a worker. */
export function inheritedVariables(sockets: InheritedSockets): Readonly<Record<string, string>> {
  return { [VARIABLE]: JSON.stringify(sockets) };
}

/**
 * Learns from the environment which sockets the parent has, and removes the variable, since programs that filters start
 * need not see it.
 */
export function takeInherited(environment: Record<string, string | undefined> = process.env): void {
  const text = environment[VARIABLE];
  delete environment[VARIABLE];
  if (text !== undefined) told = JSON.parse(text);
}

function openDescriptors(): number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number).filter((fd) => fd >= FIRST);
  } catch {
    // Not Linux.
    return [];
  }
}

/** Finds where a socket listens from the tables of Linux, since neither runtime has getsockname(2). */
function placesOfSocket(fd: number): SocketPlace[] {
  const inode = inodeOf(fd);
  if (inode === undefined) return [];
  const [path] = rowsOf("unix").filter((row) => row[6] === inode).map((row) => row[7]);
  if (path?.startsWith("/")) return [{ path }];
  const rows = [...rowsOf("tcp"), ...rowsOf("tcp6")].filter((row) => row[9] === inode);
  return rows.flatMap((row) => {
    const [, ip, port] = /^(\w+):(\w+)$/.exec(row[1] ?? "") ?? [];
    return ip === undefined || port === undefined ? [] : [{ ip: ipOfHex(ip), port: parseInt(port, 16) }];
  });
}

/** The inode of a socket; undefined if the descriptor is none, or is closed. */
function inodeOf(fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined;
  }
}

function rowsOf(table: "unix" | "tcp" | "tcp6"): string[][] {
  const lines = readFileSync(`/proc/net/${table}`, "latin1").split("\n").slice(1);
  return lines.map((line) => line.trim().split(/\s+/));
}

/** Decodes an address of /proc/net/tcp: 32-bit words in the byte order of the machine. */
function ipOfHex(hex: string): string {
  const bytes = hex.match(/.{8}/g)!.flatMap((word) => {
    const inOrder = word.match(/../g)!.map((byte) => parseInt(byte, 16));
    return endianness() === "LE" ? inOrder.reverse() : inOrder;
  });
  if (bytes.length === 4) return bytes.join(".");
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/.{4}(?=.)/g, "$&:");
}
