/**
 * Parses and formats HTTP addresses: `9465`, `127.0.0.1:9465`, `[::1]:9465`, `unix:/path`.
 *
 * @module
 */

import { isIP } from "node:net";
import { type Address, AddressError, parseAddress } from "../../lib/net/address.ts";
import { invalidArgument } from "../terminal/arguments.ts";

/** The host if only a port is given: other machines cannot reach it. */
const DEFAULT_HOST = "127.0.0.1";

/**
 * Parses an HTTP address.
 *
 * @param program what error messages begin with, such as `milterkit serve`
 * @param option the option that it belongs to, for error messages
 * @param text the option's value
 * @throws {UsageError} if it is not an HTTP address; the message shows the forms that are
 */
export function httpAddress(program: string, option: string, text: string): Address {
  const fail = (reason: string): never => {
    throw invalidArgument(program, option, text, reason);
  };
  if (text.startsWith("unix:")) {
    try {
      return parseAddress(text);
    } catch (error) {
      if (error instanceof AddressError) return fail(error.reason);
      throw error;
    }
  }
  const [, bracketed, name, digits] = /^(?:\[([^\]]+)\]:|([^:[\]]*):)?(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return fail("want PORT, HOST:PORT, [IPV6]:PORT or unix:/path");
  const port = Number(digits);
  if (port > 65535) return fail(`port ${digits} is above 65535`);
  const host = bracketed ?? name ?? DEFAULT_HOST;
  if (host === "") return fail(`the host is missing: want 127.0.0.1:${digits}, or 0.0.0.0:${digits} for all`);
  if (bracketed !== undefined && isIP(bracketed.replace(/%.*/, "")) !== 6) {
    return fail(`${bracketed} is not an IPv6 address`);
  }
  if (!/^[\w.:%-]+$/.test(host)) return fail(`${JSON.stringify(host)} is not a host`);
  return { kind: bracketed === undefined ? "inet" : "inet6", host, port };
}

/** Formats an HTTP address as a URL, or as `unix:/path`. */
export function formatHttpAddress(address: Address): string {
  if (address.kind === "inet") return `http://${address.host}:${address.port}/`;
  if (address.kind === "inet6") return `http://[${address.host}]:${address.port}/`;
  return address.kind === "unix" ? `unix:${address.path}` : address.kind;
}
