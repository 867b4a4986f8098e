/**
 * Hands messages to filters or to a running milter, one by one or concurrently.
 *
 * @module
 */

import { type ParsedMessage, parseMessage } from "../../../lib/message/parse.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { type DeliveryReport, MailSession } from "../../../lib/mta/delivery.ts";
import { type Dial, MtaClient } from "../../../lib/mta/client.ts";
import { FilterLog, type MessageLog } from "../../../lib/mta/filter_log.ts";
import type { FoundMessage } from "./mailbox.ts";
import type { Session } from "./session.ts";

/** What filters in this process did and said; all of it empty for a running milter. */
type FilterRecord = { readonly [K in keyof MessageLog]: readonly MessageLog[K][number][] };

/** A message that was checked. */
export interface CheckedMessage extends FilterRecord {
  /** Its name in reports: the file, with the message's number if the file is an mbox. */
  readonly name: string;
  /** What happened to it. */
  readonly report: DeliveryReport;
  /** The filters that it was checked with, in order; empty for a running milter. */
  readonly members: readonly ChainMember[];
  /** Where these filters are from, such as `milterkit.toml at inet:8895@localhost`; undefined for a command line. */
  readonly place?: string | undefined;
}

/** A filter of a chain. */
export interface ChainMember {
  /** Its name, which no other filter of the chain has. */
  readonly name: string;
  /** The name that it was given, without the number that tells it from others of that name. */
  readonly givenName: string;
  /** Whether its verdicts and changes are only logged. */
  readonly dryRun?: boolean;
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
  /** The filters, in order. */
  readonly members: readonly ChainMember[];
  /** Where the filters are from; undefined for a command line. */
  readonly place?: string | undefined;
  /** Says who hands a message in. */
  readonly session: (message: ParsedMessage) => Session;
  /** Returns the sender and recipients for a message. */
  readonly envelope: (message: ParsedMessage) => {
    readonly from: string;
    readonly to: readonly string[];
  };
  /** Runs the check of one message so that it leaves nothing behind for the next. @default they share what filters keep */
  readonly alone?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined;
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
  return await (target.alone?.(() => checkNow(found, target)) ?? checkNow(found, target));
}

async function checkNow(found: FoundMessage, target: Target): Promise<CheckedMessage | UncheckedMessage> {
  const { name, bytes } = found;
  const { members, place } = target;
  if (bytes === undefined) return { name, error: found.error! };
  const log = new FilterLog();
  try {
    const client = await MtaClient.open(target.dial(log), { timeout: target.timeout });
    const seen = log.begin();
    let report: DeliveryReport;
    try {
      const parsed = parseMessage(bytes, target.mta);
      const { sender, macros, message } = target.session(parsed);
      const session = new MailSession(client, sender, target.mta, macros);
      report = await session.deliver({ ...target.envelope(parsed), message, queueId: "CHECK" });
    } finally {
      client.quit();
      if (target.inProcess) await log.disconnected;
    }
    return { name, report, members, place, ...seen };
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
