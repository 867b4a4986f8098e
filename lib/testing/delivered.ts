/**
 * The result of a test delivery, with assertions about it.
 *
 * @module
 */

import { AssertionError } from "node:assert";
import type { FilterNote } from "../filter/report.ts";
import type { HeaderField } from "../message/header.ts";
import { formatMessage } from "../message/parse.ts";
import type { DeliveryReport, MailOutcome } from "../mta/delivery.ts";
import type { FilterFailure, MessageLog } from "../mta/filter_log.ts";
import type { Step } from "../mta/send_message.ts";
import type { EventName } from "../protocol/constants.ts";
import type { Modification } from "../protocol/mta_session.ts";
import { replyText, type SmtpReply } from "../protocol/reply.ts";
import { utf8Text } from "../protocol/text.ts";

/**
 * What happened to a message. Each assertion throws `AssertionError` if it does not hold, and returns the same object, so
 * that assertions can be chained.
 */
export class Delivered {
  /** What happened to it; a held message has `accept`. */
  readonly outcome: MailOutcome;
  /** The event at which that was decided. */
  readonly event: EventName;
  /** The SMTP reply, if a filter gave its own. */
  readonly reply: SmtpReply | undefined;
  /** The recipients that were rejected individually, each with its reply. */
  readonly refused: DeliveryReport["refused"];
  /** Every event and its answer. */
  readonly steps: readonly Step[];
  /** The changes that the MTA was asked for at the end, packet by packet. */
  readonly modifications: readonly Modification[];
  /** What each filter did, and its remarks, as in the log. */
  readonly notes: readonly FilterNote[];
  /** Callbacks that failed. */
  readonly failures: readonly FilterFailure[];
  readonly #report: DeliveryReport;

  /**
   * @param report how the delivery went
   * @param log what the filters did
   */
  constructor(report: DeliveryReport, log: MessageLog) {
    this.#report = report;
    this.outcome = report.outcome;
    this.event = report.event;
    this.reply = report.reply;
    this.refused = report.refused;
    this.steps = report.steps;
    this.modifications = report.modifications;
    this.notes = log.notes;
    this.failures = log.failures;
  }

  /** The sender as it is delivered, without brackets. */
  get sender(): string {
    return this.#report.after.sender;
  }

  /** The recipients that it is delivered to, without brackets. */
  get recipients(): readonly string[] {
    return this.#report.after.recipients;
  }

  /** The header as it is delivered. */
  get fields(): readonly HeaderField[] {
    return this.#report.after.header;
  }

  /** The body as it is delivered, with CRLF line ends. */
  get body(): string {
    return utf8Text(this.#report.after.body);
  }

  /** The bytes of the body. */
  get bodyBytes(): Uint8Array {
    return this.#report.after.body;
  }

  /** The whole message as it is delivered. */
  get message(): string {
    return utf8Text(formatMessage(this.#report.after));
  }

  /** Why it is held; undefined if it is not. */
  get held(): string | undefined {
    return this.#report.after.held;
  }

  /** The delivered value of the first field with this name, in any case; undefined if there is none. */
  header(name: string): string | undefined {
    return this.fields.find((field) => field.is(name))?.value;
  }

  /** Asserts that it was accepted and no filter failed. */
  assertAccepted(): this {
    this.#assertOutcome("accept");
    return this.assertNoFailures();
  }

  /**
   * Asserts that it was rejected permanently.
   *
   * @param code the reply's code; if undefined, any reply will do, or none
   * @param text what the reply's text, with its lines joined by a space, must be or match
   */
  assertRejected(code?: number, text?: string | RegExp): this {
    this.#assertOutcome("reject");
    return this.#assertReply(code, text);
  }

  /** Asserts that it was rejected temporarily; parameters as with `assertRejected`. */
  assertTempfailed(code?: number, text?: string | RegExp): this {
    this.#assertOutcome("tempfail");
    return this.#assertReply(code, text);
  }

  /** Asserts that it was accepted and silently dropped. */
  assertDiscarded(): this {
    this.#assertOutcome("discard");
    return this;
  }

  /**
   * Asserts that it was held for review.
   *
   * @param reason what the reason must be or match
   */
  assertHeld(reason?: string | RegExp): this {
    this.#assertOutcome("accept");
    if (this.held === undefined) this.#fail("the message was not held", undefined, "held");
    if (reason !== undefined) this.#assertText(this.held!, reason, "The reason for holding it");
    return this;
  }

  /**
   * Asserts the value of the first field with this name, in any case.
   *
   * @param value what its value must be or match; null: there must be no such field
   */
  assertHeader(name: string, value: string | RegExp | null): this {
    const found = this.header(name);
    if (value === null) {
      if (found !== undefined) this.#fail(`there is a ${name}: ${found}`, found, undefined);
    } else if (found === undefined) {
      this.#fail(`there is no ${name} in the header`, undefined, value);
    } else {
      this.#assertText(found, value, name);
    }
    return this;
  }

  /** Asserts the body, with LF line ends. */
  assertBody(text: string | RegExp): this {
    const wanted = typeof text === "string" ? text.replaceAll("\r\n", "\n") : text;
    this.#assertText(this.body.replaceAll("\r\n", "\n"), wanted, "The body");
    return this;
  }

  /** Asserts the recipients that it is delivered to, in any order. */
  assertRecipients(...recipients: readonly string[]): this {
    const found = [...this.recipients].sort();
    const wanted = [...recipients].sort();
    if (found.length !== wanted.length || found.some((address, i) => address !== wanted[i])) {
      const shown = found.join(", ") || "nobody";
      this.#fail(`it goes to ${shown}; expected ${wanted.join(", ") || "nobody"}`, found, wanted);
    }
    return this;
  }

  /** Asserts the sender as it is delivered, without brackets. */
  assertSender(sender: string): this {
    this.#assertText(this.sender, sender, "The sender");
    return this;
  }

  /** Asserts that neither the message nor the envelope was changed. */
  assertUnchanged(): this {
    if (this.modifications.length > 0) {
      const what = this.modifications.map(({ type }) => type).join(", ");
      this.#fail(`it was changed: ${what}`, this.modifications, []);
    }
    return this;
  }

  /** Asserts that no callback failed. */
  assertNoFailures(): this {
    if (this.failures.length > 0) this.#fail("a filter failed", this.failures, []);
    return this;
  }

  #assertOutcome(wanted: MailOutcome): void {
    if (this.outcome === wanted) return;
    const reply = this.reply ? ` (${replyText(this.reply)})` : "";
    this.#fail(`expected ${wanted}, got ${this.outcome} at ${this.event}${reply}`, this.outcome, wanted);
  }

  #assertReply(code: number | undefined, text: string | RegExp | undefined): this {
    if (code !== undefined && this.reply?.code !== code) {
      const got = this.reply ? replyText(this.reply) : "the MTA's own reply";
      this.#fail(`expected a reply with code ${code}, got ${got}`, this.reply?.code, code);
    }
    if (text !== undefined) this.#assertText(this.reply?.lines.join(" ") ?? "", text, "The reply");
    return this;
  }

  #assertText(found: string, wanted: string | RegExp, what: string): void {
    if (typeof wanted === "string" ? found === wanted : wanted.test(found)) return;
    const shown = typeof wanted === "string" ? JSON.stringify(wanted) : String(wanted);
    this.#fail(`${what} is ${JSON.stringify(found)}; expected ${shown}`, found, wanted);
  }

  /** Adds what filters threw to the message, since that is usually why an assertion fails. */
  #fail(message: string, actual: unknown, expected: unknown): never {
    const failures = this.failures.map(({ filter, event, error }) =>
      `\n  filter ${filter} failed at ${event}: ${
        error instanceof Error ? error.stack ?? error.message : error
      }`
    );
    const error = new AssertionError({
      message: message + failures.join(""),
      actual,
      expected,
      operator: "delivered",
    });
    // So that the stack begins at the test.
    const lines = error.stack?.split("\n") ?? [];
    error.stack = lines.filter((line) => !/\bdelivered\.[jt]s:/.test(line)).join("\n");
    throw error;
  }
}
