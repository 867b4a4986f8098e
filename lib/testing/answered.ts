/**
 * What filters answered in a test, with assertions about it.
 *
 * @module
 */

import { AssertionError } from "node:assert";
import type { LogLevel } from "../filter/logger.ts";
import type { FilterNote } from "../filter/report.ts";
import type { FilterLogLine } from "../kit/kit.ts";
import type { AnswerReport, MailOutcome } from "../mta/delivery.ts";
import type { FilterFailure, MessageLog } from "../mta/filter_log.ts";
import type { Step } from "../mta/send_message.ts";
import type { EventName } from "../protocol/constants.ts";
import { replyText, type SmtpReply } from "../protocol/reply.ts";

/**
 * What filters answered to a command, or to a part of a message. Each assertion throws `AssertionError` if it fails,
 * and returns the same object, so that assertions can be chained. The return type includes `void`, so that a test that
 * must return nothing can be a single expression.
 */
export class Answered {
  /** What happened to it; `accept` for a message that is quarantined or continues. */
  readonly outcome: MailOutcome;
  /** The event at which that was decided. */
  readonly event: EventName;
  /** The SMTP reply, if a filter gave its own. */
  readonly reply: SmtpReply | undefined;
  /** Every event and its answer. */
  readonly steps: readonly Step[];
  /** What each filter did, and its remarks, as in the log. */
  readonly notes: readonly FilterNote[];
  /** Callbacks that failed. */
  readonly failures: readonly FilterFailure[];
  /**
   * The lines that filters wrote to the log. If the test itself made a filter, the log of its kit goes to the `onLog`
   * of `make` instead.
   */
  readonly logs: readonly FilterLogLine[];
  /** Likely mistakes: verdicts that a callback made but did not return. */
  readonly warnings: readonly string[];
  readonly #log: MessageLog;

  /**
   * @param report what was answered
   * @param log what the filters did
   * @param warnings see `warnings`
   */
  constructor(report: AnswerReport, log: MessageLog, warnings: readonly string[] = []) {
    this.outcome = report.outcome;
    this.event = report.event;
    this.reply = report.reply;
    this.steps = report.steps;
    this.notes = log.notes;
    this.#log = log;
    this.failures = log.failures;
    this.logs = log.logs;
    this.warnings = warnings;
  }

  /** The labels that filters gave the message; empty before its end. */
  get labels(): readonly string[] {
    return this.#log.labels;
  }

  /** Asserts that it was accepted and that no filter failed. */
  assertAccepted(): this & void {
    this.assertOutcome("accept");
    return this.assertNoFailures();
  }

  /**
   * Asserts that it was rejected permanently.
   *
   * @param code the reply's code; if undefined, any reply will do, or none
   * @param text what the reply's text, with its lines joined by a space, must be or match
   */
  assertRejected(code?: number, text?: string | RegExp): this & void {
    this.assertOutcome("reject");
    return this.assertReply(code, text);
  }

  /** Asserts that it was rejected temporarily; parameters as with `assertRejected`. */
  assertTempfailed(code?: number, text?: string | RegExp): this & void {
    this.assertOutcome("tempfail");
    return this.assertReply(code, text);
  }

  /** Asserts that no callback failed. */
  assertNoFailures(): this & void {
    if (this.failures.length > 0) this.fail("a filter failed", this.failures, []);
    return this as this & void;
  }

  /**
   * Asserts that a filter wrote a line to the log.
   *
   * @param text what the text of the line must be or match
   * @param level its level; if undefined, any level will do
   */
  assertLogged(text: string | RegExp, level?: LogLevel): this & void {
    const found = this.logs.some((line) => matches(line.text, text) && line.level === (level ?? line.level));
    if (found) return this as this & void;
    const lines = this.logs.map((line) => `\n  ${line.filter}: ${line.level}: ${line.text}`);
    const what = `${level === undefined ? "" : `${level}: `}${shown(text)}`;
    const got = lines.length === 0 ? "; nothing was logged" : `; the log has${lines.join("")}`;
    this.fail(`no filter logged ${what}${got}`, this.logs, text);
  }

  /** Asserts what happened. */
  protected assertOutcome(wanted: MailOutcome): void {
    if (this.outcome === wanted) return;
    const reply = this.reply ? ` (${replyText(this.reply)})` : "";
    this.fail(`expected ${wanted}, got ${this.outcome} at ${this.event}${reply}`, this.outcome, wanted);
  }

  /** Asserts the reply. */
  protected assertReply(code: number | undefined, text: string | RegExp | undefined): this & void {
    if (code !== undefined && this.reply?.code !== code) {
      const got = this.reply ? replyText(this.reply) : "the MTA's own reply";
      this.fail(`expected a reply with code ${code}, got ${got}`, this.reply?.code, code);
    }
    if (text !== undefined) this.assertText(this.reply?.lines.join(" ") ?? "", text, "The reply");
    return this as this & void;
  }

  /** Asserts a text. */
  protected assertText(found: string, wanted: string | RegExp, what: string): void {
    if (matches(found, wanted)) return;
    this.fail(`${what} is ${JSON.stringify(found)}; expected ${shown(wanted)}`, found, wanted);
  }

  /**
   * Throws. Adds errors of filters and other mistakes to the message: they are usually the reason why an assertion
   * fails.
   */
  protected fail(message: string, actual: unknown, expected: unknown): never {
    const failures = this.failures.map(({ filter, event, error }) =>
      `\n  filter ${filter} failed at ${event}: ${
        error instanceof Error ? error.stack ?? error.message : error
      }`
    );
    const error = new AssertionError({
      message: [message, ...failures, ...this.warnings.map((warning) => `\n  ${warning}`)].join(""),
      actual,
      expected,
      operator: "delivered",
    });
    // So that the stack begins at the test.
    const lines = error.stack?.split("\n") ?? [];
    error.stack = lines.filter((line) => !/\b(?:answered|delivered)\.[jt]s:/.test(line)).join("\n");
    throw error;
  }
}

function matches(found: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? found === wanted : wanted.test(found);
}

function shown(wanted: string | RegExp): string {
  return typeof wanted === "string" ? JSON.stringify(wanted) : String(wanted);
}
