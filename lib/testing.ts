/**
 * Tests filters without an MTA and without a socket: deliver a message, then check what happened to it.
 *
 * The filters get every event, with macros, over the milter protocol, as from Postfix or Sendmail.
 *
 * @example A test of a filter
 * ```ts
 * import { deliver } from "./testing.ts";
 * import { defineFilter, reject } from "../mod.ts";
 *
 * const noLottery = defineFilter({
 *   name: "no-lottery",
 *   header({ name, value }) {
 *     if (name.toLowerCase() === "subject" && /lottery/i.test(value)) return reject(550, "5.7.1", "No lotteries here");
 *   },
 * });
 *
 * (await deliver(noLottery, { header: { Subject: "The lottery" } })).assertRejected(550, /No lotteries/);
 * (await deliver(noLottery, { header: { Subject: "The minutes" } })).assertAccepted().assertUnchanged();
 * ```
 *
 * @module
 */

import { MTAS } from "./chain/chain_options.ts";
import type { Filter } from "./filter/filter.ts";
import { Settings } from "./options/settings.ts";
import type { MtaKind } from "./message/mta.ts";
import { HeaderField } from "./message/header.ts";
import { withCrlf } from "./message/body.ts";
import { type ParsedMessage, parseMessage } from "./message/parse.ts";
import { shownHeader } from "./message/shown_header.ts";
import { toBytes } from "./protocol/text.ts";
import { type Mail, MailSession } from "./mta/delivery.ts";
import { MtaClient } from "./mta/client.ts";
import { FiltersInProcess } from "./mta/filters_in_process.ts";
import { FilterLog, type MessageLog } from "./mta/filter_log.ts";
import { Delivered } from "./testing/delivered.ts";

export { Delivered } from "./testing/delivered.ts";
export type { FilterFailure } from "./mta/filter_log.ts";
export type { MailOutcome } from "./mta/delivery.ts";

/** The SMTP client, and the MTA that it connects to. Everything has a default. */
export interface TestClient {
  /** Host name, address and port of the client. @default mail.example.com [192.0.2.1] */
  readonly client?: { readonly hostname?: string; readonly address?: string; readonly port?: number };
  /** Its name in HELO. @default the client's host name */
  readonly helo?: string;
  /** Macros of the MTA in addition to the usual ones, such as `auth_authen`; names with or without braces. */
  readonly macros?: Readonly<Record<string, string>>;
  /**
   * The MTA to behave like: how messages are read (see `parseMessage`; Postfix hides `Bcc`, `Content-Length`, `Resent-Bcc`
   * and `Return-Path` from filters), and how fields are placed and counted.
   * @default "postfix"
   */
  readonly mta?: MtaKind;
}

/** A header value without its leading space: text, or bytes if it is not UTF-8. */
export type TestValue = string | Uint8Array;

/** A message to deliver. Everything has a default. */
export interface TestMail {
  /** The sender; empty for the null sender. @default "sender@example.com" */
  readonly from?: string;
  /** The sender's ESMTP arguments, such as `SIZE=1000`. */
  readonly fromArgs?: readonly string[];
  /** The recipients. @default "recipient@example.org" */
  readonly to?: string | readonly string[];
  /** The whole message, header and body, with any line ends; instead of `header` and `body`. */
  readonly message?: string | Uint8Array;
  /** The header: an object of names and values, or a list of pairs if a name occurs twice. @default a Subject */
  readonly header?:
    | Readonly<Record<string, TestValue>>
    | readonly (readonly [name: string, value: TestValue])[];
  /** The body, with any line ends. @default "Hello\r\n" */
  readonly body?: string | Uint8Array;
}

// A record, so that the compiler says when one is missing.
const MAIL = {
  client: true,
  helo: true,
  macros: true,
  mta: true,
  from: true,
  fromArgs: true,
  to: true,
  message: true,
  header: true,
  body: true,
} satisfies Record<keyof TestMail | keyof TestClient, true>;
const CLIENT = { hostname: true, address: true, port: true } satisfies Record<
  keyof NonNullable<TestClient["client"]>,
  true
>;

function checkMail(what: string, mail: TestMail & TestClient): void {
  const settings = new Settings(what, mail, MAIL);
  settings.isOneOf("mta", MTAS);
  settings.group("client", CLIENT);
  const beside = (["header", "body"] as const).find((name) => mail[name] !== undefined);
  if (mail.message !== undefined && beside) {
    settings.fail(beside, `message is the whole message, so leave ${beside} out`);
  }
}

// deno-lint-ignore no-explicit-any -- each filter has its own state types
type AnyFilter = Filter<any, any>;

/**
 * Delivers one message through filters.
 *
 * @param filters one filter, or several in order
 * @param mail the message and its client
 * @returns what happened to it
 * @throws {InvalidSettingError} for an unknown name in `mail`
 * @throws {InvalidFilterError} for an invalid filter
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { deliver } from "./testing.ts";
 * import { defineFilter } from "../mod.ts";
 *
 * const tag = defineFilter({
 *   name: "tag",
 *   changes: ["addHeader"],
 *   eom: (message) => message.addHeader("X-Seen", "yes"),
 * });
 * const delivered = await deliver(tag, { to: ["a@example.org", "b@example.org"] });
 * assert.equal(delivered.assertAccepted().header("X-Seen"), "yes");
 * ```
 */
export async function deliver(
  filters: AnyFilter | readonly AnyFilter[],
  mail: TestMail & TestClient = {},
): Promise<Delivered> {
  checkMail("deliver", mail);
  const session = await TestSession.open(filters, mail);
  let delivered: Delivered;
  try {
    delivered = await session.deliver(mail);
  } finally {
    // The message's failures include those of abort and close.
    await session.close().catch(() => {});
  }
  return delivered;
}

/**
 * One SMTP connection, for several messages.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { TestSession } from "./testing.ts";
 * import { defineFilter, tempfail } from "../mod.ts";
 *
 * const onlyTwo = defineFilter({
 *   name: "only-two",
 *   connectionState: () => ({ messages: 0 }),
 *   mail(_sender, { connectionState }) {
 *     if (++connectionState.messages > 2) return tempfail(451, "4.7.1", "Enough for now");
 *   },
 * });
 * const session = await TestSession.open(onlyTwo);
 * (await session.deliver()).assertAccepted();
 * (await session.deliver()).assertAccepted();
 * (await session.deliver()).assertTempfailed(451);
 * await session.close();
 * ```
 */
export class TestSession {
  readonly #client: MtaClient;
  readonly #session: MailSession;
  readonly #log: FilterLog;
  readonly #mta: MtaKind;
  #last: MessageLog = { notes: [], failures: [] };
  #messages = 0;

  private constructor(client: MtaClient, session: MailSession, log: FilterLog, mta: MtaKind) {
    this.#client = client;
    this.#session = session;
    this.#log = log;
    this.#mta = mta;
  }

  /**
   * Opens a connection to filters.
   *
   * @param filters one filter, or several in order
   * @param from the client that connects
   * @throws {InvalidSettingError} for an unknown name in `from`
   * @throws {InvalidFilterError} for an invalid filter
   */
  static async open(
    filters: AnyFilter | readonly AnyFilter[],
    from: TestClient = {},
  ): Promise<TestSession> {
    checkMail("TestSession", from);
    const { client = {}, helo, macros = {}, mta = "postfix" } = from;
    const log = new FilterLog();
    const chain = new FiltersInProcess([filters].flat() as AnyFilter[], { mta });
    const { hostname = "mail.example.com", address = "192.0.2.1", port = 25000 } = client;
    const family = address.includes(":") ? "inet6" : "inet";
    const mtaClient = await MtaClient.open(chain.dial(log.take));
    const sender = { client: { hostname, address, port, family } as const, helo: helo ?? hostname };
    return new TestSession(mtaClient, new MailSession(mtaClient, sender, mta, macros), log, mta);
  }

  /**
   * Delivers a message.
   *
   * @throws {InvalidSettingError} for an unknown name in `mail`
   * @throws {MilterConnectionError} if the filters' side of the connection broke, with the reason
   */
  async deliver(mail: TestMail = {}): Promise<Delivered> {
    checkMail("deliver", mail);
    const log = this.#last = this.#log.begin();
    try {
      const handedIn = mailOf(mail, `TEST${++this.#messages}`, this.#mta);
      return new Delivered(await this.#session.deliver(handedIn), log);
    } catch (error) {
      throw this.#log.explain(error);
    }
  }

  /**
   * Closes the connection, and waits until the filters have closed theirs.
   *
   * @throws {AggregateError} if filters failed while closing
   */
  async close(): Promise<void> {
    const before = this.#last.failures.length;
    this.#client.quit();
    await this.#log.disconnected;
    const failed = this.#last.failures.slice(before);
    if (failed.length === 0) return;
    const what = failed.map(({ filter, event }) => `filter ${filter} failed at ${event}`).join(", ");
    throw new AggregateError(failed.map(({ error }) => error), what);
  }
}

function mailOf(mail: TestMail, queueId: string, mta: MtaKind): Mail {
  const { from = "sender@example.com", to = "recipient@example.org" } = mail;
  return {
    from,
    to: [to].flat(),
    message: contentOf(mail, mta),
    queueId,
    ...(mail.fromArgs ? { fromArgs: mail.fromArgs } : {}),
  };
}

function contentOf(
  { message, header = { Subject: "Test" }, body = "Hello\r\n" }: TestMail,
  mta: MtaKind,
): ParsedMessage {
  if (message !== undefined) return parseMessage(toBytes(message), mta);
  const pairs = Array.isArray(header) ? header as (readonly [string, TestValue])[] : Object.entries(header);
  const fields = pairs.map(([name, value]) =>
    HeaderField.of(name, typeof value === "string" ? folded(value) : value)
  );
  return { ...shownHeader(fields, mta), body: withCrlf([toBytes(body)]) };
}

/** A folded value as MTAs pass it to filters. */
function folded(value: string): string {
  return value.replaceAll("\r\n", "\n");
}
