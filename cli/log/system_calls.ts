/**
 * System calls that no runtime offers: sending a datagram to a unix socket, as systemd and syslog take them, and reading
 * `CLOCK_MONOTONIC`.
 *
 * They call the C library directly, which costs a millisecond at startup and microseconds per datagram. The
 * alternative for systemd, systemd-notify(1), costs a process per notification, is missing in most containers, and needs
 * `NotifyAccess=all`, which would also accept notifications from programs that filters start.
 *
 * @module
 */

import { getSystemErrorName } from "node:util";

/** The system calls. */
export interface SystemCalls {
  /**
   * Sends a datagram to a unix socket; fails rather than waits if its queue is full.
   *
   * @param path its path, or `@` and its abstract name
   * @throws {Error} if that fails, with the name of the system error, such as ENOENT
   */
  send(path: string, text: string): void;
  /** Returns `CLOCK_MONOTONIC` in microseconds; the monotonic clock of a runtime may start with the process. */
  monotonicTime(): bigint;
}

/** The functions of the C library, with only numbers and byte arrays as arguments. */
interface Library {
  socket(family: number, type: number, protocol: number): number;
  sendto(
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ): number | bigint;
  // deno-lint-ignore camelcase -- its name in C
  clock_gettime(clock: number, time: BigInt64Array): number;
  errno(): number;
}

/** glibc; musl accepts this name for itself. */
const LIBRARY = "libc.so.6";
const AF_UNIX = 1;
/** SOCK_DGRAM with SOCK_CLOEXEC. */
const DATAGRAM = 2 | 0o2000000;
/** MSG_DONTWAIT with MSG_NOSIGNAL. */
const AT_ONCE = 0x40 | 0x4000;
const CLOCK_MONOTONIC = 1;
const encoder = new TextEncoder();

/**
 * Loads the system calls.
 *
 * @throws {Error} if they are unavailable, as on systems other than Linux
 */
export async function loadSystemCalls(): Promise<SystemCalls> {
  const library = "Deno" in globalThis ? loadByDeno() : await loadByBun();
  const check = (result: number | bigint): number => {
    if (result < 0) throw new Error(getSystemErrorName(-library.errno()));
    return Number(result);
  };
  const address = remembered(socketAddress);
  let fd: number | undefined;
  return {
    send(path, text) {
      const bytes = encoder.encode(text);
      // It is not connected: each datagram finds who is at the path now, as after a restart of the receiver.
      fd ??= check(library.socket(AF_UNIX, DATAGRAM, 0));
      const to = address(path);
      check(library.sendto(fd, bytes, bytes.length, AT_ONCE, to, to.length));
    },
    monotonicTime() {
      const time = new BigInt64Array(2);
      check(library.clock_gettime(CLOCK_MONOTONIC, time));
      const [seconds = 0n, nanoseconds = 0n] = time;
      return seconds * 1_000_000n + nanoseconds / 1000n;
    },
  };
}

/** Returns a function that computes the value for each of a few arguments once. */
function remembered<T>(compute: (argument: string) => T): (argument: string) => T {
  const values = new Map<string, T>();
  return (argument) => {
    const value = values.get(argument) ?? compute(argument);
    values.set(argument, value);
    return value;
  };
}

/** Returns a `sockaddr_un`; in an abstract name, NUL replaces the `@`. */
function socketAddress(path: string): Uint8Array {
  const name = encoder.encode(path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`);
  const address = new Uint8Array(2 + name.length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(name, 2);
  return address;
}

function loadByDeno(): Library {
  const { symbols } = Deno.dlopen(LIBRARY, {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
    __errno_location: { parameters: [], result: "pointer" },
  });
  return {
    ...symbols as unknown as Omit<Library, "errno">,
    errno: () => new Deno.UnsafePointerView(symbols.__errno_location()!).getInt32(),
  };
}

/** The part of `bun:ffi` that is used here. */
interface BunForeign {
  dlopen(path: string, symbols: Record<string, { args: readonly string[]; returns: string }>): {
    readonly symbols: Omit<Library, "errno"> & { __errno_location(): number };
  };
  readonly read: { i32(pointer: number): number };
}

async function loadByBun(): Promise<Library> {
  const { dlopen, read } = await import("bun:ffi" as string) as BunForeign;
  const { symbols } = dlopen(LIBRARY, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    sendto: { args: ["i32", "ptr", "usize", "i32", "ptr", "u32"], returns: "i64" },
    clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  return { ...symbols, errno: () => read.i32(symbols.__errno_location()) };
}
