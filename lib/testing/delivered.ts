/**
 * What became of a message in a test, and assertions about it.
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
 * What became of a message. Each assertion throws `AssertionError`, and gives the same object back, so that one can stand
 * behind the other.
 */
export class Delivered {
  /** What became of it; `accept` too where it is held. */
  readonly outcome: MailOutcome;
  /** The event at which that was decided. */
  readonly event: EventName;
  /** The SMTP reply, where a filter gave one of its own. */
  readonly reply: SmtpReply | undefined;
  /** The recipients that were refused alone, each with what was said. */
  readonly refused: DeliveryReport["refused"];
  /** Every event and its answer. */
  readonly steps: readonly Step[];
  /** What the MTA was asked for at the end, packet by packet. */
  readonly modifications: readonly Modification[];
  /** What each filter did, and its remarks, as the log has it. */
  readonly notes: readonly FilterNote[];
  /** Callbacks that failed. */
  readonly failures: readonly FilterFailure[];
  readonly #report: DeliveryReport;

  /**
   * @param report how the message went
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

  /** Why it is held; undefined where it is not. */
  get held(): string | undefined {
    return this.#report.after.held;
  }

  /** The value of the first field of a name, in any spelling, as it is delivered; undefined where there is none. */
  header(name: string): string | undefined {
    return this.fields.find((field) => field.is(name))?.value;
  }

  /** It was let through, and no filter failed. */
  assertAccepted(): this {
    this.#assertOutcome("accept");
    return this.assertNoFailures();
  }

  /**
   * It was refused for good.
   *
   * @param code the reply's code; any, or none, where undefined
   * @param text what the reply's text, its lines joined by a space, must match
   */
  assertRejected(code?: number, text?: string | RegExp): this {
    this.#assertOutcome("reject");
    return this.#assertReply(code, text);
  }

  /** It was refused for now; parameters as with `assertRejected`. */
  assertTempfailed(code?: number, text?: string | RegExp): this {
    this.#assertOutcome("tempfail");
    return this.#assertReply(code, text);
  }

  /** It was thrown away with a yes. */
  assertDiscarded(): this {
    this.#assertOutcome("discard");
    return this;
  }

  /**
   * It was held for a human to look at.
   *
   * @param reason what the reason must match
   */
  assertHeld(reason?: string | RegExp): this {
    this.#assertOutcome("accept");
    if (this.held === undefined) this.#fail("the message was not held", undefined, "held");
    if (reason !== undefined) this.#assertText(this.held!, reason, "The reason for holding it");
    return this;
  }

  /**
   * The first field of a name, in any spelling.
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

  /** The body, its line ends as LF. */
  assertBody(text: string | RegExp): this {
    const wanted = typeof text === "string" ? text.replaceAll("\r\n", "\n") : text;
    this.#assertText(this.body.replaceAll("\r\n", "\n"), wanted, "The body");
    return this;
  }

  /** The recipients that it is delivered to, in any order. */
  assertRecipients(...recipients: readonly string[]): this {
    const found = [...this.recipients].sort();
    const wanted = [...recipients].sort();
    if (found.length !== wanted.length || found.some((address, i) => address !== wanted[i])) {
      const shown = found.join(", ") || "nobody";
      this.#fail(`it goes to ${shown}; expected ${wanted.join(", ") || "nobody"}`, found, wanted);
    }
    return this;
  }

  /** The sender that it is delivered from, without brackets. */
  assertSender(sender: string): this {
    this.#assertText(this.sender, sender, "The sender");
    return this;
  }

  /** Nothing of message and envelope was changed. */
  assertUnchanged(): this {
    if (this.modifications.length > 0) {
      const what = this.modifications.map(({ type }) => type).join(", ");
      this.#fail(`it was changed: ${what}`, this.modifications, []);
    }
    return this;
  }

  /** No callback failed. */
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

  /** What a filter threw is more often than not why an assertion fails. */
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
    // The place to be shown is the test's.
    const lines = error.stack?.split("\n") ?? [];
    error.stack = lines.filter((line) => !/\bdelivered\.[jt]s:/.test(line)).join("\n");
    throw error;
  }
}
