// Header values of many recipients, behind both MTAs: each address arrives unbroken.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { MAX_DELIVERED_FIELD } from "../../lib/message/fold.ts";
import { type MailServer, skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { SmtpClient } from "../support/smtp_client.ts";
import { fieldsOf, latin1Bytes, message } from "./mta/text.ts";

const ADDED = ["--filter", "header-rewrite", "--add", "X-Rcpt: {rcpt_to}", "--insert", "X-Top: {rcpt_to}"];

for (const mtaName of ["Postfix", "Sendmail"] as const) {
  const problem = await (mtaName === "Postfix" ? postfixProblem() : sendmailProblem());
  const options = { skip: skipFor(problem), timeout: 120_000 };
  let started: Promise<{ mta: MailServer; milterkit: Milterkit }> | undefined;
  after(async () => {
    const running = await started;
    await running?.mta.stop();
    await running?.milterkit.stop();
  });

  const start = async () => {
    const listen = ["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json"];
    const milterkit = await Milterkit.start([...listen, ...ADDED]);
    const milters = [milterkit.address];
    const mta = mtaName === "Postfix"
      ? await startPostfix({
        milters,
        mainCf: { smtpd_recipient_limit: "3000", default_destination_recipient_limit: "3000" },
      })
      : await startSendmail({ milters });
    return { mta, milterkit };
  };

  /** Sends a message to so many; gives the lines of both fields, and the log's remark. */
  const send = async (recipients: string[]) => {
    const { mta, milterkit } = await (started ??= start());
    const client = await SmtpClient.connect(mta.port);
    const sender = `to${recipients.length}.${at(recipients, 0).length}@example.test`;
    try {
      await client.ehlo();
      const text = latin1Bytes(message(["From: a@example.org", "Subject: many"]));
      assert.equal((await client.message(sender, recipients, text)).code, 250);
      await client.quit();
    } finally {
      client.destroy();
    }
    const received = await mta.nextHop.waitForMessage(({ mail }) => mail.includes(sender), 60_000);
    const fields = fieldsOf(received);
    return {
      lines: ["X-Rcpt", "X-Top"].map((name) =>
        fields.find((field) => field.startsWith(`${name}: `))!.split("\r\n")
      ),
      log: await milterkit.waitForRecords((record) => record.sender === sender),
    };
  };

  /** The addresses in the lines of a field. */
  const addressesIn = (lines: readonly string[]) => lines.join("").replace(/^X-\w+: /, "").split(", ");

  for (
    const [count, domain] of [[90, "a.long.domain.of.example.test"], [500, "example.test"], [2100, "x.test"]]
  ) {
    test(`${mtaName}: ${count} recipients`, options, async () => {
      const recipients = Array.from({ length: Number(count) }, (_, i) => `recipient-${i}@${domain}`);
      for (const lines of (await send(recipients)).lines) {
        assert.deepEqual(addressesIn(lines), recipients);
        assert.ok(lines.every((line) => line.length <= 78));
      }
    });
  }

  test(`${mtaName}: more recipients than a field can hold`, options, async () => {
    const domain = "a.long.domain.of.example.test";
    const recipients = Array.from({ length: 2100 }, (_, i) => `recipient-${i}@${domain}`);
    const { lines: fields, log } = await send(recipients);
    for (const lines of fields) {
      const arrived = addressesIn(lines);
      assert.deepEqual(arrived, recipients.slice(0, arrived.length));
      const size = lines.join("\n").length;
      assert.ok(size <= MAX_DELIVERED_FIELD && size > MAX_DELIVERED_FIELD - 100, `${size}`);
    }
    assert.match(JSON.stringify(log), /X-Rcpt shortened from \d+ to \d+ bytes/);
  });
}
