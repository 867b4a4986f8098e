/**
 * Finds listening sockets that were opened for this process before it started, as by systemd's socket activation:
 * descriptors from 3 on, with their count in `LISTEN_FDS`, their names in `LISTEN_FDNAMES`, and the process that they
 * are for in `LISTEN_PID`.
 *
 * @module
 */

import process from "node:process";

/** The first passed descriptor. */
const FIRST = 3;

/** A passed socket. */
export interface PassedSocket {
  /** Its descriptor. */
  readonly fd: number;
  /** Its name; systemd's `FileDescriptorName=`. */
  readonly name: string;
}

/** What the environment says about passed sockets. */
export type PassedSockets =
  /** There are none. */
  | { readonly kind: "none" }
  /** They are for another process. */
  | { readonly kind: "not-ours"; readonly pid: string }
  /** They are for this process. */
  | { readonly kind: "ours"; readonly sockets: readonly PassedSocket[] };

/**
 * Reads the passed sockets from an environment.
 *
 * @param environment the environment
 * @param pid the id of this process
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

/** Descriptors and environment belong to the process, so the variables are read once for all servers. */
let passed: PassedSockets | undefined;

/** The sockets passed to this process. Deletes the variables, so that child processes do not claim the sockets. */
export function passedSockets(): PassedSockets {
  if (passed) return passed;
  passed = readPassedSockets(process.env, process.pid);
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete process.env[name];
  return passed;
}

/**
 * The descriptors that an address refers to.
 *
 * @param wanted a descriptor, or the name of one or several
 * @param passed what was passed
 * @throws {Error} if there is none, with those that were passed
 */
export function descriptorsOf(wanted: number | string, passed: PassedSockets): readonly number[] {
  if (passed.kind === "not-ours") {
    throw new Error(
      `LISTEN_PID says that the sockets were passed to process ${passed.pid}, not to this one, ${process.pid}; ` +
        "start milterkit directly, without another program in between",
    );
  }
  // A descriptor given by number may come from a program that sets no variables.
  if (passed.kind === "none" && typeof wanted === "number") return [wanted];
  const sockets = passed.kind === "ours" ? passed.sockets : [];
  const found = sockets.filter(({ fd, name }) => fd === wanted || name === wanted).map(({ fd }) => fd);
  if (found.length > 0) return found;
  if (sockets.length === 0) throw new Error("systemd passed no socket; is the .socket unit active?");
  const there = sockets.map(({ fd, name }) => `fd:${name} (fd:${fd})`).join(", ");
  throw new Error(`systemd passed only ${there}; see FileDescriptorName= in the .socket unit`);
}

/** Descriptors that have been listened on, and whether they still are; their numbers are the same for all servers. */
const used = new Map<number, "open" | "closed">();

/**
 * The descriptors that an address refers to, unless they are in use.
 *
 * @param wanted a descriptor, or the name of one or several
 * @throws {Error} if there is none, or one is in use or was closed: its number may belong to something else by now
 */
export function availableDescriptors(wanted: number | string): readonly number[] {
  const descriptors = descriptorsOf(wanted, passedSockets());
  for (const fd of descriptors) {
    const use = used.get(fd);
    if (use === "open") throw new Error(`descriptor ${fd} is listened on already`);
    if (use === "closed") {
      throw new Error(`descriptor ${fd} was closed, and only a new process gets it again; restart`);
    }
  }
  return descriptors;
}

/** Records that a descriptor is listened on, or no longer. */
export function noteDescriptorUse(fd: number, use: "open" | "closed"): void {
  used.set(fd, use);
}
