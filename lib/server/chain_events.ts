/**
 * Passes the events of a protocol session to a chain.
 *
 * @module
 */

import type { ChainConnection } from "../chain/chain_connection.ts";
import type { MaybePromise } from "../chain/maybe_promise.ts";
import type { Client } from "../filter/context.ts";
import type { Verdict } from "../filter/verdict.ts";
import { EnvelopeAddress } from "../message/envelope.ts";
import { HeaderField } from "../message/header.ts";
import { checkStrings, commands, firstStringEnd } from "../protocol/codec.ts";
import type { AnsweredEvent } from "../protocol/events.ts";
import { familyOf } from "../protocol/families.ts";
import type { FilterSession } from "../protocol/filter_session.ts";
import { utf8Text } from "../protocol/text.ts";

/** An event that a chain answers with a verdict alone. */
export type VerdictOnly = Exclude<AnsweredEvent, "eom">;

/**
 * Passes the current event to a chain.
 *
 * @param event the event
 * @param session the session, positioned at the event
 * @param chain the chain
 * @returns the chain's verdict
 * @throws {ProtocolError} for a packet with malformed fields
 */
export function askChain(
  event: VerdictOnly,
  session: FilterSession,
  chain: ChainConnection,
): MaybePromise<Verdict> {
  switch (event) {
    case "header":
      return chain.header(headerField(session), session.end - session.start);
    case "body":
      return chain.body(session.bytes.subarray(session.start, session.end));
    case "eoh":
      return chain.eoh();
    case "rcpt":
      return chain.rcpt(address(session, commands.rcpt));
    case "mail":
      return chain.mail(address(session, commands.mail));
    case "data":
      return chain.data();
    case "connect":
      return chain.connect(client(session));
    case "helo":
      return chain.helo(utf8Text(session.fields(commands.helo).name));
    case "unknown":
      return chain.unknown(utf8Text(session.fields(commands.unknown).command));
  }
}

function client(session: FilterSession): Client {
  const { hostname, family, port, address } = session.fields(commands.connect);
  return {
    hostname: utf8Text(hostname),
    family: familyOf(family) ?? "unknown",
    port: port ?? 0,
    address: address ? utf8Text(address).replace(/^IPv6:/i, "") : "",
  };
}

function address(
  { bytes, start, end }: FilterSession,
  spec: typeof commands.mail | typeof commands.rcpt,
): EnvelopeAddress {
  checkStrings(spec, bytes, start, end);
  return new EnvelopeAddress(bytes, start, end);
}

function headerField({ bytes, start, end, verbatimValues }: FilterSession): HeaderField {
  const nameEnd = firstStringEnd(commands.header, bytes, start, end);
  return new HeaderField(bytes, start, nameEnd, -1, verbatimValues);
}
