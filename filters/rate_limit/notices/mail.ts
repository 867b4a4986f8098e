/**
 * Tells the administrator by a mail, handed to a server by SMTP.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { type Notice, noticeSubject, noticeText } from "./notice.ts";
import { SmtpDialogue, type SmtpServer } from "./smtp_dialogue.ts";

/** Who gets a mail, and how. */
export interface MailRoute {
  /** The server. */
  readonly server: SmtpServer;
  /** The sender in the envelope; empty for the null sender. */
  readonly from: string;
  /** The recipients, at least one. */
  readonly to: readonly string[];
  /** The name that we give in EHLO. */
  readonly helo: string;
}

/**
 * Hands a notice to the server.
 *
 * @throws {AddressError} if nothing listens there
 * @throws {NoticeError} if the server refuses it, or does not answer in time
 */
export async function sendNotice(notice: Notice, { server, from, to, helo }: MailRoute): Promise<void> {
  const dialogue = await SmtpDialogue.open(server);
  try {
    const is8Bit = (await dialogue.greet(helo)).includes("8BITMIME");
    await dialogue.command(`MAIL FROM:<${from}>${is8Bit ? " BODY=8BITMIME" : ""}`, [250]);
    const refusals: unknown[] = [];
    for (const recipient of to) {
      await dialogue.command(`RCPT TO:<${recipient}>`, [250, 251]).catch((error) => refusals.push(error));
    }
    if (refusals.length === to.length) throw refusals[0];
    await dialogue.command("DATA", [354]);
    await dialogue.message(noticeMessage(notice, from, to, is8Bit));
    dialogue.quit();
    // Some recipients were refused, although others got it.
    if (refusals.length > 0) throw refusals[0];
  } finally {
    dialogue.close();
  }
}

/**
 * The lines of the message.
 *
 * @param is8Bit whether other characters than ASCII may occur
 */
export function noticeMessage(
  notice: Notice,
  from: string,
  to: readonly string[],
  is8Bit: boolean,
): string[] {
  const { host, time } = notice;
  const text = noticeText(notice);
  return [
    // With the null sender, no address is ours: the administrator writes to themselves.
    `From: Milterkit <${from === "" ? to[0] : from}>`,
    `To: ${to.join(", ")}`,
    `Subject: ${noticeSubject(notice)}`,
    `Date: ${time.toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${randomUUID()}@${host}>`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Transfer-Encoding: ${is8Bit ? "8bit" : "7bit"}`,
    "",
    ...is8Bit ? text : text.map((line) => line.replace(/[^\x20-\x7e]/gu, "?")),
  ];
}
