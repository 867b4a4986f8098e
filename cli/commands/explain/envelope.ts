/**
 * Who sent a message: the client, HELO and MAIL FROM, from the command line or from the message's header.
 *
 * @module
 */

import { parseIp } from "../../../lib/dns/ip_address.ts";
import type { HeaderField } from "../../../lib/message/header.ts";
import { receivedFrom } from "../../explanation/received.ts";

/** A value with its source. */
export interface EnvelopeValue {
  readonly value: string;
  /** The option that gave it, or the header field that it was taken from; the latter can be forged. */
  readonly source: "option" | "Received" | "Return-Path";
}

/** What an MTA knows of a message before its header; a value that is not known is undefined. */
export interface KnownEnvelope {
  readonly client: EnvelopeValue | undefined;
  readonly helo: EnvelopeValue | undefined;
  /** The address without angle brackets; empty for the null sender. */
  readonly mailFrom: EnvelopeValue | undefined;
  /** Which Received field the client was taken from, counted from 1 at the top. */
  readonly receivedNumber?: number | undefined;
}

/** What the command line says. */
export interface GivenEnvelope {
  readonly client?: string | undefined;
  readonly helo?: string | undefined;
  readonly from?: string | undefined;
  /** The host that received the message: only a Received field that it wrote counts. */
  readonly mtaId?: string | undefined;
}

/**
 * Takes the envelope from the command line, and what is missing from the header: the client and HELO from the first Received
 * field with an address that is not of a private network, MAIL FROM from the first Return-Path.
 *
 * @param given the options
 * @param header the fields of the message; empty without one
 */
export function knownEnvelope(given: GivenEnvelope, header: readonly HeaderField[]): KnownEnvelope {
  const option = (value: string | undefined): EnvelopeValue | undefined =>
    value === undefined ? undefined : { value, source: "option" };
  const hop = given.client === undefined ? firstHop(header, given.mtaId) : undefined;
  const path = header.find((field) => field.is("Return-Path"))?.value;
  const mailFrom = option(given.from) ??
    (path === undefined ? undefined : { value: path, source: "Return-Path" as const });
  // HELO of a Received field is that of its client, and of no other.
  const helo = hop?.helo === undefined ? undefined : { value: hop.helo, source: "Received" as const };
  return {
    client: option(given.client) ??
      (hop === undefined ? undefined : { value: hop.client, source: "Received" }),
    helo: option(given.helo) ?? helo,
    mailFrom: mailFrom && { ...mailFrom, value: bareAddress(mailFrom.value) },
    receivedNumber: hop?.number,
  };
}

interface Hop {
  readonly client: string;
  readonly helo: string | undefined;
  readonly number: number;
}

/** Where mail came into the network of the receiver. */
function firstHop(header: readonly HeaderField[], mtaId: string | undefined): Hop | undefined {
  const fields = header.filter((field) => field.is("Received"));
  for (const [i, field] of fields.entries()) {
    const { client, helo, by } = receivedFrom(field.value);
    if (mtaId !== undefined && by?.toLowerCase() !== mtaId.toLowerCase()) continue;
    if (client !== undefined && !isPrivate(client)) return { client, helo, number: i + 1 };
  }
  return undefined;
}

/** Loopback, private and link-local addresses (RFC 1918, RFC 4193, RFC 6890). */
function isPrivate(address: string): boolean {
  const bytes = parseIp(address);
  if (bytes === undefined) return true;
  const [a = 0, b = 0] = bytes;
  if (bytes.length === 4) {
    return a === 127 || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) ||
      (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128) || a === 0;
  }
  return (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80) ||
    bytes.subarray(0, 15).every((x) => x === 0);
}

function bareAddress(text: string): string {
  return text.trim().replace(/^<(.*)>$/s, "$1").trim();
}
