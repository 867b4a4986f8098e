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
 *   header(field) {
 *     if (field.is("Subject") && /lottery/i.test(field.text)) return reject(550, "5.7.1", "No lotteries here");
 *   },
 * });
 *
 * (await deliver(noLottery, { header: { Subject: "The lottery" } })).assertRejected(550, /No lotteries/);
 * (await deliver(noLottery, { header: { Subject: "The minutes" } })).assertAccepted().assertUnchanged();
 * ```
 *
 * @module
 */

import type { Delivered } from "./testing/delivered.ts";
import { checkMail, type TestClient, type TestMail, type TestSurroundings } from "./testing/mail.ts";
import { type TestedFilter, TestSession } from "./testing/session.ts";

export { type MadeFilter, make } from "./kit/make.ts";
export type { FilterLogLine, KitParts } from "./kit/kit.ts";
export type { FilterFailure } from "./mta/filter_log.ts";
export type { MailOutcome } from "./mta/delivery.ts";
export type { BegunEvent } from "./mta/send_message.ts";
export { Answered } from "./testing/answered.ts";
export { Delivered } from "./testing/delivered.ts";
export { dnsAnswers, type DnsOutage, type DnsRecords } from "./testing/dns_answers.ts";
export type { TestClient, TestMail, TestSurroundings, TestValue } from "./testing/mail.ts";
export { TestClock } from "./testing/test_clock.ts";
export { type TestedFilter, type TestPart, TestSession } from "./testing/session.ts";

/**
 * Delivers one message through filters. Definitions with `create` are made, without options, and disposed when the
 * message is delivered; filters that were already made are left to the caller.
 *
 * @param filters one filter, or several in order
 * @param mail the message, its client, and the surroundings of the filters
 * @returns what happened to it
 * @throws {InvalidSettingError} for an unknown name in `mail`
 * @throws {InvalidFilterError} for an invalid filter
 * @throws {OptionError} if a definition needs options: make it first, with `make`
 * @throws {FilterStartError} if the `create` of a definition fails
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
  filters: TestedFilter | readonly TestedFilter[],
  mail: TestMail & TestClient & TestSurroundings = {},
): Promise<Delivered> {
  checkMail("deliver", mail);
  const session = await TestSession.open(filters, mail);
  try {
    return await session.deliver(mail);
  } finally {
    // The message's failures include those of abort and close.
    await session.close().catch(() => {});
  }
}
