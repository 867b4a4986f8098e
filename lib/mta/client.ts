/**
 * The MTA side of a connection to a filter, for tests and tools: sends the events of a session and returns the answers.
 *
 * @module
 */

import { commands } from "../protocol/codec.ts";
import { type EventName, ProtocolFlag } from "../protocol/constants.ts";
import {
  type ConnectInfo,
  type FilterReply,
  type Modification,
  MtaSession,
  type NegotiatedTerms,
} from "../protocol/mta_session.ts";
import type { Offer } from "../protocol/negotiate.ts";
import { toBytes } from "../protocol/text.ts";
import { Settings } from "../options/settings.ts";
import type { HeaderField } from "../message/header.ts";
import type { ParsedMessage } from "../message/parse.ts";
import { type Address, parseAddress } from "../net/address.ts";
import { DialTimeoutError, dialWithTimeout } from "../net/dial_with_timeout.ts";
import { connect } from "../net/listen.ts";
import type { Accept, Connection, Dial } from "../net/transport.ts";
import type { ClientAnswer } from "./client_answer.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { type Envelope, type MessageAnswer, sendMessage, type Step } from "./send_message.ts";

/** The connection to a filter broke, or the filter broke the protocol. */
export class MilterConnectionError extends Error {
  override readonly name = "MilterConnectionError";
  /**
   * `connection-lost`: the connection ended early. `timeout`: no answer in time. `protocol`: the filter violated the
   * protocol. `refused`: the filter did not negotiate, since the connection is part of a loop.
   */
  readonly code: "connection-lost" | "timeout" | "protocol" | "refused";
  /** What the client was waiting for. */
  readonly value: string;

  /**
   * @param code what happened
   * @param value what the client was waiting for
   * @param message one line that says so
   */
  constructor(code: MilterConnectionError["code"], value: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.value = value;
  }
}

export type { Dial };

/** Settings of a client. */
export interface MtaClientOptions {
  /** What to offer in negotiation. @default version 6 with everything */
  readonly offer?: Partial<Offer>;
  /**
   * The longest wait for the connection and for each answer, in milliseconds. Then the connection is closed.
   * @default 30000
   */
  readonly timeout?: number;
  /** The same at end of message, where every progress notice and change restarts it. @default `timeout` */
  readonly endTimeout?: number;
  /**
   * Whether to accept skip as an answer to any event. It is meant only for the body, but MTAs accept it elsewhere too.
   * @default false
   */
  readonly skipsAnywhere?: boolean;
  /** The clock for timeouts. @default the system's clock */
  readonly clock?: Clock;
}

// Records, so that the compiler reports a missing one.
const CLIENT_OPTIONS = {
  offer: true,
  timeout: true,
  endTimeout: true,
  skipsAnywhere: true,
  clock: true,
} satisfies Record<keyof MtaClientOptions, true>;
const OFFER = { version: true, actions: true, protocol: true, hops: true } satisfies Record<
  keyof Offer,
  true
>;

/** With more unsent bytes than this, the sender of content should wait. */
const MAX_QUEUED = 256 * 1024;

const NOTHING: ClientAnswer = { verdict: "continue", modifications: [] };

/**
 * One connection to a filter, from the MTA's side.
 *
 * Every event method sends its event, unless the filter declined it, and resolves with the answer, immediately if none
 * is due. Send one event at a time.
 */
export class MtaClient {
  /** The clock for timeouts. */
  readonly clock: Clock;
  readonly #session: MtaSession;
  readonly #timeout: number;
  readonly #endTimeout: number;
  #connection!: Connection;
  #drained: (() => void) | undefined;
  #waiting: { resolve: (reply: FilterReply) => void; reject: (error: Error) => void } | undefined;
  #closed: Error | undefined;

  private constructor(options: MtaClientOptions) {
    const settings = new Settings("MtaClient", options, CLIENT_OPTIONS);
    settings.group("offer", OFFER);
    for (const name of ["timeout", "endTimeout"]) settings.isNumber(name, 1, "milliseconds");
    settings.isType("skipsAnywhere", "boolean");
    settings.isClock("clock");
    this.#session = new MtaSession(options.offer, options.skipsAnywhere);
    this.clock = options.clock ?? systemClock;
    this.#timeout = options.timeout ?? 30_000;
    this.#endTimeout = options.endTimeout ?? this.#timeout;
  }

  /**
   * Connects to a filter and negotiates.
   *
   * @param address the filter's address, or a function that connects
   * @param options what to offer, and how long to wait
   * @throws {InvalidSettingError} for an unknown option or an invalid time
   * @throws {AddressError} if nothing listens there
   * @throws {MilterConnectionError} if it is not a filter, or too slow
   */
  static async open(address: Address | string | Dial, options: MtaClientOptions = {}): Promise<MtaClient> {
    const client = new MtaClient(options);
    const target = typeof address === "string" ? parseAddress(address) : address;
    const accept: Accept = () => ({
      data: (bytes) => {
        client.#session.receive(bytes);
        client.#pump();
      },
      drain: () => client.#drained?.(),
      closed: (error) => client.#lose(error),
    });
    client.#connection = await open(target, accept, client.#timeout, client.clock);
    client.#session.negotiate(options.offer?.hops);
    const answer = await client.#reply();
    if (answer.type !== "answer") return client;
    client.destroy();
    throw new MilterConnectionError("refused", "negotiate", answer.answer.reply?.lines.join(" ") ?? "");
  }

  /** Whether the connection is open and no answer is pending. */
  get idle(): boolean {
    return !this.#closed && this.#session.awaiting === undefined && this.#session.unread === 0;
  }

  /** Whether the connection was closed by either side. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** The filter's last SMTP reply, as received. */
  get encodedReply(): Uint8Array | undefined {
    return this.#session.encodedReply;
  }

  /**
   * If the filter does not read fast enough, a promise that settles once everything has been sent or the connection is lost.
   * For events without answers, which nothing else slows down.
   */
  drained(): Promise<void> | undefined {
    if (this.#closed || this.#connection.queued <= MAX_QUEUED) return undefined;
    return new Promise((resolve) => {
      this.#drained = () => {
        this.#drained = undefined;
        resolve();
      };
    });
  }

  /** What the filter negotiated. */
  get terms(): NegotiatedTerms {
    return this.#session.terms!;
  }

  /**
   * Sends macros, before the event that they belong to.
   *
   * @param event the event
   * @param macros values by name, with or without braces; or the bytes of name, value, name, value and so on, as they are
   */
  macros(event: EventName, macros: Readonly<Record<string, string>> | readonly Uint8Array[]): void {
    this.#session.macros(event, macros);
  }

  /** CONNECT. */
  connect(info: ConnectInfo): Promise<ClientAnswer> {
    return this.#answer(this.#session.connect(info));
  }

  /** HELO. */
  helo(name: string): Promise<ClientAnswer> {
    return this.#answer(this.#session.send("helo", commands.helo, { name: toBytes(name) }));
  }

  /** MAIL. */
  mail(address: string | Uint8Array, args: readonly (string | Uint8Array)[] = []): Promise<ClientAnswer> {
    return this.#answer(this.#session.address("mail", bracketed(address), args));
  }

  /** RCPT. */
  rcpt(address: string | Uint8Array, args: readonly (string | Uint8Array)[] = []): Promise<ClientAnswer> {
    return this.#answer(this.#session.address("rcpt", bracketed(address), args));
  }

  /** DATA. */
  data(): Promise<ClientAnswer> {
    return this.#answer(this.#session.send("data", commands.data, {}));
  }

  /** One header field. */
  header(field: HeaderField): Promise<ClientAnswer> {
    const verbatim = (this.terms.protocol & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
    return this.#answer(
      this.#session.header(field.nameBytes, verbatim ? field.rawValueBytes : field.valueBytes),
    );
  }

  /** End of header. */
  eoh(): Promise<ClientAnswer> {
    return this.#answer(this.#session.send("eoh", commands.eoh, {}));
  }

  /** A chunk of the body, at most 65535 bytes. */
  body(chunk: Uint8Array): Promise<ClientAnswer> {
    return this.#answer(this.#session.body(chunk));
  }

  /** End of message. */
  async eom(): Promise<ClientAnswer> {
    this.#session.send("eom", commands.bodyeob, { chunk: new Uint8Array(0) });
    const modifications: Modification[] = [];
    while (true) {
      const reply = await this.#reply(this.#endTimeout);
      if (reply.type === "modification") modifications.push(reply.modification);
      else if (reply.type !== "progress") return { ...answerOf(reply), modifications };
    }
  }

  /** An unknown command. */
  unknown(command: string): Promise<ClientAnswer> {
    return this.#answer(this.#session.send("unknown", commands.unknown, { command: toBytes(command) }));
  }

  /** ABORT: the message has ended. */
  abort(): void {
    this.#session.abort();
    this.#flush();
  }

  /** QUIT_NC: this SMTP client has left; the next one uses the same connection. */
  next(): void {
    this.#session.quit(true);
    this.#flush();
  }

  /** QUIT, then closes. */
  quit(): void {
    this.#session.quit();
    this.#flush();
    this.#connection.end();
  }

  /** Closes without sending anything. */
  destroy(): void {
    this.#connection.destroy();
  }

  /**
   * Sends a message from MAIL to end of message, or until the filter ends it.
   *
   * @param message the bytes of the message, or its parts
   * @param envelope sender and recipients
   * @param watch called for every event
   * @returns the answer
   */
  message(
    message: Uint8Array | ParsedMessage,
    envelope: Envelope,
    watch?: (step: Step) => void,
  ): Promise<MessageAnswer> {
    return sendMessage(this, message, envelope, watch);
  }

  /** Whether the filter wants an event. */
  sends(event: EventName): boolean {
    return this.#session.sends(event);
  }

  /** Whether the filter wants an event and answers it. */
  expectsAnswer(event: EventName): boolean {
    return this.#session.sends(event) && this.#session.expectsReply(event);
  }

  async #answer(expected: boolean): Promise<ClientAnswer> {
    if (!expected) {
      this.#flush();
      return NOTHING;
    }
    while (true) {
      const reply = await this.#reply();
      if (reply.type !== "progress") return answerOf(reply);
    }
  }

  #flush(): void {
    const bytes = this.#session.takeOutput();
    if (bytes.length > 0) this.#connection.write(bytes);
  }

  #reply(milliseconds = this.#timeout): Promise<FilterReply> {
    this.#flush();
    const awaited = String(this.#session.awaiting);
    return new Promise((resolve, reject) => {
      const callOff = this.clock.after(milliseconds, () => {
        this.#waiting = undefined;
        this.#connection.destroy();
        reject(
          new MilterConnectionError("timeout", awaited, `No answer to ${awaited} within ${milliseconds} ms`),
        );
      });
      this.#waiting = {
        resolve: (reply) => {
          callOff();
          resolve(reply);
        },
        reject: (error) => {
          callOff();
          reject(error);
        },
      };
      if (this.#closed) this.#lose(this.#closed);
      else this.#pump();
    });
  }

  #pump(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    try {
      const reply = this.#session.next();
      if (!reply) return;
      this.#waiting = undefined;
      waiting.resolve(reply);
    } catch (cause) {
      this.#waiting = undefined;
      waiting.reject(
        new MilterConnectionError("protocol", String(this.#session.awaiting), (cause as Error).message, {
          cause,
        }),
      );
      this.#connection.destroy();
    }
  }

  #lose(error?: Error): void {
    this.#closed ??= error ?? new Error("closed");
    this.#drained?.();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const awaited = String(this.#session.awaiting);
    const message = `The filter closed the connection before it answered ${awaited}`;
    waiting?.reject(new MilterConnectionError("connection-lost", awaited, message, { cause: error }));
  }
}

/** Connects; a timeout is reported like any other timeout of a filter. */
async function open(
  target: Address | Dial,
  accept: Accept,
  timeout: number,
  clock: Clock,
): Promise<Connection> {
  try {
    return typeof target === "function"
      ? await dialWithTimeout(target, accept, timeout, clock)
      : await connect(target, accept, { timeout, clock });
  } catch (error) {
    const { message, cause } = error as Error;
    const late = error instanceof DialTimeoutError;
    if (!late && !(cause instanceof DialTimeoutError)) throw error;
    const text = late ? `No connection within ${timeout} ms` : message;
    throw new MilterConnectionError("timeout", "connection", text, { cause: error });
  }
}

function answerOf(reply: FilterReply): ClientAnswer {
  return reply.type === "answer" ? { ...reply.answer, modifications: [] } : NOTHING;
}

/** Bytes are passed on unchanged. */
function bracketed(address: string | Uint8Array): string | Uint8Array {
  return typeof address !== "string" || address.startsWith("<") ? address : `<${address}>`;
}
