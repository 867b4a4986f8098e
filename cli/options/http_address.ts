/**
 * Addresses of HTTP as people write them: `9465`, `127.0.0.1:9465`, `[::1]:9465`, `unix:/path`.
 *
 * @module
 */

import { isIP } from "node:net";
import { type Address, AddressError, parseAddress } from "../../lib/net/address.ts";
import { UsageError } from "../terminal/arguments.ts";

/** Where it listens if only a port is said: nobody else can ask there. */
const DEFAULT_HOST = "127.0.0.1";

/**
 * Reads an address at which HTTP is to be spoken.
 *
 * @param option what to begin an error with, such as `milterkit serve: --metrics`
 * @param text what was given
 * @throws {UsageError} saying what would be right
 */
export function httpAddress(option: string, text: string): Address {
  const fail = (reason: string): never => {
    throw new UsageError(`${option}: Invalid address ${JSON.stringify(text)}: ${reason}`, text);
  };
  if (text.startsWith("unix:")) {
    try {
      return parseAddress(text);
    } catch (error) {
      throw error instanceof AddressError ? new UsageError(`${option}: ${error.message}`, text) : error;
    }
  }
  const [, bracketed, name, digits] = /^(?:\[([^\]]+)\]:|([^:[\]]*):)?(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return fail("want PORT, HOST:PORT, [IPV6]:PORT or unix:/path");
  const port = Number(digits);
  if (port > 65535) return fail(`port ${digits} is above 65535`);
  const host = bracketed ?? name ?? DEFAULT_HOST;
  if (host === "") return fail(`say which host: 127.0.0.1:${digits}, or 0.0.0.0:${digits} for all`);
  if (bracketed !== undefined && isIP(bracketed.replace(/%.*/, "")) !== 6) {
    return fail(`${bracketed} is no IPv6 address`);
  }
  if (!/^[\w.:%-]+$/.test(host)) return fail(`${JSON.stringify(host)} is no host`);
  return { kind: bracketed === undefined ? "inet" : "inet6", host, port };
}

/** How people write it. */
export function formatHttpAddress(address: Address): string {
  if (address.kind === "inet") return `http://${address.host}:${address.port}/`;
  if (address.kind === "inet6") return `http://[${address.host}]:${address.port}/`;
  return address.kind === "unix" ? `unix:${address.path}` : address.kind;
}
