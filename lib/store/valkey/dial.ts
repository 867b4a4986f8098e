/**
 * Opens a socket to a Valkey server: TCP, TLS or a unix socket.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { systemErrorText } from "../../system_errors.ts";
import type { ValkeyAddress } from "../state_address.ts";

/**
 * After how long a silent connection is probed, in milliseconds: firewalls drop connections that are silent for too
 * long.
 */
const KEEP_ALIVE = 60_000;

/** A file named in an address that cannot be read. */
export class AddressFileError extends Error {
  override readonly name = "AddressFileError";
  /** Always `unreadable-file`. */
  readonly code = "unreadable-file";
  /** The path. */
  readonly value: string;

  /**
   * @param path the path
   * @param cause why it cannot be read
   */
  constructor(path: string, cause: unknown) {
    super(`cannot read ${path}: ${systemErrorText(cause)}`, { cause });
    this.value = path;
  }
}

/**
 * Begins to connect.
 *
 * @param address where to
 * @param ready called once bytes can be sent, so after TLS has checked the server
 * @returns the socket, which reports failures with `error` and `close`
 * @throws {AddressFileError} if a file for TLS cannot be read
 */
export function dial(address: ValkeyAddress, ready: () => void): Socket {
  const { endpoint, tls } = address;
  if (endpoint.kind === "unix") return connectPlain({ path: endpoint.path }, ready);
  const { host, port } = endpoint;
  const socket = tls
    ? connectTls({
      host,
      port,
      // Only a host name: RFC 6066 section 3 does not allow addresses.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(tls.ca === undefined ? {} : { ca: readText(tls.ca) }),
      ...(tls.cert === undefined ? {} : { cert: readText(tls.cert) }),
      ...(tls.key === undefined ? {} : { key: readText(tls.key) }),
    }, ready)
    : connectPlain({ host, port }, ready);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  return socket;
}

/**
 * The password to log in with: from the address, or from its file, without the final line end.
 *
 * @throws {AddressFileError} if the file cannot be read
 */
export function passwordOf({ password, passwordFile }: ValkeyAddress): string | undefined {
  return passwordFile === undefined ? password : readText(passwordFile).replace(/\r?\n$/, "");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new AddressFileError(path, error);
  }
}
