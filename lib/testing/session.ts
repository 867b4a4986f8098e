/**
 * One SMTP connection to filters in a test.
 *
 * @module
 */

import type { FilterDefinition } from "../filter/definition.ts";
import type { Filter } from "../filter/filter.ts";
import { lifeOf } from "../kit/life.ts";
import { makeAll } from "../kit/make.ts";
import type { FilterLogLine } from "../kit/kit.ts";
import type { MtaKind } from "../message/mta.ts";
import { MtaClient } from "../mta/client.ts";
import { type AnswerReport, type Mail, MailSession } from "../mta/delivery.ts";
import { emptyLog, FilterLog, type MessageLog } from "../mta/filter_log.ts";
import { FiltersInProcess } from "../mta/filters_in_process.ts";
import { BEGUN_EVENTS, type BegunEvent } from "../mta/send_message.ts";
import { isOfConnection, VerdictWatch } from "../mta/verdict_watch.ts";
import { Settings } from "../options/settings.ts";
import { Answered } from "./answered.ts";
import { Delivered } from "./delivered.ts";
import { checkMail, mailOf, type TestClient, type TestMail, type TestSurroundings } from "./mail.ts";

/** A filter, or a definition whose options all have defaults. */
// deno-lint-ignore no-explicit-any -- each filter has its own state types
export type TestedFilter = Filter<any, any> | FilterDefinition;

/** How much of a message to send. */
export interface TestPart {
  /** The last event to send: all recipients, the whole header, or the whole body. @default "body" */
  readonly until?: BegunEvent;
}

/** The warnings printed so far: each is printed once per process, however many messages a test delivers. */
const printed = new Set<string>();

/**
 * One SMTP connection, for several messages.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { TestSession } from "../testing.ts";
 * import { defineFilter, tempfail } from "../../mod.ts";
 *
 * const aborted: string[] = [];
 * const onlyTwo = defineFilter({
 *   name: "only-two",
 *   connectionState: () => ({ messages: 0 }),
 *   mail(_sender, { connectionState }) {
 *     if (++connectionState.messages > 2) return tempfail(451, "4.7.1", "Enough for now");
 *   },
 *   eom() {},
 *   abort: ({ sender }) => void aborted.push(sender?.address ?? ""),
 * });
 * const session = await TestSession.open(onlyTwo);
 * (await session.deliver()).assertAccepted();
 * await session.begin({ from: "second@example.com" }, { until: "header" });
 * (await session.deliver({ from: "third@example.com" })).assertTempfailed(451);
 * assert.deepEqual(aborted, ["second@example.com"]);
 * await session.close();
 * ```
 */
export class TestSession {
  readonly #client: MtaClient;
  readonly #session: MailSession;
  readonly #log: FilterLog;
  readonly #mta: MtaKind;
  readonly #watch: VerdictWatch;
  /** The filters that were made here. */
  readonly #own: readonly object[];
  #last: MessageLog = emptyLog();
  #warnings: string[] = [];
  #messages = 0;
  #gone = false;

  private constructor(
    client: MtaClient,
    session: MailSession,
    log: FilterLog,
    mta: MtaKind,
    watch: VerdictWatch,
    own: readonly object[],
  ) {
    this.#client = client;
    this.#session = session;
    this.#log = log;
    this.#mta = mta;
    this.#watch = watch;
    this.#own = own;
  }

  /**
   * Opens a connection to filters. Definitions with `create` are made, without options, and disposed by `close`;
   * filters that were already made are left to the caller.
   *
   * @param filters one filter, or several in order
   * @param from the client that connects, and the surroundings of the filters
   * @throws {InvalidSettingError} for an unknown name in `from`
   * @throws {InvalidFilterError} for an invalid filter
   * @throws {OptionError} if a definition needs options: make it first, with `make`
   * @throws {FilterStartError} if the `create` of a definition fails
   */
  static async open(
    filters: TestedFilter | readonly TestedFilter[],
    from: TestClient & TestSurroundings = {},
  ): Promise<TestSession> {
    checkMail("TestSession", from);
    const { client = {}, helo, macros = {}, mta = "postfix", clock, resolver, store, live = false } = from;
    const log = new FilterLog();
    const given = [filters].flat() as FilterDefinition[];
    const onLog = (line: FilterLogLine) => log.take({ type: "filter-log", ...line });
    const { all, made: own } = await makeAll(given, { onLog, clock, resolver, store, live });
    try {
      const watch = new VerdictWatch();
      const chain = new FiltersInProcess(all.map((filter) => watch.watch(filter)), { mta, clock });
      const { hostname = "mail.example.com", address = "192.0.2.1", port = 25000 } = client;
      const family = address.includes(":") ? "inet6" : "inet";
      const mtaClient = await MtaClient.open(chain.dial(log.take));
      const sender = { client: { hostname, address, port, family } as const, helo: helo ?? hostname };
      const session = new MailSession(mtaClient, sender, mta, macros);
      return new TestSession(mtaClient, session, log, mta, watch, own);
    } catch (error) {
      await dispose(own);
      throw error;
    }
  }

  /**
   * Delivers a message.
   *
   * @throws {InvalidSettingError} for an unknown name in `mail`
   * @throws {MilterConnectionError} if the filters' side of the connection broke, with the reason
   */
  async deliver(mail: TestMail = {}): Promise<Delivered> {
    const handedIn = this.#mailOf("deliver", mail);
    const report = await this.#run(() => this.#session.deliver(handedIn));
    return new Delivered(report, this.#last, this.#warnings);
  }

  /**
   * Sends the first part of a message. The client can then hang up (`hangUp`) or start over (`reset`); the next
   * `deliver`, `begin` and `helo` start over, too.
   *
   * @param mail the message
   * @param part how much of it
   * @returns the answer; the message continues if it is `accept`
   * @throws as `deliver`
   */
  async begin(mail: TestMail = {}, part: TestPart = {}): Promise<Answered> {
    new Settings("begin", part, { until: true }).isOneOf("until", BEGUN_EVENTS);
    const handedIn = this.#mailOf("begin", mail);
    return await this.#answer(() => this.#session.begin(handedIn, part.until ?? "body"));
  }

  /**
   * Sends HELO or EHLO, possibly again: `deliver` and `begin` send the first one themselves.
   *
   * @param name the client's name
   * @throws {MilterConnectionError} if the filters' side of the connection broke, with the reason
   */
  async helo(name: string): Promise<Answered> {
    return await this.#answer(() => this.#session.helo(name));
  }

  /**
   * Sends a command that the MTA does not know, after HELO.
   *
   * @param command the whole line, such as `XCMD arg`
   * @throws {MilterConnectionError} if the filters' side of the connection broke, with the reason
   */
  async unknown(command: string): Promise<Answered> {
    return await this.#answer(() => this.#session.unknown(command));
  }

  /** Starts over (RSET): a message that has begun is aborted, and filters get `abort`. */
  reset(): void {
    this.#session.reset();
  }

  /**
   * Ends the connection as when the client hangs up: filters get `abort`, if a message has begun, and `close`. Resolves
   * when these callbacks have finished. Filters that were made here live until `close`.
   *
   * @throws {AggregateError} if filters failed while closing
   */
  async hangUp(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    const before = this.#last.failures.length;
    if (!this.#client.closed) {
      this.#session.reset();
      this.#client.quit();
    }
    await this.#log.disconnected;
    this.#warn();
    const failed = this.#last.failures.slice(before);
    if (failed.length === 0) return;
    const what = failed.map(({ filter, event }) => `filter ${filter} failed at ${event}`).join(", ");
    throw new AggregateError(failed.map(({ error }) => error), what);
  }

  /**
   * Closes the connection, waits until the filters have closed theirs, and disposes the filters that were made here.
   *
   * @throws {AggregateError} if filters failed while closing
   */
  async close(): Promise<void> {
    try {
      await this.hangUp();
    } finally {
      await dispose(this.#own);
    }
  }

  /** The same, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #mailOf(what: string, mail: TestMail): Mail {
    checkMail(what, mail);
    return mailOf(mail, `TEST${++this.#messages}`, this.#mta);
  }

  async #answer(work: () => Promise<AnswerReport>): Promise<Answered> {
    return new Answered(await this.#run(work), this.#last, this.#warnings);
  }

  /** Runs work with a log of its own. */
  async #run<R>(work: () => Promise<R>): Promise<R> {
    this.#last = this.#log.begin();
    this.#warnings = [];
    try {
      return await work();
    } catch (error) {
      throw this.#log.explain(error);
    } finally {
      // A verdict made at connect may be kept for later messages.
      this.#warn((event) => !isOfConnection(event));
    }
  }

  #warn(which?: Parameters<VerdictWatch["take"]>[0]): void {
    for (const warning of this.#watch.take(which)) {
      this.#warnings.push(warning);
      if (printed.has(warning)) continue;
      printed.add(warning);
      console.warn(`milterkit: warning: ${warning}`);
    }
  }
}

async function dispose(filters: readonly object[]): Promise<void> {
  await Promise.all(filters.map((filter) => lifeOf(filter)?.dispose()));
}
