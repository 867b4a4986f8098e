/**
 * An SMTP client that sends messages and retries each as long as it is temporarily rejected.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../tests/support/random.ts";
import { SmtpClient } from "../../tests/support/smtp_client.ts";

/** A message to send. */
export interface Mail {
  readonly id: string;
  readonly content: Uint8Array;
  /** Whether it is too large and must be refused. */
  readonly tooLarge: boolean;
}

/** The outcome of a message, as its client sees it. */
export interface Ending {
  /** `deferred`: temporarily rejected to the last try. */
  readonly outcome: "accepted" | "refused" | "deferred";
  /** How often it was temporarily rejected or the connection broke. */
  readonly tries: number;
  /** The last answer. */
  readonly last: string;
  /** Whether an answer to the whole message was lost, so that nobody can know whether it was accepted. */
  readonly uncertain: boolean;
}

/** Longest wait for an answer, in milliseconds; RFC 5321 has minutes. */
const TIMEOUT = 60_000;
const MOST_TRIES = 300;
/** Between two tries, at most, in milliseconds. */
const PAUSE = 400;

/**
 * Sends a message until it is accepted, refused, or was temporarily rejected too often.
 *
 * @param port the MTA's
 * @param mail the message
 * @param random where the pauses come from
 */
export async function deliver(port: number, mail: Mail, random: Random): Promise<Ending> {
  let [uncertain, last] = [false, ""];
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const { code, text, atEnd } = await tryOnce(port, mail);
    last = `${code} ${text}`;
    if (code >= 200 && code < 300) return { outcome: "accepted", tries, last, uncertain };
    if (code >= 500) return { outcome: "refused", tries, last, uncertain };
    if (code === 0 && atEnd) uncertain = true;
    await sleep(random.below(PAUSE));
  }
  return { outcome: "deferred", tries: MOST_TRIES, last, uncertain };
}

/** Code 0: the connection broke; `atEnd`: when only the last answer was missing. */
async function tryOnce(port: number, mail: Mail): Promise<{ code: number; text: string; atEnd: boolean }> {
  let client: SmtpClient | undefined;
  let atEnd = false;
  try {
    client = await SmtpClient.connect(port, { timeoutMs: TIMEOUT });
    const steps = [
      () => client!.ehlo(),
      () => client!.mail(`${mail.id}@example.org`),
      () => client!.rcpt(`${mail.id}@example.test`),
      () => {
        atEnd = true;
        return client!.data(mail.content);
      },
    ];
    let reply = client.greeting;
    for (const step of steps) {
      if (reply.code >= 400) break;
      reply = await step();
    }
    if (reply.code !== 421) await client.quit().catch(() => {});
    return { code: reply.code, text: reply.text, atEnd };
  } catch (error) {
    return { code: 0, text: (error as Error).message, atEnd };
  } finally {
    client?.destroy();
  }
}
