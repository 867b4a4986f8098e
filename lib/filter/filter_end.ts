/**
 * The end of a message for one filter of a chain: the content, where it had to wait for that, then `eom`, then what
 * follows from its changes.
 *
 * @module
 */

import { newBody } from "../message/body.ts";
import type { HeaderField } from "../message/header.ts";
import type { MtaKind } from "../message/mta.ts";
import type { Spool, SpoolPool } from "../message/spool.ts";
import { changesHold, checkedAnswer } from "./answer.ts";
import type { ChainSettings } from "./chain_host.ts";
import { ChangeSet, EndOfMessage } from "./end_of_message.ts";
import { EventBit } from "./event_bits.ts";
import type { Answer } from "./filter.ts";
import { Failure, type Link, Out } from "./link.ts";
import type { MessageState } from "./message_state.ts";
import { reads } from "./plan.ts";
import { describeChanges, type FilterNote } from "./report.ts";
import { isFinal, type Verdict } from "./verdict.ts";
import { type Given, guard, isPromise, type MaybePromise, run, type Steps } from "./waiting.ts";

/** What the end of a message needs of its chain. */
export interface MessageChain {
  /** What the connections of the chain share. */
  readonly settings: ChainSettings;
  /** Nobody waits for answers any more. */
  readonly cancelled: boolean;
  /** Whether anybody wants to be told of what the filters do. */
  readonly reports: boolean;
  /** How long all filters together may still take, in milliseconds. */
  readonly remaining: number;
  /** How long a callback may take, in milliseconds. */
  allowance(link: Link): number;
  /** An answer as a verdict that counts. */
  judge(link: Link, event: number, answer: Given): Verdict;
  /** Notes what a filter said or did. */
  note(link: Link, event: number, note: Omit<FilterNote, "filter" | "event">): void;
}

/**
 * Ends the message for a filter.
 *
 * @returns its verdict, where that is final
 */
export function endForFilter(
  chain: MessageChain,
  link: Link,
  message: MessageState,
): MaybePromise<Verdict | undefined> {
  return link.live ? askAtEnd(chain, link, message) : run(replayAndAsk(chain, link, message));
}

function* replayAndAsk(
  chain: MessageChain,
  link: Link,
  message: MessageState,
): Steps<Verdict | undefined> {
  const onContent = yield* replay(chain, link, message);
  if (onContent || chain.cancelled || link.out !== Out.NO) return onContent;
  const verdict = askAtEnd(chain, link, message);
  return verdict instanceof Promise ? (yield verdict) as Verdict | undefined : verdict;
}

function askAtEnd(
  chain: MessageChain,
  link: Link,
  message: MessageState,
): MaybePromise<Verdict | undefined> {
  if (!reads(link.plan, EventBit.eom)) return undefined;
  const changes = new ChangeSet();
  const end = new EndOfMessage(message.headers, changes, link.plan, message.mta);
  const answer = link.call(EventBit.eom, end);
  if (!isPromise(answer)) return settleEnd(chain, link, message, end, changes, answer as Given);
  return guard(answer, chain.remaining).then((given) => settleEnd(chain, link, message, end, changes, given));
}

function settleEnd(
  chain: MessageChain,
  link: Link,
  message: MessageState,
  end: EndOfMessage,
  changes: ChangeSet,
  answer: Given,
): MaybePromise<Verdict | undefined> {
  end.close();
  if (chain.cancelled) {
    link.endMessage();
    return undefined;
  }
  const given = checkedAnswer(link.plan, EventBit.eom, answer);
  if (changes.body && changesHold(given) && !link.plan.filter.dryRun) {
    return run(settleWithBody(chain, link, message, changes, given, changes.body));
  }
  return settleChanges(chain, link, message, changes, given, undefined);
}

function* settleWithBody(
  chain: MessageChain,
  link: Link,
  message: MessageState,
  changes: ChangeSet,
  given: Given,
  pieces: readonly Uint8Array[],
): Steps<Verdict | undefined> {
  const kept = yield* keepNewBody(chain.settings.pool, pieces, message.mta);
  if (kept instanceof Failure) return settleChanges(chain, link, message, changes, kept, undefined);
  return settleChanges(chain, link, message, changes, given, kept);
}

function settleChanges(
  chain: MessageChain,
  link: Link,
  message: MessageState,
  changes: ChangeSet,
  given: Given,
  body: Spool | undefined,
): Verdict | undefined {
  const verdict = chain.judge(link, EventBit.eom, given);
  if (isFinal(verdict)) return verdict;
  if (changesHold(given) && !changes.empty) apply(chain, link, message, changes, body);
  return undefined;
}

/** Shows a filter the whole content as those before it left it. */
function* replay(
  chain: MessageChain,
  link: Link,
  message: MessageState,
): Steps<Verdict | undefined> {
  link.live = true;
  if (link.hears(EventBit.header)) {
    let last: HeaderField | undefined;
    for (const field of message.headers) {
      const verdict = yield* showAgain(chain, link, EventBit.header, field);
      if (verdict) return verdict;
      if (!chain.cancelled && link.hears(EventBit.header)) continue;
      last = field;
      break;
    }
    message.headers.show(last);
  }
  if (!chain.cancelled && link.hears(EventBit.eoh)) {
    const verdict = yield* showAgain(chain, link, EventBit.eoh, undefined);
    if (verdict) return verdict;
  }
  if (message.lost && link.wantsBody) {
    return settleContent(chain, link, EventBit.body, new Failure(message.lost));
  }
  const reader = message.body?.read();
  while (reader && !chain.cancelled && link.hears(EventBit.body)) {
    let chunk: Uint8Array | Failure | undefined | Promise<Uint8Array | undefined> = reader.next();
    if (chunk instanceof Promise) {
      chunk = (yield chunk.catch((error) => new Failure(error))) as Uint8Array | Failure | undefined;
    }
    if (chunk === undefined || chain.cancelled) break;
    const verdict = chunk instanceof Failure
      ? settleContent(chain, link, EventBit.body, chunk)
      : yield* showAgain(chain, link, EventBit.body, chunk);
    if (verdict) return verdict;
  }
  return undefined;
}

function* showAgain(
  chain: MessageChain,
  link: Link,
  event: number,
  argument: unknown,
): Steps<Verdict | undefined> {
  let answer: Given | Answer = link.call(event, argument);
  if (isPromise(answer)) answer = (yield guard(answer, chain.allowance(link))) as Given;
  if (chain.cancelled) return undefined;
  return settleContent(chain, link, event, answer as Given);
}

/** What follows from an answer to content that was shown again; the verdict, if it is final. */
function settleContent(
  chain: MessageChain,
  link: Link,
  event: number,
  answer: Given,
): Verdict | undefined {
  const verdict = chain.judge(link, event, checkedAnswer(link.plan, event, answer));
  if (verdict.kind === "skip") link.bodyDone = true;
  if (verdict.kind === "accept") link.out = Out.MESSAGE;
  return isFinal(verdict) ? verdict : undefined;
}

function* keepNewBody(
  pool: SpoolPool,
  pieces: readonly Uint8Array[],
  mta: MtaKind,
): Steps<Spool | Failure> {
  const spool = pool.create();
  for (const chunk of newBody(pieces, mta)) {
    const kept = spool.push(chunk)?.catch((error) => new Failure(error));
    const failure = kept && (yield kept);
    if (!(failure instanceof Failure)) continue;
    spool.close();
    return failure;
  }
  return spool;
}

function apply(
  chain: MessageChain,
  link: Link,
  message: MessageState,
  changes: ChangeSet,
  body: Spool | undefined,
): void {
  if (chain.reports) {
    chain.note(link, EventBit.eom, { changes: describeChanges(changes, link.plan.filter.dryRun ?? false) });
  }
  if (link.plan.filter.dryRun) return;
  message.headers.apply(changes.header);
  message.envelope.push(...changes.envelope);
  if (body) message.replaceBody(body);
  message.quarantine = changes.quarantine ?? message.quarantine;
}
