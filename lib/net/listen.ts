/**
 * Listens and connects, with the sockets of the current runtime.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP, type Socket } from "node:net";
import process from "node:process";
import { type Address, AddressError, formatAddress } from "./address.ts";
import { bunTransport } from "./bun.ts";
import { denoTransport } from "./deno.ts";
import { addressErrorCode, addressErrorText } from "../system_errors.ts";
import type { Clock } from "../time/clock.ts";
import { dialWithTimeout } from "./dial_with_timeout.ts";
import { listenToParent } from "./handover.ts";
import { listenByNode, nodeTransport } from "./node.ts";
import { availableDescriptors, noteDescriptorUse } from "./passed_sockets.ts";
import type { Accept, BindAddress, Bound, Connection, Dial, Listener, Transport } from "./transport.ts";
import { claimUnixSocket, type UnixSocketOptions } from "./unix_socket.ts";

/** The sockets of the current runtime. */
function transport(): Transport {
  const runtime = globalThis as { Bun?: unknown; Deno?: unknown };
  if (runtime.Bun) return bunTransport;
  return runtime.Deno ? denoTransport : nodeTransport;
}

/**
 * Listens on an address.
 *
 * @param address the address; with port 0 the system chooses one
 * @param accept called for each connection
 * @param failed called if a connection could not be accepted
 * @param options for unix sockets: who may connect
 * @throws {AddressError} `cannot-listen`, such as "Cannot listen on inet:8825@localhost: address in use"
 */
export async function listen(
  address: Address,
  accept: Accept,
  failed: (error: Error) => void,
  options: UnixSocketOptions = {},
): Promise<Listener> {
  if (address.kind === "parent") {
    if (process.send) return listenToParent(address.of, accept);
    throw addressError(
      "cannot-listen",
      "listen on",
      address,
      new Error("no parent process hands connections over"),
    );
  }
  return await listenBy((bound) => transport().listen(bound, accept, failed), address, options);
}

/**
 * Listens on behalf of other processes: the sockets are not read, so they can be handed over.
 *
 * @param address the address
 * @param take called with each socket
 * @param failed called if a connection could not be accepted
 * @param options for unix sockets: who may connect
 * @throws {AddressError} `cannot-listen`
 */
export async function listenForOthers(
  address: Address,
  take: (socket: Socket) => void,
  failed: (error: Error) => void,
  options: UnixSocketOptions = {},
): Promise<Listener> {
  return await listenBy((bound) => listenByNode(bound, take, failed, true), address, options);
}

/** Binds an address; it must do so at once, before it returns its promise. */
export type Bind = (address: BindAddress) => Promise<Bound>;

/**
 * Listens with a given function, such as a server of another protocol. Host names, existing unix sockets and error messages
 * are handled as in {@linkcode listen}.
 *
 * @param bind binds the address
 * @param address the address
 * @param options for unix sockets: who may connect
 * @throws {AddressError} `cannot-listen`
 */
export async function listenBy(bind: Bind, address: Address, options: UnixSocketOptions): Promise<Listener> {
  if (address.kind === "unix") return await listenUnix(bind, address, options);
  if (address.kind === "fd") return await listenInherited(bind, address);
  try {
    const bound = await bind(await resolveAddress(address));
    const here = "port" in address ? { ...address, port: bound.port } : address;
    return { address: here, close: () => bound.close() };
  } catch (error) {
    throw addressError("cannot-listen", "listen on", address, error);
  }
}

/**
 * An inherited socket still belongs to the process that opened it: a unix socket's path stays when we stop, and connections
 * that were not accepted wait for the next process.
 */
async function listenInherited(bind: Bind, address: Address & { kind: "fd" }): Promise<Listener> {
  const open: Bound[] = [];
  const descriptors = available(address);
  const close = async (): Promise<void> => {
    for (const fd of descriptors) noteDescriptorUse(fd, "closed");
    await Promise.all(open.map((bound) => bound.close()));
  };
  for (const fd of descriptors) noteDescriptorUse(fd, "open");
  try {
    for (const fd of descriptors) open.push(await bind({ kind: "fd", fd }));
  } catch (error) {
    await close();
    throw addressError("cannot-listen", "listen on", address, error);
  }
  return { address, close };
}

/**
 * Checks that an inherited socket exists, without accepting connections.
 *
 * @param address the address
 * @throws {AddressError} `cannot-listen`, with the sockets that were passed
 */
export function checkInherited(address: Address & { kind: "fd" }): void {
  available(address);
}

function available(address: Address & { kind: "fd" }): readonly number[] {
  try {
    return availableDescriptors(address.fd);
  } catch (error) {
    throw addressError("cannot-listen", "listen on", address, error);
  }
}

async function listenUnix(
  bind: Bind,
  address: Address & { kind: "unix" },
  options: UnixSocketOptions,
): Promise<Listener> {
  const claim = await claimUnixSocket(address.path, options);
  try {
    const bound = await bindPrivately(bind, claim.bindPath);
    try {
      claim.publish();
    } catch (error) {
      bound.close();
      throw error;
    }
    return {
      address,
      close: () => {
        claim.remove();
        return bound.close();
      },
    };
  } catch (error) {
    throw error instanceof AddressError ? error : addressError("cannot-listen", "listen on", address, error);
  }
}

/**
 * Binds a unix socket that no other user can connect to, not even for a moment. Every runtime binds before it returns its
 * promise, so the umask is restored before anything else in the process runs.
 */
function bindPrivately(bind: Bind, path: string): Promise<Bound> {
  const umask = process.umask(0o177);
  try {
    return bind({ kind: "unix", path });
  } finally {
    process.umask(umask);
  }
}

/** How to connect. */
export interface ConnectOptions {
  /** The timeout, including the lookup of the host name, in milliseconds. @default that of the system */
  readonly timeout?: number;
  /** The clock for the timeout. @default the system's clock */
  readonly clock?: Clock;
}

/**
 * Connects to an address.
 *
 * @param address the address
 * @param accept called with the connection once it is open; never if this throws
 * @param options the timeout
 * @throws {AddressError} `cannot-connect`; its cause is a `DialTimeoutError` if the time was up
 */
export async function connect(
  address: Address,
  accept: Accept,
  { timeout, clock }: ConnectOptions = {},
): Promise<Connection> {
  const dial: Dial = async (take) => await transport().connect(await resolveAddress(address), take);
  try {
    return await dialWithTimeout(dial, accept, timeout, clock);
  } catch (error) {
    throw addressError("cannot-connect", "connect to", address, error);
  }
}

/**
 * Looks up the host name of an address that can be bound or connected to.
 *
 * @throws {Error} for an address of another kind, or an unknown host
 */
export async function resolveAddress(address: Address): Promise<BindAddress> {
  if (address.kind === "parent") throw new Error("only a worker's server has its connections from there");
  if (address.kind === "fd") throw new Error("it is for listening");
  if (address.kind === "unix") return address;
  const { host, port } = address;
  const family = address.kind === "inet" ? 4 : 6;
  const version = isIP(host.replace(/%.*/, ""));
  if (version !== 0 && version !== family) {
    throw new Error(
      `${host} is an IPv${version} address; write ${version === 6 ? "inet6" : "inet"}:${port}@${host}`,
    );
  }
  const ip = version === 0 ? (await lookup(host, { family })).address : host;
  return { kind: "tcp", ip, port };
}

/** Makes the error for an address that cannot be used. */
export function addressError(
  code: "cannot-listen" | "cannot-connect",
  doing: string,
  address: Address,
  cause: unknown,
): AddressError {
  const text = formatAddress(address);
  return new AddressError(code, text, `Cannot ${doing} ${text}: ${addressErrorText(cause)}`, {
    cause,
    systemCode: addressErrorCode(cause),
  });
}
