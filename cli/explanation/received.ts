/**
 * Reads the client of a Received field (RFC 5321 section 4.4), in the forms that MTAs write.
 *
 * @module
 */

import { isIP } from "node:net";

/** What a Received field says; a value that it does not say is undefined. */
export interface ReceivedFrom {
  /** The client's IP address. */
  readonly client: string | undefined;
  /** What the client said in HELO. */
  readonly helo: string | undefined;
  /** The client's name as the MTA looked it up. */
  readonly name: string | undefined;
  /** The host that received. */
  readonly by: string | undefined;
  /** The protocol, such as `ESMTPS`, in capital letters. */
  readonly protocol: string | undefined;
  /** Who logged in, as Postfix writes it with `smtpd_sasl_authenticated_header`. */
  readonly login: string | undefined;
  /** The version of TLS and the cipher, as Postfix and Sendmail write them. */
  readonly tls: { readonly version: string; readonly cipher: string } | undefined;
}

/** How much of a field is read, in characters. */
const MAX_LENGTH = 2000;

/**
 * Reads a field of Postfix, Sendmail, Exim, qmail, Exchange or the like: `from HELO (NAME [ADDRESS]) by HOST …`.
 *
 * @param value everything after the colon
 */
export function receivedFrom(value: string): ReceivedFrom {
  const text = value.slice(0, MAX_LENGTH).replace(/\s+/g, " ").trim();
  const [, by] = /(?:^| )by ([^\s;()]+)/i.exec(text) ?? [];
  const [, clause = ""] = /^from (.*?)(?: by |;|$)/i.exec(text) ?? [];
  const address = addressIn(clause);
  const [, exim] = /\bhelo[= ]([^\s()]+)/i.exec(clause) ?? [];
  const [first = ""] = clause.split(" ");
  // Where HELO is a literal, it is one that the client said only if the name comes after it.
  const helo = exim ?? (first === "" || /^unknown$/i.test(first) ? undefined : first);
  const name = clause.match(/\(([^\s()\[\]@]+) \[/)?.[1];
  const [, protocol] = /(?:^| )with (\w+)/i.exec(text.replace(/\bwith cipher\b/gi, "")) ?? [];
  const [, login] = /\(Authenticated sender: ([^()]+)\)/.exec(text) ?? [];
  const [, version, cipher] = /\((?:using |version=)(TLS\S+)(?: with cipher | cipher=)([\w-]+)/.exec(text) ??
    [];
  return {
    client: address,
    helo: address === undefined ? undefined : helo,
    name: name === undefined || /^unknown$/i.test(name) ? undefined : name,
    by,
    protocol: protocol?.toUpperCase(),
    login: login?.trim(),
    tls: version === undefined || cipher === undefined ? undefined : { version, cipher },
  };
}

/** The address that the MTA saw: in brackets within parentheses, else in parentheses, else in brackets. */
function addressIn(clause: string): string | undefined {
  const comments = clause.match(/\([^()]*\)/g) ?? [];
  const candidates = [
    ...comments.flatMap((comment) => [...comment.matchAll(/\[([^\[\]\s]+)\]/g)].map(([, found]) => found)),
    ...comments.flatMap((comment) =>
      [...comment.matchAll(/[(\s]([0-9a-f.:]+)(?=[)\s])/gi)].map(([, found]) => found)
    ),
    ...[...clause.matchAll(/\[([^\[\]\s]+)\]/g)].map(([, found]) => found),
  ];
  return candidates.map((found) => (found ?? "").replace(/^IPv6:/i, "")).find((found) => isIP(found) > 0);
}
