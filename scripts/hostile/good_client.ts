/**
 * The good client that sends mail while hostile peers attack: an MTA with one connection per message.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Histogram } from "../../cli/commands/bench/histogram.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { toBytes } from "../../lib/protocol/text.ts";

/** What became of its messages. */
export interface GoodMail {
  readonly sent: number;
  /** Those that did not get through, by the reason. */
  readonly failures: ReadonlyMap<string, number>;
  /** From connecting to the answer, in milliseconds, of those that did. */
  readonly times: Histogram;
}

/** Longest wait for one answer, in milliseconds; MTAs have 30 s. */
const TIMEOUT = 5000;
/** Between two messages of one of those that send, in milliseconds. */
const PAUSE = 20;
const SENDERS = 4;
const MESSAGE = toBytes(
  "From: a@example.org\r\nTo: b@example.test\r\nSubject: good mail\r\nDate: Mon, 6 Oct 2025 10:00:00 +0000\r\n\r\n" +
    "This is what all of it is for.\r\n".repeat(50),
);

/**
 * Sends mail for some time.
 *
 * @param address the filter
 * @param seconds how long
 */
export async function sendGoodMail(address: string, seconds: number): Promise<GoodMail> {
  const failures = new Map<string, number>();
  const times = new Histogram();
  const until = performance.now() + seconds * 1000;
  let sent = 0;
  const send = async () => {
    while (performance.now() < until) {
      sent++;
      const began = performance.now();
      const failure = await trySend(address);
      if (failure === undefined) times.add(performance.now() - began);
      else failures.set(failure, (failures.get(failure) ?? 0) + 1);
      await sleep(PAUSE);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  return { sent, failures, times };
}

/** Sends one message; why it did not get through, if it did not. */
export async function trySend(address: string): Promise<string | undefined> {
  let client: MtaClient | undefined;
  try {
    client = await MtaClient.open(address, { timeout: TIMEOUT });
    await client.connect({ hostname: "good.example", family: "inet", port: 25, address: "192.0.2.1" });
    await client.helo("good.example");
    const { event, answer } = await client.message(MESSAGE, {
      from: "a@example.org",
      to: ["b@example.test"],
      macros: { mail: { i: "4cXyz12345" } },
    });
    client.quit();
    return answer.verdict === "continue" || answer.verdict === "accept"
      ? undefined
      : `${event} ${answer.verdict}`;
  } catch (error) {
    client?.destroy();
    return (error as { code?: string }).code ?? (error as Error).message;
  }
}
