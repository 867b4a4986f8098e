/**
 * Who hands a checked message in: the client that the command line names, or the one of the message's Received field.
 *
 * @module
 */

import { isIP } from "node:net";
import type { HeaderField } from "../../../lib/message/header.ts";
import type { ParsedMessage } from "../../../lib/message/parse.ts";
import type { Sender } from "../../../lib/mta/delivery.ts";
import { receivedFrom } from "../../explanation/received.ts";

/** Who hands a message in, and the message as it was then. */
export interface Session {
  /** The SMTP client. */
  readonly sender: Sender;
  /** Macros in addition to the usual ones, or in their place. */
  readonly macros: Readonly<Record<string, string>>;
  /** The message without what the MTA added afterwards. */
  readonly message: ParsedMessage;
}

/**
 * Makes an SMTP client.
 *
 * @param hostname its name; its address in brackets if it has none
 * @param address its IP address
 * @param helo its name in HELO; else its host name
 */
export function senderAt(hostname: string | undefined, address: string, helo: string | undefined): Sender {
  const name = hostname ?? `[${address}]`;
  const family = isIP(address) === 6 ? "inet6" : "inet";
  return { client: { hostname: name, address, family, port: 25000 }, helo: helo ?? name };
}

/** The fields that an MTA adds when it takes a message, and when it delivers it. */
const ADDED: readonly string[] = ["Received", "Return-Path", "Delivered-To", "X-Original-To"];

/**
 * Takes a session from the first Received field of a message that names a client, and removes what the MTA added: that
 * field and, above it, those of the delivery. Filters are asked before. Fields of a local delivery over LMTP are passed over.
 *
 * @param given the session that the command line describes: for messages without such a field, and its macros come first
 */
export function receivedSession(given: Session): Session {
  const { header } = given.message;
  const at = header.findIndex((field) => clientOf(field) !== undefined);
  const field = header[at];
  const from = field && clientOf(field);
  if (!from) return given;
  const { client, name, helo, login, tls } = from;
  return {
    sender: senderAt(name, client, helo),
    macros: {
      ...(login === undefined ? {} : { auth_authen: login }),
      ...(tls === undefined ? {} : { tls_version: tls.version, cipher: tls.cipher }),
      ...given.macros,
    },
    message: {
      ...given.message,
      header: header.filter((each, i) => i > at || !ADDED.some((name) => each.is(name))),
    },
  };
}

function clientOf(field: HeaderField) {
  if (!field.is("Received")) return undefined;
  const { client, protocol, ...rest } = receivedFrom(field.value);
  return client === undefined || protocol?.startsWith("LMTP") ? undefined : { client, ...rest };
}
