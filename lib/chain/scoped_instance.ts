/**
 * One filter on one connection, with a scope that limits it to some connections, messages or recipients.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import { checkedAnswer } from "./answer.ts";
import { CONNECTION_EVENTS, EventBit } from "../protocol/events.ts";
import { REJECTED_RCPT } from "./callback_events.ts";
import { Failure } from "./failure.ts";
import { FilterInstance, Out } from "./filter_instance.ts";
import type { EndingMessage, MessageInfo } from "./participant_info.ts";
import { verdictScope } from "../protocol/verdict_scope.ts";
import { EARLY_METHODS, type MessageResults, ResultList } from "../filter/results.ts";
import type { ConditionFacts, Scope, ScopedMessage, ScopeQuestion } from "../filter/scope.ts";
import { accept, type Verdict } from "../filter/verdict.ts";
import type { Given, MaybePromise } from "./maybe_promise.ts";

/** The results of a message without results. Shared, since a scope cannot add to it. */
const NO_RESULTS: MessageResults = new ResultList();
/** What is known at the beginning of a connection. */
const NO_FACTS: ConditionFacts = {
  client: undefined,
  listener: undefined,
  sender: undefined,
  macro: () => undefined,
  recipients: [],
  results: undefined,
  headers: undefined,
};

/** A filter with a scope. If its scope throws, the filter fails. */
export class ScopedInstance extends FilterInstance {
  #connectionAsked = false;
  /** Its answer about the sender, if it refused: the answer for each recipient in its scope. */
  #refusal: Verdict | undefined;
  /** The last message that it was told of. */
  #heard: MessageInfo | undefined;
  /** The message whose sender it was asked about last; undefined once that message is over for it. */
  #current: MessageInfo | undefined;

  override ask(event: number, argument: unknown, message: MessageInfo | undefined): MaybePromise<Given> {
    if (this.out === Out.CONNECTION) return undefined;
    try {
      if (!this.#isForConnection()) {
        // State held since negotiation is released at once, as for a filter that accepts the connection.
        return this.hasState && event & CONNECTION_EVENTS ? accept() : this.leaveOut();
      }
      if (event === EventBit.mail) return this.#askSender(argument as EnvelopeAddress, message!);
      if (event === EventBit.rcpt || event === REJECTED_RCPT) {
        return this.#askRecipient(event, argument as EnvelopeAddress, message!);
      }
    } catch (error) {
      return new Failure(error);
    }
    return super.ask(event, argument, message);
  }

  override isForEnd(message: EndingMessage): boolean {
    if (!this.#scope.end) return true;
    const { recipients, headers } = message;
    const results = message.results ?? NO_RESULTS;
    const ended = { ...this.#scopedMessage(message.sender), recipients, headers };
    const isFor = this.#scope.end(results, ended);
    if (!isFor) this.#leaves("end", { ...ended, results });
    return isFor;
  }

  override endMessage(): void {
    this.#current = undefined;
    super.endMessage();
  }

  override abort(reason: string): (() => unknown) | undefined {
    this.#current = undefined;
    return super.abort(reason);
  }

  /** Skips the close callback for a connection outside its scope that it was not told of. */
  override close(): (() => unknown) | undefined {
    try {
      if (!this.hasState && !this.#isForConnection()) this.leaveOut();
    } catch {
      // If the scope fails, the filter is closed like one without a scope.
    }
    return super.close();
  }

  get #scope(): Scope {
    return this.plan.filter.scope!;
  }

  #isForConnection(): boolean {
    if (this.#connectionAsked) return true;
    this.#connectionAsked = true;
    const { client, host: { listener } } = this.info;
    const isFor = this.#scope.connection?.({ client, listener }) ?? true;
    if (!isFor) this.#leaves("connection", { client, listener });
    return isFor;
  }

  /** Reports what the filter does not apply to, if that is wanted. */
  #leaves(of: ScopeQuestion, known: Partial<ConditionFacts>): void {
    const { onLeftOut } = this.info.host;
    if (!onLeftOut) return;
    const reason = this.#scope.reason?.(of, { ...NO_FACTS, ...known }) ?? "its own scope";
    const recipient = of === "recipient" ? known.recipients?.[0]?.address : undefined;
    onLeftOut({ filter: this.name, of, reason, ...(recipient === undefined ? {} : { recipient }) });
  }

  #askSender(sender: EnvelopeAddress, message: MessageInfo): MaybePromise<Given> {
    if (this.out !== Out.NO) return undefined;
    this.#refusal = undefined;
    this.#current = message;
    if (!(this.#scope.message?.(this.#scopedMessage(sender)) ?? true)) {
      this.out = Out.MESSAGE;
      this.#leaves("message", this.#scopedMessage(sender));
    } else if (this.#scope.recipient) {
      this.out = Out.RECIPIENT;
    }
    return super.ask(EventBit.mail, sender, message);
  }

  #scopedMessage(sender: EnvelopeAddress | undefined): ScopedMessage {
    const { client, helo, host } = this.info;
    // All macros, not only those that the filter sees, which may lack the login.
    return { client, listener: host.listener, sender, helo, macro: (name) => host.macro(name) };
  }

  #askRecipient(event: number, recipient: EnvelopeAddress, message: MessageInfo): MaybePromise<Given> {
    if (this.out !== Out.NO && this.out !== Out.RECIPIENT) return undefined;
    const { results } = message;
    if (!this.#needsResults() || !results?.pending) return this.#askInScope(event, recipient, message);
    const { out } = this;
    return results.ready()
      .then(() => {
        // Nobody waits for the answer any more, or the message is over for it.
        if (this.info.cancelled || this.out !== out || this.#current !== message) return undefined;
        return this.#askInScope(event, recipient, message);
      })
      .catch((error) => new Failure(error));
  }

  /** Whether its condition on recipients asks for results. */
  #needsResults(): boolean {
    const { recipient, methods } = this.#scope;
    return recipient !== undefined && methods?.some((method) => EARLY_METHODS.includes(method)) === true;
  }

  #askInScope(event: number, recipient: EnvelopeAddress, message: MessageInfo): MaybePromise<Given> {
    if (this.#scope.recipient) {
      const results = message.results ?? NO_RESULTS;
      const scoped = this.#scopedMessage(message.sender);
      if (!this.#scope.recipient(recipient, results, scoped)) {
        this.#leaves("recipient", { ...scoped, recipients: [recipient], results });
        return undefined;
      }
    }
    if (this.out === Out.NO) return super.ask(event, recipient, message);
    if (event === REJECTED_RCPT) return undefined;
    if (this.#refusal) return this.#refusal;
    this.out = Out.NO;
    this.#heard = message;
    const answer = super.ask(EventBit.mail, message.sender, message);
    return answer instanceof Promise
      ? answer.then((given) =>
        // If nobody waits for the answer any more, it has no effect.
        this.info.cancelled ? undefined : this.#senderAnswered(given, recipient, message)
      )
      : this.#senderAnswered(answer, recipient, message);
  }

  /** Continues with the recipient if the filter did not refuse the sender. */
  #senderAnswered(
    answer: Given,
    recipient: EnvelopeAddress,
    message: MessageInfo,
  ): MaybePromise<Given> {
    // It timed out, and its abort callback was called.
    if (!this.inMessage || this.#heard !== message) return undefined;
    const given = checkedAnswer(this.plan, EventBit.mail, answer);
    if (given instanceof Failure) return given;
    if (!given || given.kind === "continue") return super.ask(EventBit.rcpt, recipient, message);
    if (verdictScope("rcpt", given.kind) === "recipient") {
      this.#refusal = given;
      this.out = Out.RECIPIENT;
    }
    return given;
  }
}
