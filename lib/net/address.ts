/**
 * Parses and formats addresses, as libmilter (`inet:port@host`) and Postfix (`inet:host:port`) write them.
 *
 * @module
 */

/** An address to listen on or connect to. */
export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "inet" | "inet6"; readonly host: string; readonly port: number }
  /** Inherited listening sockets: one by its descriptor, or all that were passed with a name. */
  | { readonly kind: "fd"; readonly fd: number | string }
  /** Connections that the parent process accepts at one of its addresses and hands over. */
  | { readonly kind: "parent"; readonly of: string };

/** An address that is invalid or cannot be used. */
export class AddressError extends Error {
  override readonly name = "AddressError";
  /**
   * `invalid-address`: it cannot be parsed. `cannot-listen`, `cannot-connect`: it cannot be listened on or connected
   * to.
   */
  readonly code: "invalid-address" | "cannot-listen" | "cannot-connect";
  /** The address. */
  readonly value: string;
  /**
   * The system's code for what went wrong, such as `EADDRINUSE` or `ECONNREFUSED`, the same on every runtime; undefined if
   * the system is not to blame.
   */
  readonly systemCode: string | undefined;

  /**
   * @param code what kind of mistake it is
   * @param value the address
   * @param message one line that says what is wrong
   * @param options the cause, and the system's code
   */
  constructor(
    code: AddressError["code"],
    value: string,
    message: string,
    { systemCode, ...options }: ErrorOptions & { readonly systemCode?: string | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
    this.value = value;
    this.systemCode = systemCode;
  }

  /** What is wrong, without the address. */
  get reason(): string {
    const { message, value } = this;
    const beginnings = [
      `Invalid address ${JSON.stringify(value)}`,
      `Cannot listen on ${value}`,
      `Cannot connect to ${value}`,
    ];
    const beginning = beginnings.find((each) => message.startsWith(`${each}: `));
    return beginning === undefined ? message : message.slice(beginning.length + 2);
  }
}

/** The longest path of a unix socket on Linux, in bytes (`sun_path` without its NUL). */
export const MAX_UNIX_PATH = 107;

/**
 * Parses an address.
 *
 * @param text `unix:/path`, `local:/path`, `inet:port@host`, `inet:host:port`, `inet6:port@host`, `inet6:[host]:port`,
 * `fd:N` for an inherited listening socket, `fd:NAME` for those that systemd passed with this name, or `parent:ADDRESS` for
 * connections that the parent process accepts at that address and hands over
 * @throws {AddressError} `invalid-address`, with what is wrong and what to write instead
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatAddress, parseAddress } from "./address.ts";
 *
 * assert.deepEqual(parseAddress("inet:8825@localhost"), { kind: "inet", host: "localhost", port: 8825 });
 * assert.deepEqual(parseAddress("inet:localhost:8825"), parseAddress("inet:8825@localhost"));
 * assert.equal(formatAddress(parseAddress("local:/run/milterkit.sock")), "unix:/run/milterkit.sock");
 * ```
 */
export function parseAddress(text: string): Address {
  const fail = (reason: string): never => {
    throw new AddressError("invalid-address", text, `Invalid address ${JSON.stringify(text)}: ${reason}`);
  };
  const colon = text.indexOf(":");
  const kind = colon < 0 ? "" : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  switch (kind) {
    case "unix":
    case "local":
      if (!rest.startsWith("/")) return fail("the path must begin with /, as in unix:/run/milterkit.sock");
      if (rest.endsWith("/")) {
        return fail("the path must be that of a socket, as in unix:/run/milterkit.sock");
      }
      if (new TextEncoder().encode(rest).length > MAX_UNIX_PATH) {
        return fail(`the path is longer than ${MAX_UNIX_PATH} bytes, the maximum for a unix socket`);
      }
      return rest.includes("\0") ? fail("the path holds NUL") : { kind: "unix", path: rest };
    case "inet":
    case "inet6":
      return { kind, ...parseInet(kind, rest, fail) };
    case "fd":
      if (/^\d{1,4}$/.test(rest)) return { kind: "fd", fd: Number(rest) };
      // The names that systemd allows, without characters that are special in a shell or a file name.
      if (/^[A-Za-z_][\w.@-]{0,254}$/.test(rest)) return { kind: "fd", fd: rest };
      return fail("want a number or a name, as in fd:3 or fd:milter");
    case "parent":
      return parentAddress(rest, fail);
    default:
      // deno-lint-ignore no-control-regex -- a line end would make two lines of the message
      if (/^\/[^\x00-\x1f\x7f]*$/.test(text)) return fail(`did you mean unix:${text}?`);
      if (tcpAddressMeant(text) !== undefined) return fail(`did you mean ${tcpAddressMeant(text)}?`);
      return fail("want unix:/path, inet:port@host, inet6:port@host, fd:N or fd:NAME");
  }
}

/**
 * The address that `host:port`, `tcp:host:port` or `tcp:port`, as other programs write it, stands for; undefined for
 * anything else.
 */
function tcpAddressMeant(text: string): string | undefined {
  const [, host, port = ""] = /^(?:tcp:(?:\/\/)?)?(\[[\da-f:.]+\]|[a-z\d.-]+):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined) return undefined;
  if (host.startsWith("[")) return `inet6:${port}@${host.slice(1, -1)}`;
  return `inet:${port}@${host === "tcp" ? "localhost" : host}`;
}

function parentAddress(rest: string, fail: (reason: string) => never): Address {
  try {
    return { kind: "parent", of: formatAddress(parseAddress(rest)) };
  } catch {
    return fail("want one of the parent's addresses after parent:, as in parent:inet:8825@localhost");
  }
}

function parseInet(
  kind: "inet" | "inet6",
  rest: string,
  fail: (reason: string) => never,
): { host: string; port: number } {
  const example = kind === "inet" ? "inet:8825@localhost" : "inet6:8825@::1";
  const parts = /^(?<port>\d+)@(?<host>.+)$/.exec(rest) ?? /^(?<host>.+):(?<port>\d+)$/.exec(rest);
  const { port, host } = parts?.groups ?? {};
  if (port === undefined || host === undefined) {
    if (/^\d+$/.test(rest)) {
      if (Number(rest) > 65535) return fail(`port ${rest} is above 65535`);
      return fail(
        `say which host to listen on: ${kind}:${rest}@localhost, or ${kind}:${rest}@${
          kind === "inet" ? "0.0.0.0" : "::"
        } for all`,
      );
    }
    return fail(`want a port and a host, as in ${example}`);
  }
  const number = Number(port);
  if (number > 65535) return fail(`port ${number} is above 65535`);
  const name = host.replace(/^\[(.*)\]$/, "$1");
  if (name === "*") return fail(`write ${kind}:${number}@${kind === "inet" ? "0.0.0.0" : "::"} for all`);
  if (!/^[\w.:%-]+$/.test(name)) {
    return fail(`${JSON.stringify(name)} is not a host; write it as in ${example}`);
  }
  return { host: name, port: number };
}

/** Whether an address to listen on lets the system choose the port, so that it can be used several times. */
export function isAnyPort(text: string): boolean {
  const address = parseAddress(text);
  return "port" in address && address.port === 0;
}

/** Formats an address as libmilter writes it. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case "unix":
      return `unix:${address.path}`;
    case "fd":
      return `fd:${address.fd}`;
    case "parent":
      return `parent:${address.of}`;
    default:
      return `${address.kind}:${address.port}@${address.host}`;
  }
}
