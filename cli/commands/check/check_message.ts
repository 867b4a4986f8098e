/**
 * Hands messages to filters or to a running milter, one by one or concurrently.
 *
 * @module
 */

import type { FilterNote } from "../../../lib/filter/report.ts";
import type { FilterLogLine } from "../../../lib/kit/kit.ts";
import { parseMessage } from "../../../lib/message/parse.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { type DeliveryReport, MailSession, type Sender } from "../../../lib/mta/delivery.ts";
import { type Dial, MtaClient } from "../../../lib/mta/client.ts";
import { type FilterFailure, FilterLog } from "../../../lib/mta/filter_log.ts";
import type { FoundMessage } from "./mailbox.ts";

/** A message that was checked. */
export interface CheckedMessage {
  /** Its name in reports: the file, with the message's number if the file is an mbox. */
  readonly name: string;
  /** What happened to it. */
  readonly report: DeliveryReport;
  /** What each filter did; empty for a running milter. */
  readonly notes: readonly FilterNote[];
  /** Callbacks that failed. */
  readonly failures: readonly FilterFailure[];
  /** What filters wrote to the log at events; empty for a running milter. */
  readonly logs: readonly FilterLogLine[];
}

/** A message that could not be checked. */
export interface UncheckedMessage {
  /** Its name in reports. */
  readonly name: string;
  /** Why it could not be checked. */
  readonly error: Error;
}

/** What gets the messages, and how they are handed in. */
export interface Target {
  /** Connects to the filters, which record in the log what they do, or gives the address of a milter. */
  readonly dial: (log: FilterLog) => Dial | string;
  /** Whether the filters run in this process, and so record what they do. */
  readonly inProcess: boolean;
  /** The SMTP client. */
  readonly sender: Sender;
  /** Returns the sender and recipients for a message. */
  readonly envelope: (message: ReturnType<typeof parseMessage>) => {
    readonly from: string;
    readonly to: readonly string[];
  };
  /** Macros in addition to the usual ones, or in their place. */
  readonly macros: Readonly<Record<string, string>>;
  /** The MTA to imitate. */
  readonly mta: MtaKind;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeout: number;
}

/**
 * Checks one message, over a connection of its own.
 *
 * @param found the message
 * @param target what gets it
 */
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
 * Checks messages concurrently, and yields the results in the order of the messages.
 *
 * @param messages the messages
 * @param jobs how many to check at a time
 * @param work checks one message
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
