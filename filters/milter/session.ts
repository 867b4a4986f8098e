/**
 * Passes one SMTP connection on to a milter, and handles the milter's failures.
 *
 * A failure before a message does not affect the client: each message tries again with a new connection to the milter. The
 * filter fails on a message only if that fails too.
 *
 * @module
 */

import type { ConnectionContext, MessageContext } from "../../lib/filter/context.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { accept, type Verdict } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { MilterConnectionError } from "../../lib/mta/client.ts";
import { BODY_CHUNK } from "../../lib/protocol/constants.ts";
import type { Offer } from "../../lib/protocol/negotiate.ts";
import { verdictScope } from "../../lib/protocol/verdict_scope.ts";
import type { Conversation, Send } from "./conversation.ts";
import { fitsTerms, FULL_OFFER, type MilterTerms, offerFor, openTerms, sameOffer } from "./terms.ts";
import type { Upstream } from "./upstream.ts";

/** The context of a callback of the connection. */
export type InConnection = ConnectionContext<MilterSession>;
/** The context of a callback of a message. */
export type InMessage = MessageContext<MilterSession, undefined>;

type Reply = Verdict | undefined | Promise<Verdict | undefined>;

/** Errors that a milter can cause, unlike those of a bug here. */
const EXPECTED: ReadonlySet<string> = new Set([
  "AddressError",
  "InvalidChangeError",
  "MilterConnectionError",
  "MilterTermsError",
]);

/** A milter requests events or changes other than those negotiated with the MTA. */
export class MilterTermsError extends Error {
  override readonly name = "MilterTermsError";
  /** Always `terms-changed`. */
  readonly code = "terms-changed";
  /** Where the milter listens. */
  readonly value: string;

  /** @param address where the milter listens */
  constructor(address: string) {
    super(`The milter at ${address} asks for other things than before; the next SMTP connection gets them`);
    this.value = address;
  }
}

/** One SMTP connection, as a milter sees it. */
export class MilterSession {
  readonly #upstream: Upstream;
  /** Whether a failure leaves the milter out for the rest of the connection. */
  readonly #skips: boolean;
  #talk: Conversation | undefined;
  /** Why there is no connection to the milter. */
  #lost: Error | undefined;
  /** Whether the milter is not asked any more, because it failed and is skipped, or accepted this client. */
  #leftOut = false;
  #closed = false;

  /**
   * @param upstream the milter
   * @param skips whether a failure leaves the milter out for the rest of the connection
   */
  constructor(upstream: Upstream, skips: boolean) {
    this.#upstream = upstream;
    this.#skips = skips;
  }

  /**
   * Finds out what the milter asks for.
   *
   * @param offer what the MTA offers
   * @param lazily whether to reuse its last terms, so that clients that it is not asked about cost nothing
   */
  async negotiate(offer: Offer, lazily: boolean): Promise<MilterTerms> {
    const milterOffer = offerFor(offer);
    const { lastTerms } = this.#upstream;
    if (lazily && lastTerms && sameOffer(lastTerms.offer, milterOffer)) {
      return { ...lastTerms, offer: milterOffer };
    }
    try {
      const talk = await this.#upstream.open(milterOffer, false);
      if (this.#closed) this.#upstream.release(talk);
      else this.#talk = talk;
      return talk.terms;
    } catch (error) {
      this.#lost = error as Error;
      return openTerms(milterOffer, lastTerms);
    }
  }

  /** An SMTP client connected. */
  async connect(context: InConnection): Promise<Verdict | undefined> {
    try {
      if (!this.#talk && !this.#lost) this.#talk = await this.#opened(context, false);
      if (!this.#talk) return undefined;
      try {
        return await this.#talk.connect(context);
      } catch (error) {
        if (!this.#talk.used || !isLost(error)) throw error;
      }
      this.#drop();
      this.#talk = await this.#opened(context, true);
      return await this.#talk.connect(context);
    } catch (error) {
      this.#drop(error as Error);
      return undefined;
    }
  }

  /** HELO or EHLO. */
  helo(name: string, context: InConnection): Promise<Verdict | undefined> {
    return this.#sayAside("helo", context, (client) => client.helo(name));
  }

  /** An unknown command. */
  async unknown(command: string, context: InConnection): Promise<Verdict | undefined> {
    if (this.#leftOut) return undefined;
    return await this.#sayAside("unknown", context, (client) => client.unknown(command));
  }

  /** A message begins. */
  async mail(sender: EnvelopeAddress, context: InMessage): Promise<Verdict | undefined> {
    if (this.#leftOut) return accept();
    return await this.#during(context, async () => {
      const send: Send = (client) => client.mail(sender.pathBytes, sender.argBytes);
      try {
        if (this.#talk) return await this.#talk.say("mail", context, send);
      } catch (error) {
        if (!isLost(error)) throw error;
        this.#drop(error as Error);
      }
      const { talk, verdict } = await this.#begin(context);
      if (verdict?.kind === "accept") this.#leftOut = true;
      return verdict ?? await talk.say("mail", context, send);
    });
  }

  /** A recipient. */
  rcpt(recipient: EnvelopeAddress, context: InMessage): Reply {
    return this.#say("rcpt", context, (client) => client.rcpt(recipient.pathBytes, recipient.argBytes));
  }

  /** DATA. */
  data(context: InMessage): Reply {
    return this.#say("data", context, (client) => client.data());
  }

  /** A header field. */
  header(field: HeaderField, context: InMessage): Reply {
    return this.#say("header", context, (client) => client.header(field));
  }

  /** End of header. */
  eoh(context: InMessage): Reply {
    return this.#say("eoh", context, (client) => client.eoh());
  }

  /** A chunk of the body. */
  body(chunk: Uint8Array, context: InMessage): Reply {
    if (chunk.length <= BODY_CHUNK) return this.#say("body", context, (client) => client.body(chunk));
    return this.#bodyInPieces(chunk, context);
  }

  /** End of message. */
  eom(message: EndOfMessage, context: InMessage): Promise<Verdict | undefined> {
    return this.#during(context, () => this.#standing().end(message, context));
  }

  /** The message ended without the milter. */
  abort(): void {
    this.#talk?.abort();
  }

  /** The connection ended. */
  close(): void {
    this.#closed = true;
    if (this.#talk) this.#upstream.release(this.#talk);
    this.#talk = undefined;
  }

  /** Opens a connection to the milter, on the terms that were negotiated with the MTA. */
  async #opened(context: InConnection, anew: boolean): Promise<Conversation> {
    const agreed = context.terms as Partial<MilterTerms>;
    const talk = await this.#upstream.open(agreed.offer ?? FULL_OFFER, anew);
    const late = this.#closed || (context as Partial<InMessage>).signal?.aborted;
    if (!late && (!agreed.offer || fitsTerms(talk.terms, agreed as MilterTerms))) return talk;
    this.#upstream.release(talk);
    if (!late) throw new MilterTermsError(this.#upstream.address);
    throw new MilterConnectionError("timeout", "connection", "The connection to the milter came too late");
  }

  /** Opens a connection within a session, and tells the milter what it missed; returns its verdict if that is final. */
  async #begin(context: InMessage): Promise<{ talk: Conversation; verdict: Verdict | undefined }> {
    const before = this.#lost;
    const talk = this.#talk = await this.#opened(context, true);
    this.#lost = undefined;
    if (before) context.remark(`connected to the milter anew (${before.message})`);
    const { client, helo } = context;
    let verdict = client && await talk.connect(context);
    if (!verdict && helo !== undefined) {
      verdict = await talk.say("helo", context, (client) => client.helo(helo));
    }
    return {
      talk,
      verdict: verdict && verdictScope("connect", verdict.kind) === "connection" ? verdict : undefined,
    };
  }

  /** Passes an event of a message on to the milter; without waiting if it does not answer. */
  #say(event: VerdictEvent, context: InMessage, send: Send): Reply {
    const talk = this.#talk;
    if (!talk || talk.client.closed || talk.client.expectsAnswer(event)) {
      return this.#during(context, () => this.#standing().say(event, context, send));
    }
    const drained = talk.tell(event, context, send);
    return drained && this.#during(context, () => drained as Promise<undefined>);
  }

  /** Passes on an event outside a message. If that fails during a message, the next event of the message fails. */
  async #sayAside(event: VerdictEvent, context: InConnection, send: Send): Promise<Verdict | undefined> {
    try {
      return await this.#talk?.say(event, context, send);
    } catch (error) {
      this.#drop(error as Error);
      return undefined;
    }
  }

  async #bodyInPieces(chunk: Uint8Array, context: InMessage): Promise<Verdict | undefined> {
    for (let at = 0; at < chunk.length; at += BODY_CHUNK) {
      const verdict = await this.body(chunk.subarray(at, at + BODY_CHUNK), context);
      if (verdict) return verdict;
    }
    return undefined;
  }

  #standing(): Conversation {
    if (this.#talk) return this.#talk;
    throw this.#lost ??
      new MilterConnectionError("connection-lost", "message", "The milter is not connected");
  }

  /** Runs work on a message. When its time is up, the connection that it waits for is closed. */
  async #during<T>(context: InMessage, work: () => Promise<T>): Promise<T> {
    const { signal } = context;
    const fail = (error: Error) => {
      // A stack trace explains nothing about a failed milter.
      if (EXPECTED.has(error.name)) error.stack = `${error.name}: ${error.message}`;
      this.#drop(error);
      if (this.#skips) this.#leftOut = true;
    };
    const stop = () =>
      fail(new MilterConnectionError("timeout", "message", "The milter did not answer in time"));
    signal.addEventListener("abort", stop);
    try {
      return await work();
    } catch (error) {
      // After an abort from outside, a connection that exists by then belongs to the next message.
      if (!signal.aborted) fail(error as Error);
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Closes a connection that is of no more use. */
  #drop(error?: Error): void {
    const talk = this.#talk;
    this.#talk = undefined;
    this.#lost = error;
    talk?.client.destroy();
    if (talk?.used && !talk.answered && error && !isLost(error)) this.#upstream.stopReuse();
  }
}

function isLost(error: unknown): boolean {
  return error instanceof MilterConnectionError && error.code === "connection-lost";
}
