/**
 * Where state is kept: parses and formats the addresses of stores.
 *
 * @module
 */

/** Where state is kept. */
export type StateAddress =
  /** In the memory of the process. */
  | { readonly kind: "memory" }
  /** In a file of this machine. */
  | { readonly kind: "file"; readonly path: string }
  | ValkeyAddress;

/** A Valkey or Redis server, and how to log in. */
export interface ValkeyAddress {
  readonly kind: "valkey";
  /** Where it listens. */
  readonly endpoint:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string };
  /** Files for TLS; undefined for a connection without it. */
  readonly tls?: ValkeyTls;
  /** The user of its access control list. @default the server's default user */
  readonly user?: string;
  /** The password. */
  readonly password?: string;
  /** The file with the password, read at each connection. */
  readonly passwordFile?: string;
  /** The number of the database. */
  readonly database: number;
}

/** PEM files for a connection with TLS. */
export interface ValkeyTls {
  /** The authorities to trust. @default those that the runtime trusts */
  readonly ca?: string;
  /** The certificate to show. @default none */
  readonly cert?: string;
  /** The key of this certificate. */
  readonly key?: string;
}

/** An invalid address of a store. */
export class StateAddressError extends Error {
  override readonly name = "StateAddressError";
  /** Always `invalid-state-address`. */
  readonly code = "invalid-state-address";
  /** The address, with `***` in place of a login. */
  readonly value: string;
  /** What is wrong and what to write instead, without the address. */
  readonly reason: string;

  /**
   * @param text the address
   * @param reason what is wrong and what to write instead
   */
  constructor(text: string, reason: string) {
    const shown = withoutLogin(text);
    super(`Invalid state address ${JSON.stringify(shown)}: ${reason}`);
    this.value = shown;
    this.reason = reason;
  }
}

/** The port of Valkey and Redis. */
const PORT = 6379;

/** The longest path of a unix socket on Linux, in bytes. */
const MAX_UNIX_PATH = 107;

/** The parameters, and the properties that they set. */
const PARAMETERS = new Map<string, "ca" | "cert" | "key" | "passwordFile" | "db">([
  ["ca", "ca"],
  ["cert", "cert"],
  ["key", "key"],
  ["password-file", "passwordFile"],
  ["db", "db"],
]);

type Fail = (reason: string) => never;

/**
 * Parses the address of a store.
 *
 * @param text `memory`; the path of a file, which begins with `/`, `./` or `../`, or any path after `file:`; or
 * `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` for TLS, or `redis+unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE]`.
 * `valkey` may stand for `redis`. Parameters after `?`: `password-file=FILE`, and for TLS `ca=FILE`, `cert=FILE`, `key=FILE`. In
 * a user, password or parameter, `%` and two hexadecimal digits stand for a byte (RFC 3986 section 2.1)
 * @throws {StateAddressError} with what is wrong and what to write instead
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseStateAddress } from "./state_address.ts";
 *
 * assert.deepEqual(parseStateAddress("/var/lib/milterkit/state.db"), { kind: "file", path: "/var/lib/milterkit/state.db" });
 * assert.deepEqual(parseStateAddress("redis://:secret@valkey.example/1"), {
 *   kind: "valkey",
 *   endpoint: { kind: "tcp", host: "valkey.example", port: 6379 },
 *   password: "secret",
 *   database: 1,
 * });
 * ```
 */
export function parseStateAddress(text: string): StateAddress {
  const fail: Fail = (reason) => {
    throw new StateAddressError(text, reason);
  };
  if (text === "memory") return { kind: "memory" };
  const scheme = /^(?:redis|valkey)(?<tls>s?)(?<unix>\+unix)?:\/\/(?<rest>.*)$/is.exec(text)?.groups;
  if (scheme) return parseServer(scheme.rest ?? "", scheme.unix !== undefined, scheme.tls !== "", fail);
  if (text.startsWith("file:")) return { kind: "file", path: checkedPath(text.slice(5), fail) };
  if (/^\.{0,2}\//.test(text)) return { kind: "file", path: checkedPath(text, fail) };
  return fail(hint(text));
}

/** Guesses what was meant by an address of no known kind. */
function hint(text: string): string {
  const [, path] = /^(?:unix|local):(?:\/\/)?(\/.+)$/.exec(text) ?? [];
  if (path !== undefined) return `did you mean redis+unix://${path}?`;
  const [, port, host] = /^inet6?:(\d+)@([\w.-]+)$/.exec(text) ?? [];
  if (port !== undefined) return `did you mean redis://${host}:${port}?`;
  if (/^[\w.-]+:\d+$/.test(text)) return `did you mean redis://${text}?`;
  if (/^[\w-]+(?:\.(?:db|sqlite3?)|\/[\w./-]+)$/.test(text)) return `did you mean ./${text}?`;
  return "want memory, the path of a file, as in /var/lib/milterkit/state.db, or a server, as in redis://localhost";
}

function checkedPath(path: string, fail: Fail): string {
  if (path === "") return fail("want a path after file:, as in file:/var/lib/milterkit/state.db");
  if (path.includes("\0")) return fail("the path holds NUL");
  if (/(?:^|\/)\.{0,2}$/.test(path)) return fail("the path must be that of a file, not of a folder");
  return path;
}

function parseServer(rest: string, isUnix: boolean, isTls: boolean, fail: Fail): ValkeyAddress {
  if (isUnix && isTls) return fail("a unix socket has no TLS; write redis+unix://");
  const mark = rest.indexOf("?");
  const place = mark < 0 ? rest : rest.slice(0, mark);
  const { db, passwordFile, ...tls } = parseParameters(mark < 0 ? "" : rest.slice(mark + 1), fail);
  // The last @ ends the login: a password may contain one, nothing after it can.
  const at = place.lastIndexOf("@");
  const login = at < 0 ? {} : parseLogin(place.slice(0, at), passwordFile !== undefined, fail);
  const where = isUnix ? parseSocket(place.slice(at + 1), fail) : parseHost(place.slice(at + 1), fail);
  if (Object.keys(tls).length > 0 && !isTls) return fail("ca, cert and key are for TLS; write rediss://");
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    return fail("cert and key must be given together");
  }
  if (where.database !== undefined && db !== undefined) return fail("the database is given twice");
  return {
    kind: "valkey",
    endpoint: where.endpoint,
    ...(isTls ? { tls } : {}),
    ...login,
    ...(passwordFile === undefined ? {} : { passwordFile }),
    database: parseDatabase(where.database ?? db ?? "0", fail),
  };
}

type Parameters = ValkeyTls & { readonly passwordFile?: string; readonly db?: string };

function parseParameters(text: string, fail: Fail): Parameters {
  const found: Record<string, string> = {};
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const property = PARAMETERS.get(name);
    if (property === undefined) {
      return fail(`no such parameter; there are ${[...PARAMETERS.keys()].join(", ")}`);
    }
    const value = equals < 0 ? "" : decoded(part.slice(equals + 1), fail);
    if (value === "" || value.includes("\0")) {
      return fail(property === "db" ? "want a number after db=" : `want a file after ${name}=`);
    }
    if (found[property] !== undefined) return fail(`${name} is given twice`);
    found[property] = value;
  }
  return found;
}

function parseLogin(
  text: string,
  hasFile: boolean,
  fail: Fail,
): { readonly user?: string; readonly password?: string } {
  const colon = text.indexOf(":");
  const user = decoded(colon < 0 ? text : text.slice(0, colon), fail);
  const password = colon < 0 ? "" : decoded(text.slice(colon + 1), fail);
  if (hasFile && password !== "") return fail("there is a password, and a file with one");
  if (!hasFile && password === "") {
    return fail("want a password before @, as in redis://:PASSWORD@HOST or redis://USER:PASSWORD@HOST");
  }
  return { ...(user === "" ? {} : { user }), ...(password === "" ? {} : { password }) };
}

interface Where {
  readonly endpoint: ValkeyAddress["endpoint"];
  /** The number of the database, as text. */
  readonly database?: string;
}

function parseHost(text: string, fail: Fail): Where {
  const parts =
    /^(?:\[(?<ipv6>[0-9a-f:.]+(?:%[\w.-]+)?)\]|(?<name>[\w.-]+))(?::(?<port>\d*))?(?:\/(?<db>.*))?$/i
      .exec(text)?.groups;
  if (!parts) return fail("want a host, as in redis://localhost or redis://[::1]:6379");
  const { ipv6, name = "", port, db } = parts;
  const number = port === undefined ? PORT : Number(port);
  if (number < 1 || number > 65535) return fail("want a port from 1 to 65535");
  const endpoint = { kind: "tcp", host: ipv6 ?? name, port: number } as const;
  return db === undefined || db === "" ? { endpoint } : { endpoint, database: db };
}

function parseSocket(text: string, fail: Fail): Where {
  const path = decoded(text, fail);
  if (!path.startsWith("/") || path.endsWith("/")) {
    return fail("want the path of a socket, as in redis+unix:///run/valkey/valkey.sock");
  }
  if (path.includes("\0")) return fail("the path holds NUL");
  if (new TextEncoder().encode(path).length > MAX_UNIX_PATH) {
    return fail(`the path is longer than ${MAX_UNIX_PATH} bytes, the maximum for a unix socket`);
  }
  return { endpoint: { kind: "unix", path } };
}

function parseDatabase(text: string, fail: Fail): number {
  if (!/^\d{1,5}$/.test(text)) {
    return fail("want the number of a database, as in redis://localhost/1 or redis+unix:///PATH?db=1");
  }
  return Number(text);
}

function decoded(text: string, fail: Fail): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return fail("a % must stand before two hexadecimal digits; write %25 for the character itself");
  }
}

/** An address with `***` in place of a login, for logs. */
function withoutLogin(text: string): string {
  return text.replace(/^([a-z+]+:\/\/).*@/is, "$1***@");
}

/**
 * Hides the password in the text of an address, for displaying a service's configuration. The rest stays unchanged, so
 * that the text is still a valid address.
 *
 * @param text an address that `parseStateAddress` reads
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withoutPassword } from "./state_address.ts";
 *
 * assert.equal(withoutPassword("redis://joe:secret@localhost/1"), "redis://joe:***@localhost/1");
 * ```
 */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z+]+:\/\/[^:?]*):[^?]*@/i, "$1:***@");
}

/**
 * Formats an address for logs and metrics, without the login and the files of TLS.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatStateAddress, parseStateAddress } from "./state_address.ts";
 *
 * assert.equal(formatStateAddress(parseStateAddress("redis://:secret@localhost/1")), "redis://localhost:6379/1");
 * ```
 */
export function formatStateAddress(address: StateAddress): string {
  if (address.kind === "memory") return "memory";
  if (address.kind === "file") return address.path;
  const { endpoint, database, tls } = address;
  if (endpoint.kind === "unix") {
    return `redis+unix://${endpoint.path}${database === 0 ? "" : `?db=${database}`}`;
  }
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `redis${tls ? "s" : ""}://${host}:${endpoint.port}${database === 0 ? "" : `/${database}`}`;
}
