/**
 * Messages handed to filters or to a running milter, one by one or several at once.
 *
 * @module
 */

import type { FilterNote } from "../../../lib/filter/report.ts";
import { parseMessage } from "../../../lib/message/parse.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { type DeliveryReport, MailSession, type Sender } from "../../../lib/mta/delivery.ts";
import { type Dial, MtaClient } from "../../../lib/mta/client.ts";
import { type FilterFailure, FilterLog } from "../../../lib/mta/filter_log.ts";
import type { FoundMessage } from "./mailbox.ts";

/** A message, and what became of it. */
export interface CheckedMessage {
  /** What to call it. */
  readonly name: string;
  /** How it went. */
  readonly report: DeliveryReport;
  /** What each filter did, where they are ours. */
  readonly notes: readonly FilterNote[];
  /** Callbacks that failed. */
  readonly failures: readonly FilterFailure[];
}

/** A message that could not be checked. */
export interface UncheckedMessage {
  /** What to call it. */
  readonly name: string;
  /** Why. */
  readonly error: Error;
}

/** Where messages are handed to, and how. */
export interface Target {
  /** Connects to the filters, which tell a log what they do, or to a milter. */
  readonly dial: (log: FilterLog) => Dial | string;
  /** Whether what the filters do is told. */
  readonly inProcess: boolean;
  /** Who hands in. */
  readonly sender: Sender;
  /** Sender and recipients of a message. */
  readonly envelope: (message: ReturnType<typeof parseMessage>) => {
    readonly from: string;
    readonly to: readonly string[];
  };
  /** Macros beside the usual ones. */
  readonly macros: Readonly<Record<string, string>>;
  /** Whose ways to follow. */
  readonly mta: MtaKind;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeout: number;
}

/** Checks one message, over a connection of its own. */
export async function checkMessage(
  found: FoundMessage,
  target: Target,
): Promise<CheckedMessage | UncheckedMessage> {
  const { name, bytes } = found;
  if (bytes === undefined) return { name, error: found.error! };
  const log = new FilterLog();
  try {
    const client = await MtaClient.open(target.dial(log), { timeout: target.timeout });
    const seen = log.begin();
    let report: DeliveryReport;
    try {
      const session = new MailSession(client, target.sender, target.mta, target.macros);
      const message = parseMessage(bytes, target.mta);
      report = await session.deliver({ ...target.envelope(message), message, queueId: "CHECK" });
    } finally {
      client.quit();
      if (target.inProcess) await log.disconnected;
    }
    return { name, report, ...seen };
  } catch (error) {
    return { name, error: log.explain(error) as Error };
  }
}

/**
 * Checks messages, some of them at once; what came of them is given in their order.
 *
 * @param messages the messages
 * @param jobs how many at once
 * @param work checks one
 */
export async function* checkConcurrently<T>(
  messages: AsyncIterable<FoundMessage>,
  jobs: number,
  work: (found: FoundMessage) => Promise<T>,
): AsyncGenerator<T> {
  const running: Promise<T>[] = [];
  for await (const found of messages) {
    running.push(work(found));
    if (running.length >= jobs) yield await running.shift()!;
  }
  for (const last of running) yield await last;
}
