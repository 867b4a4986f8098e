/**
 * Listening sockets that whoever started the process opened for it, as systemd's socket activation does: descriptors
 * from 3 on, their number in `LISTEN_FDS`, their names in `LISTEN_FDNAMES`, and in `LISTEN_PID` for whom they are.
 *
 * @module
 */

import process from "node:process";

/** The first descriptor that is passed. */
const FIRST = 3;

/** A socket that was passed. */
export interface PassedSocket {
  /** Its descriptor. */
  readonly fd: number;
  /** Its name; systemd's `FileDescriptorName=`. */
  readonly name: string;
}

/** What the environment says of passed sockets. */
export type PassedSockets =
  /** Nothing. */
  | { readonly kind: "none" }
  /** They are for another process. */
  | { readonly kind: "not-ours"; readonly pid: string }
  /** They are for this process. */
  | { readonly kind: "ours"; readonly sockets: readonly PassedSocket[] };

/**
 * Reads what an environment says of passed sockets.
 *
 * @param environment the environment
 * @param pid this process
 */
export function readPassedSockets(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): PassedSockets {
  const { LISTEN_PID: owner, LISTEN_FDS: count, LISTEN_FDNAMES: names } = environment;
  if (owner === undefined || count === undefined) return { kind: "none" };
  if (Number(owner) !== pid) return { kind: "not-ours", pid: owner };
  const named = names === undefined ? [] : names.split(":");
  const length = /^\d{1,4}$/.test(count) ? Number(count) : 0;
  const sockets = Array.from({ length }, (_, i) => ({ fd: FIRST + i, name: named[i] || "unknown" }));
  return { kind: "ours", sockets };
}

/** Descriptors and environment are the process's: whoever listens first takes the variables away for all. */
let passed: PassedSockets | undefined;

/** What was passed to this process. The variables are taken away: what it starts must not take the sockets for its own. */
export function passedSockets(): PassedSockets {
  if (passed) return passed;
  passed = readPassedSockets(process.env, process.pid);
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete process.env[name];
  return passed;
}

/**
 * The descriptors that an address means.
 *
 * @param wanted a descriptor, or the name of one or several
 * @param passed what was passed
 * @throws {Error} where none was passed, saying what was
 */
export function descriptorsOf(wanted: number | string, passed: PassedSockets): readonly number[] {
  if (passed.kind === "not-ours") {
    throw new Error(
      `LISTEN_PID says that the sockets were passed to process ${passed.pid}, not to this one, ${process.pid}; ` +
        "start milterkit without another program between",
    );
  }
  // What is named by number may come from somebody who sets no variables.
  if (passed.kind === "none" && typeof wanted === "number") return [wanted];
  const sockets = passed.kind === "ours" ? passed.sockets : [];
  const found = sockets.filter(({ fd, name }) => fd === wanted || name === wanted).map(({ fd }) => fd);
  if (found.length > 0) return found;
  if (sockets.length === 0) throw new Error("systemd passed no socket; is the .socket unit active?");
  const there = sockets.map(({ fd, name }) => `fd:${name} (fd:${fd})`).join(", ");
  throw new Error(`systemd passed only ${there}; see FileDescriptorName= in the .socket unit`);
}

/** Descriptors that were listened on, and whether they still are; their numbers mean the same to all servers of a process. */
const used = new Map<number, "open" | "closed">();

/**
 * The descriptors that an address means, unless they are used.
 *
 * @param wanted a descriptor, or the name of one or several
 * @throws {Error} where none was passed, or one is used or was closed: its number may be that of something else by now
 */
export function availableDescriptors(wanted: number | string): readonly number[] {
  const descriptors = descriptorsOf(wanted, passedSockets());
  for (const fd of descriptors) {
    const use = used.get(fd);
    if (use === "open") throw new Error(`descriptor ${fd} is listened on already`);
    if (use === "closed") {
      throw new Error(`descriptor ${fd} was given up, and only a new process is passed it again; restart`);
    }
  }
  return descriptors;
}

/** Notes that a descriptor is listened on, or no longer. */
export function noteDescriptorUse(fd: number, use: "open" | "closed"): void {
  used.set(fd, use);
}
