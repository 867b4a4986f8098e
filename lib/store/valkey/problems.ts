/**
 * Puts into words why a Valkey server cannot be used.
 *
 * @module
 */

import { addressErrorText } from "../../system_errors.ts";
import type { ErrorReply, RespFormatError } from "../resp/reply.ts";
import type { ValkeyAddress } from "../state_address.ts";

/** Why a server cannot be used. */
export interface ServerProblem {
  /** In words, without the address. */
  readonly reason: string;
  /** Whether retrying is pointless: the address or the server's configuration must be changed. */
  readonly lasting: boolean;
  /** Whether reconnecting may help, since it may lead to another server. */
  readonly elsewhere?: boolean;
}

const CLUSTER: ServerProblem = {
  reason: "it is a node of a cluster, which is not supported; give the address of a single server",
  lasting: true,
};

/** Problems by the kind of error reply. */
const BY_KIND: Readonly<Record<string, ServerProblem>> = {
  NOAUTH: {
    reason: "it requires a password; write it into the address, as in redis://:PASSWORD@HOST",
    lasting: true,
  },
  WRONGPASS: { reason: "it does not accept the user or the password", lasting: true },
  MOVED: CLUSTER,
  ASK: CLUSTER,
  CROSSSLOT: CLUSTER,
  CLUSTERDOWN: CLUSTER,
  TRYAGAIN: CLUSTER,
  READONLY: {
    reason: "it is a read-only replica; give the address of the primary server",
    lasting: true,
    elsewhere: true,
  },
  OOM: { reason: "its memory is full (maxmemory)", lasting: false },
  LOADING: { reason: "it is still loading its data", lasting: false },
  BUSY: { reason: "it is busy with another client's script", lasting: false },
  MISCONF: { reason: "it refuses writes because it cannot save to disk (MISCONF)", lasting: false },
  MASTERDOWN: { reason: "it is a replica that has lost its primary server", lasting: false, elsewhere: true },
  NOREPLICAS: { reason: "it refuses writes because too few replicas are connected", lasting: false },
  DENIED: {
    reason: "it is in protected mode and accepts no connections from other machines; set a password there",
    lasting: true,
  },
};

/** Problems by the text of an error reply. */
const BY_TEXT: readonly [pattern: RegExp, problem: ServerProblem][] = [
  // Redis before version 6.
  [/^ERR invalid password/i, BY_KIND.WRONGPASS!],
  [/^ERR (?:Client sent AUTH|AUTH <password> called)/i, {
    reason: "it has no password; leave the login out of the address",
    lasting: true,
  }],
  [/^ERR wrong number of arguments for 'auth'/i, {
    reason: "it knows no users, only a password; write redis://:PASSWORD@HOST",
    lasting: true,
  }],
  [/^ERR (?:DB index is out of range|invalid DB index)/i, {
    reason: "it has no database with this number",
    lasting: true,
  }],
  [/^ERR max number of clients/i, {
    reason: "it has as many clients as it allows (maxclients)",
    lasting: false,
  }],
  [/^ERR unknown command/i, {
    reason: "it does not support scripts; use Redis 3.2 or later, or Valkey",
    lasting: true,
  }],
];

/** The maximum length of a server's text that is shown. */
const MOST_SHOWN = 150;

/** What an error reply means. */
export function problemOfReply(reply: ErrorReply): ServerProblem {
  const known = BY_KIND[reply.kind] ?? BY_TEXT.find(([pattern]) => pattern.test(reply.text))?.[1];
  if (known) return known;
  return { reason: `it answers ${quoted(reply.text)}`, lasting: reply.kind === "NOPERM" };
}

/** The beginning of a TLS alert or handshake record (RFC 8446 section 5.1). */
const TLS_RECORDS = ["\x15\x03", "\x16\x03"];

/** What it means that bytes are not a reply. */
export function problemOfFormat(error: RespFormatError, address: ValkeyAddress): ServerProblem {
  if (/^HTTP\//.test(error.value)) {
    return { reason: "an HTTP server answers there, not Valkey or Redis", lasting: true };
  }
  if (!address.tls && TLS_RECORDS.includes(error.value.slice(0, 2))) {
    return { reason: "it speaks TLS; write rediss://", lasting: true };
  }
  return { reason: `not Valkey or Redis answers there: ${quoted(error.value)}`, lasting: true };
}

/** Failures of TLS, by the codes of OpenSSL and the texts of rustls, which Deno uses. */
const TLS_PROBLEMS: readonly [pattern: RegExp, reason: string][] = [
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_UNTRUSTED|UnknownIssuer|CaUsedAsEndEntity|unknown ca/i,
    "its certificate is not trusted; name the authority's file, as in ?ca=FILE",
  ],
  [/ALTNAME|NotValidForName/i, "its certificate is for another name"],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|Expired|NotValidYet/i, "its certificate is not valid at this time"],
  [
    /WRONG_VERSION|wrong version number|InvalidContentType|corrupt message|packet length too long/i,
    "it does not speak TLS; write redis://",
  ],
  [
    /certificate required|CERTIFICATE_REQUIRED|handshake failure/i,
    "it wants a certificate of ours; write ?cert=FILE&key=FILE",
  ],
];

/**
 * What it means that connecting failed, or that a connection broke.
 *
 * @param error the system's error, if there is one
 * @param address the address
 * @param isNew whether nothing has been received over the connection
 */
export function problemOfConnection(
  error: Error | undefined,
  address: ValkeyAddress,
  isNew: boolean,
): ServerProblem {
  const { code = "", message = "" } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const known = address.tls && TLS_PROBLEMS.find(([pattern]) => pattern.test(`${code} ${message}`));
  if (known) return { reason: known[1], lasting: true };
  if (error && code !== "ECONNRESET" && code !== "EPIPE") {
    return { reason: oneLine(addressErrorText(error)), lasting: false };
  }
  // A server that expects TLS does this, but also a proxy without a server behind it.
  const hint = isNew && !address.tls && address.endpoint.kind === "tcp";
  const reason = "it closed the connection";
  return { reason: hint ? `${reason} at once; if it speaks TLS, write rediss://` : reason, lasting: false };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
