/**
 * The message that the load consists of, with its envelope.
 *
 * @module
 */

import { HeaderField } from "../../../lib/message/header.ts";
import type { ParsedMessage } from "../../../lib/message/parse.ts";

/** The message that is sent again and again. */
export interface SampleMessage {
  /** Header and body. */
  readonly message: ParsedMessage;
  /** The sender. */
  readonly from: string;
  /** The recipients. */
  readonly to: readonly string[];
}

/** The SMTP client in CONNECT. Its address is reserved for documentation (RFC 5737). */
export const CLIENT = {
  hostname: "client.example.net",
  family: "inet",
  port: 54_321,
  address: "192.0.2.1",
} as const;

const LINE = new TextEncoder().encode(
  "The quick brown fox jumps over the lazy dog, and does so once more for luck.\r\n",
);

/**
 * Makes a message of ordinary header fields and lines of text.
 *
 * @param size bytes of the body
 * @param headers how many header fields
 * @param recipients how many recipients
 * @param queueId the placeholder for the queue id, which differs in each message
 */
export function makeSample(
  size: number,
  headers: number,
  recipients: number,
  queueId: string,
): SampleMessage {
  const to = recipientsOf(recipients);
  const body = new Uint8Array(size);
  for (let at = 0; at < size; at += LINE.length) body.set(LINE.subarray(0, size - at), at);
  return { message: { header: headerOf(headers, to[0], queueId), body }, from: "sender@example.net", to };
}

/**
 * Adds an envelope to a message of the user.
 *
 * @param message the message
 * @param recipients how many recipients
 */
export function sampleOf(message: ParsedMessage, recipients: number): SampleMessage {
  return { message, from: "sender@example.net", to: recipientsOf(recipients) };
}

/** Makes `count` recipients, but at least one. */
function recipientsOf(count: number): [string, ...string[]] {
  const recipient = (number: number) => `recipient${number}@example.com`;
  return [recipient(1), ...Array.from({ length: count - 1 }, (_, i) => recipient(i + 2))];
}

function headerOf(count: number, to: string, queueId: string): HeaderField[] {
  const date = "Mon, 01 Jan 2024 12:00:00 +0000";
  const usual: [name: string, value: string][] = [
    ["From", "Some Sender <sender@example.net>"],
    ["To", `A Recipient <${to}>`],
    ["Subject", "A subject line of about the usual length for a message"],
    ["Date", date],
    ["Message-ID", `<${queueId}.20240101120000@client.example.net>`],
    [
      "Received",
      "from client.example.net (client.example.net [192.0.2.1])\n" +
      `\tby mx.example.com (Postfix) with ESMTPS id ${queueId}\n\tfor <${to}>; ${date} (UTC)`,
    ],
    ["MIME-Version", "1.0"],
    ["Content-Type", "text/plain; charset=utf-8; format=flowed"],
    ["Content-Transfer-Encoding", "quoted-printable"],
    ["List-Unsubscribe", "<mailto:leave-list@example.net?subject=unsubscribe>"],
  ];
  const fields = usual.slice(0, count);
  // An MTA puts its own field on top.
  const received = fields.findIndex(([name]) => name === "Received");
  if (received > 0) fields.unshift(...fields.splice(received, 1));
  for (let i = fields.length + 1; i <= count; i++) {
    fields.push([`X-Test-Header-${i}`, `value ${i} of a field that is as long as most of them are`]);
  }
  return fields.map(([name, value]) => HeaderField.of(name, value));
}
