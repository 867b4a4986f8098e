/**
 * Sends the same message over SMTP again and again, as mail servers do, and takes the time that a client waits.
 *
 * @module
 */

import { SmtpClient, type SmtpReply } from "../../tests/support/smtp_client.ts";

/** What to send, and how. */
export interface SmtpLoad {
  /** The message, in the form that SMTP has it. */
  readonly message: string;
  /** How many messages. */
  readonly messages: number;
  /** How many of them on one connection. */
  readonly perConnection: number;
  /** How many clients send at once. */
  readonly clients: number;
}

/** How long clients waited, in milliseconds. */
export interface SmtpWaits {
  /** From opening the connection to the answer to EHLO. */
  readonly connection: number[];
  /** From MAIL to the answer to the message. */
  readonly transaction: number[];
  /** From the end of the message to the answer to it. */
  readonly end: number[];
}

const FROM = "<someone@example.org>";

/**
 * Sends messages until all are accepted.
 *
 * @param port where the MTA listens
 * @param to the recipient
 * @throws if one is not accepted
 */
export async function sendMessages(port: number, to: string, load: SmtpLoad): Promise<SmtpWaits> {
  const waits: SmtpWaits = { connection: [], transaction: [], end: [] };
  let left = load.messages;
  await Promise.all(Array.from({ length: load.clients }, async () => {
    while (left > 0) {
      const count = Math.min(left, load.perConnection);
      left -= count;
      await session(port, to, load.message, count, waits);
    }
  }));
  return waits;
}

async function session(
  port: number,
  to: string,
  message: string,
  count: number,
  waits: SmtpWaits,
): Promise<void> {
  const start = performance.now();
  const client = await openClient(port);
  waits.connection.push(performance.now() - start);
  try {
    for (let i = 0; i < count; i++) {
      const { reply, transaction, end } = await timedMessage(client, to, message);
      accepted(reply);
      waits.transaction.push(transaction);
      waits.end.push(end);
    }
    await client.quit();
  } finally {
    client.destroy();
  }
}

/** Connects as a stranger: filters spare 127.0.0.1, as mail from the host itself. */
export async function openClient(port: number): Promise<SmtpClient> {
  const client = await SmtpClient.connect(port, { localAddress: "127.0.0.2" });
  accepted(client.greeting);
  accepted(await client.ehlo());
  return client;
}

/** Sends commands together where SMTP allows it (RFC 2920), so that the client's own pauses count little. */
async function timedMessage(
  client: SmtpClient,
  to: string,
  message: string,
): Promise<{ readonly reply: SmtpReply; readonly transaction: number; readonly end: number }> {
  const start = performance.now();
  await client.send(`MAIL FROM:${FROM}\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
  for (const command of ["MAIL", "RCPT", "DATA"]) accepted(await client.read(command));
  const ending = performance.now();
  await client.send(`${message}.\r\n`);
  const reply = await client.read("end of message");
  const now = performance.now();
  return { reply, transaction: now - start, end: now - ending };
}

function accepted({ code, lines }: SmtpReply): void {
  if (code >= 400) throw new Error(`the MTA answered: ${lines.join(" ")}`);
}
