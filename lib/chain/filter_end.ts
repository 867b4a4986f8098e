/**
 * The end of a message for one filter of a chain: replays the content if the filter had to wait for it, calls `eom`,
 * then applies the filter's changes.
 *
 * @module
 */

import type { ContentEditor } from "../filter/content_editor.ts";
import { contentFieldChanges } from "../filter/content_fields.ts";
import type { HeaderField } from "../message/header.ts";
import type { Spool } from "../message/spool.ts";
import { changesHold, checkedAnswer } from "./answer.ts";
import { nameOf } from "./callback_events.ts";
import { abortFilter } from "./cleanup.ts";
import type { ConnectionState } from "./connection_state.ts";
import { ChangeSet, EndOfMessage } from "../filter/end_of_message.ts";
import { EventBit } from "../protocol/events.ts";
import { Failure } from "./failure.ts";
import { type FilterInstance, Out } from "./filter_instance.ts";
import type { MessageState } from "./message_state.ts";
import { note } from "./message_report.ts";
import { keptBody } from "./new_body.ts";
import { reads } from "./plan.ts";
import { describeChanges } from "../filter/report.ts";
import type { ResultList } from "../filter/results.ts";
import { isFinal, type Verdict } from "../filter/verdict.ts";
import { type Given, type MaybePromise, run, type Steps } from "./maybe_promise.ts";
import { effectiveVerdict, leaveMessage } from "./verdict_rules.ts";

/** The changes of a filter that declares none. Shared, as it stays empty. */
const NO_CHANGES = new ChangeSet();

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The end of a message for one filter. */
export class FilterEnd {
  readonly #state: ConnectionState;
  readonly #instance: FilterInstance;
  readonly #message: MessageState;
  readonly #changes: ChangeSet;
  /** What its `eom` reads and edits of the body. */
  #content: ContentEditor | undefined;

  /**
   * @param state the connection of the chain that the filter is in
   * @param instance the filter
   * @param message the message
   */
  constructor(state: ConnectionState, instance: FilterInstance, message: MessageState) {
    this.#state = state;
    this.#instance = instance;
    this.#message = message;
    this.#changes = instance.plan.changes.size > 0 ? new ChangeSet() : NO_CHANGES;
  }

  /**
   * Replays the content to the filter if it had to wait for it, then calls its `eom`.
   *
   * @returns its verdict, if that is final
   */
  run(): MaybePromise<Verdict | undefined> {
    const { results } = this.#message;
    const awaits = this.#instance.plan.filter.scope?.end !== undefined && results?.pending;
    return awaits ? run(this.#awaitResults(results)) : this.#runIfMeant();
  }

  *#awaitResults(results: ResultList): Steps<Verdict | undefined> {
    const ready = results.ready().catch((error) => new Failure(error));
    const waited = (yield this.#instance.wait(ready, this.#state.allowanceAtEnd())) as void | Failure;
    if (waited instanceof Failure) return this.#conclude(waited, undefined);
    if (this.#state.cancelled) return undefined;
    const verdict = this.#runIfMeant();
    return verdict instanceof Promise ? (yield verdict) as Verdict | undefined : verdict;
  }

  /** Continues if the filter applies to messages with these results. */
  #runIfMeant(): MaybePromise<Verdict | undefined> {
    const instance = this.#instance;
    try {
      if (!instance.isForEnd(this.#message)) {
        abortFilter(this.#state, instance, "The message is not one that the filter is for");
        return undefined;
      }
    } catch (error) {
      return this.#conclude(new Failure(error), undefined);
    }
    return instance.live ? this.#ask() : run(this.#replayAndAsk());
  }

  *#replayAndAsk(): Steps<Verdict | undefined> {
    const onContent = yield* this.#replay();
    if (onContent || this.#state.cancelled || this.#instance.out !== Out.NO) return onContent;
    const verdict = this.#ask();
    return verdict instanceof Promise ? (yield verdict) as Verdict | undefined : verdict;
  }

  #ask(): MaybePromise<Verdict | undefined> {
    const instance = this.#instance;
    if (!reads(instance.plan, EventBit.eom)) return undefined;
    const { headers, mta } = this.#message;
    const { plan } = instance;
    if (plan.content && this.#message.lost) return this.#conclude(new Failure(this.#message.lost), undefined);
    const end = new EndOfMessage(
      headers,
      this.#changes,
      plan,
      mta,
      plan.content ? this.#message.content(() => this.#state.cancelled) : undefined,
    );
    this.#content = plan.content ? end.content : undefined;
    const answer = this.#withEdits(instance.call(EventBit.eom, end));
    if (!(answer instanceof Promise)) return this.#settle(end, answer);
    return instance.wait(answer, this.#state.allowanceAtEnd()).then((given) => this.#settle(end, given));
  }

  /** Waits for edits of the content that the callback did not wait for. If one of them fails, the callback has failed. */
  #withEdits(answer: MaybePromise<Given>): MaybePromise<Given> {
    const content = this.#content;
    const complete = (given: Given): MaybePromise<Given> =>
      content?.unfinished?.then(
        () => given,
        (error) => given instanceof Failure ? given : new Failure(error),
      ) ??
        given;
    return answer instanceof Promise ? (content ? answer.then(complete) : answer) : complete(answer);
  }

  #settle(end: EndOfMessage, answer: Given): MaybePromise<Verdict | undefined> {
    end.close();
    const instance = this.#instance;
    const given = checkedAnswer(instance.plan, EventBit.eom, answer);
    // After a successful eom, abort is never called. After a failed one it is, even if nobody waits for the answer.
    if (!(given instanceof Failure)) instance.inMessage = false;
    if (this.#state.cancelled) return this.#leave();
    if (changesHold(given) && !instance.plan.filter.dryRun) {
      const body = this.#changes.body ?? this.#changes.content?.body();
      if (body) return run(this.#settleWithBody(given, body));
    }
    return this.#conclude(given, undefined);
  }

  *#settleWithBody(given: Given, pieces: Pieces): Steps<Verdict | undefined> {
    const { settings } = this.#state;
    const kept = yield* keptBody(pieces, settings.pool, this.#message.mta, () => this.#state.cancelled);
    if (kept instanceof Failure) return this.#conclude(kept, undefined);
    if (this.#state.cancelled) return this.#leave(kept);
    return this.#conclude(given, kept);
  }

  /** Releases a message that nobody waits for any more. */
  #leave(body?: Spool): undefined {
    body?.close();
    this.#content?.close();
  }

  #conclude(given: Given, body: Spool | undefined): Verdict | undefined {
    this.#content?.close();
    const verdict = effectiveVerdict(this.#state, this.#instance, EventBit.eom, given);
    if (isFinal(verdict)) return verdict;
    if (changesHold(given) && !this.#changes.empty) this.#apply(body);
    return undefined;
  }

  /** Shows the filter the whole content, as changed by the filters before it. */
  *#replay(): Steps<Verdict | undefined> {
    const state = this.#state;
    const instance = this.#instance;
    const message = this.#message;
    instance.live = true;
    if (instance.hears(EventBit.header)) {
      let last: HeaderField | undefined;
      for (const field of message.headers) {
        const verdict = yield* this.#showAgain(EventBit.header, field);
        if (verdict) return verdict;
        if (!state.cancelled && instance.hears(EventBit.header)) continue;
        last = field;
        break;
      }
      message.headers.show(last);
    }
    if (!state.cancelled && instance.hears(EventBit.eoh)) {
      const verdict = yield* this.#showAgain(EventBit.eoh, undefined);
      if (verdict) return verdict;
    }
    if (message.lost && instance.hears(EventBit.body)) {
      return this.#settleContent(EventBit.body, new Failure(message.lost));
    }
    const reader = message.body?.read();
    while (reader && !state.cancelled && instance.hears(EventBit.body)) {
      let chunk: Uint8Array | Failure | undefined | Promise<Uint8Array | undefined> = reader.next();
      if (chunk instanceof Promise) {
        chunk = (yield chunk.catch((error) => new Failure(error))) as Uint8Array | Failure | undefined;
      }
      if (chunk === undefined || state.cancelled) break;
      const verdict = chunk instanceof Failure
        ? this.#settleContent(EventBit.body, chunk)
        : yield* this.#showAgain(EventBit.body, chunk);
      if (verdict) return verdict;
    }
    return undefined;
  }

  *#showAgain(event: number, argument: unknown): Steps<Verdict | undefined> {
    const state = this.#state;
    const instance = this.#instance;
    let answer = instance.call(event, argument);
    if (answer instanceof Promise) {
      answer = (yield instance.wait(answer, state.allowance(instance, EventBit.eom))) as Given;
    }
    if (state.cancelled) return undefined;
    return this.#settleContent(event, answer);
  }

  /** Applies an answer to replayed content; returns the verdict, if it is final. */
  #settleContent(event: number, answer: Given): Verdict | undefined {
    const instance = this.#instance;
    const verdict = effectiveVerdict(
      this.#state,
      instance,
      event,
      checkedAnswer(instance.plan, event, answer),
    );
    if (isFinal(verdict)) return verdict;
    leaveMessage(instance, nameOf(event), verdict);
    return undefined;
  }

  #apply(body: Spool | undefined): void {
    const message = this.#message;
    const changes = this.#changes;
    const dryRun = this.#instance.plan.filter.dryRun ?? false;
    if (this.#state.reports) {
      note(this.#state, this.#instance, "eom", { changes: describeChanges(changes, dryRun) });
    }
    if (dryRun) return;
    const ofContent = changes.content ? contentFieldChanges(changes.content.fields, message.headers) : [];
    message.headers.apply([...changes.header, ...ofContent]);
    message.envelope.push(...changes.envelope);
    if (body) message.replaceBody(body);
    message.quarantine = changes.quarantine ?? message.quarantine;
  }
}
