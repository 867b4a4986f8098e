/**
 * The result of a test delivery, with assertions about it.
 *
 * @module
 */

import type { HeaderField } from "../message/header.ts";
import { formatMessage } from "../message/parse.ts";
import { parseMime } from "../mime/parse_mime.ts";
import type { Part } from "../mime/part.ts";
import type { DeliveryReport } from "../mta/delivery.ts";
import type { MessageLog } from "../mta/filter_log.ts";
import type { Modification } from "../protocol/mta_session.ts";
import { utf8Text } from "../protocol/text.ts";
import { Answered } from "./answered.ts";

/**
 * What happened to a message. Each assertion throws `AssertionError` if it fails, and returns the same object, so that
 * assertions can be chained.
 */
export class Delivered extends Answered {
  /** The recipients that were rejected individually, each with its reply. */
  readonly refused: DeliveryReport["refused"];
  /** The changes that were requested from the MTA at the end, packet by packet. */
  readonly modifications: readonly Modification[];
  readonly #report: DeliveryReport;

  /**
   * @param report how the delivery went
   * @param log what the filters did
   * @param warnings see `warnings`
   */
  constructor(report: DeliveryReport, log: MessageLog, warnings: readonly string[] = []) {
    super(report, log, warnings);
    this.#report = report;
    this.refused = report.refused;
    this.modifications = report.modifications;
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

  /** The parts of the message as it is delivered, in document order: first the message itself. */
  async parts(): Promise<readonly Part[]> {
    const { header, body } = this.#report.after;
    return (await parseMime(body, { header })).parts;
  }

  /** Why it is quarantined; undefined if it is not. */
  get held(): string | undefined {
    return this.#report.after.held;
  }

  /** The delivered value of the first field with this name, in any case; undefined if there is none. */
  header(name: string): string | undefined {
    return this.fields.find((field) => field.is(name))?.value;
  }

  /** Asserts that it was accepted and silently dropped. */
  assertDiscarded(): this & void {
    this.assertOutcome("discard");
    return this as this & void;
  }

  /**
   * Asserts that it was quarantined.
   *
   * @param reason what the reason must be or match
   */
  assertHeld(reason?: string | RegExp): this & void {
    this.assertOutcome("accept");
    if (this.held === undefined) this.fail("the message was not held", undefined, "held");
    if (reason !== undefined) this.assertText(this.held ?? "", reason, "The reason for holding it");
    return this as this & void;
  }

  /**
   * Asserts the value of the first field with this name, in any case.
   *
   * @param value what its value must be or match; null: there must be no such field
   */
  assertHeader(name: string, value: string | RegExp | null): this & void {
    const found = this.header(name);
    if (value === null) {
      if (found !== undefined) this.fail(`there is a ${name}: ${found}`, found, undefined);
    } else if (found === undefined) {
      this.fail(`there is no ${name} in the header`, undefined, value);
    } else {
      this.assertText(found, value, name);
    }
    return this as this & void;
  }

  /** Asserts the body, with LF line ends. */
  assertBody(text: string | RegExp): this & void {
    const wanted = typeof text === "string" ? text.replaceAll("\r\n", "\n") : text;
    this.assertText(this.body.replaceAll("\r\n", "\n"), wanted, "The body");
    return this as this & void;
  }

  /** Asserts the recipients that it is delivered to, in any order. */
  assertRecipients(...recipients: readonly string[]): this & void {
    const found = [...this.recipients].sort();
    const wanted = [...recipients].sort();
    if (found.length !== wanted.length || found.some((address, i) => address !== wanted[i])) {
      const shown = found.join(", ") || "nobody";
      this.fail(`it goes to ${shown}; expected ${wanted.join(", ") || "nobody"}`, found, wanted);
    }
    return this as this & void;
  }

  /** Asserts the sender as it is delivered, without brackets. */
  assertSender(sender: string): this & void {
    this.assertText(this.sender, sender, "The sender");
    return this as this & void;
  }

  /** Asserts that neither the message nor the envelope was changed. */
  assertUnchanged(): this & void {
    if (this.modifications.length > 0) {
      const what = this.modifications.map(({ type }) => type).join(", ");
      this.fail(`it was changed: ${what}`, this.modifications, []);
    }
    return this as this & void;
  }
}
