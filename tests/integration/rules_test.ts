// Rules behind both MTAs: what is refused, to whom mail goes, and what is changed and held.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type MailServer, skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import type { ReceivedMessage } from "../support/next_hop.ts";
import { type Postfix, postfixProblem, startPostfix } from "../support/postfix.ts";
import { type Sendmail, sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { SmtpClient, type SmtpReply } from "../support/smtp_client.ts";
import { message, valuesOf } from "./mta/text.ts";

const RULES = [
  ...["--rule", "forged", "--only-sender", "forged.example", "--reject", "550 5.7.1 Not from {client_addr}"],
  ...["--rule", "large", "--only-larger", "50kB", "--reject", "552 5.3.4 Too large"],
  ...["--rule", "postmaster", "--only-recipient", "postmaster@example.net", "--accept"],
  ...["--rule", "trap", "--only-recipient", "trap@example.net", "--reject", "550 5.1.1 No {rcpt_to} here"],
  ...["--rule", "gone", "--only-recipient", "gone@example.net", "--redirect", "new@example.net"],
  ...["--rule", "drop", "--only-recipient", "drop@example.net", "--discard"],
  ...["--rule", "lottery", "--only-subject", "/lottery/i", "--reject", "554 5.6.0 No lotteries"],
  ...["--rule", "copy", "--only-subject", "/copy/", "--add-recipient", "archive@example.net"],
  ...["--rule", "hold", "--only-subject", "/hold/", "--quarantine", "Held by {i}", "--log", "held"],
  ...["--rule", "mark", "--replace", "text:Subject /^/ [EXT] ", "--remove", "X-Spam*"],
];

/** Who gets a message, without what is in the brackets' way. */
function recipientsOf({ rcpts }: ReceivedMessage): string[] {
  return rcpts.map((rcpt) => /<([^>]*)>/.exec(rcpt)?.[1] ?? rcpt).sort();
}

for (const kind of ["postfix", "sendmail"] as const) {
  const problem = await (kind === "postfix" ? postfixProblem() : sendmailProblem());
  describe(`rules behind ${kind}`, { skip: skipFor(problem), timeout: 120_000 }, () => {
    let started: Promise<{ readonly milterkit: Milterkit; readonly mta: MailServer }> | undefined;
    let count = 0;
    after(async () => {
      const running = await started;
      await running?.mta.stop();
      await running?.milterkit.stop();
    });

    async function start() {
      const milterkit = await Milterkit.start([
        ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json", "--filter", "rules"],
        ...RULES,
      ]);
      const milters = [milterkit.address];
      const mta = await (kind === "postfix" ? startPostfix({ milters }) : startSendmail({ milters }));
      return { milterkit, mta };
    }

    /** Sends a message; gives the replies to MAIL or RCPT that are refusals, and that at its end. */
    async function send(
      to: readonly string[],
      subject: string,
      { domain = "example.test", body = "hello\r\n" } = {},
    ) {
      const { mta } = await (started ??= start());
      const sender = `${kind}-${++count}@${domain}`;
      const refused: string[] = [];
      const note = (what: string, reply: SmtpReply) => {
        if (reply.code >= 400) refused.push(`${what}: ${reply.code} ${reply.enhanced} ${reply.text}`);
        return reply.code < 400;
      };
      const client = await SmtpClient.connect(mta.port);
      try {
        await client.ehlo();
        if (note("mail", await client.mail(sender))) {
          let taken = 0;
          for (const name of to) if (note(name, await client.rcpt(`${name}@example.net`))) taken++;
          const head = ["From: a@example.org", `Subject: ${subject}`, "X-Spam-Flag: YES"];
          if (taken > 0) note("data", await client.data(message(head, body)));
        }
        await client.quit();
      } finally {
        client.destroy();
      }
      const arrived = (name: string) =>
        mta.nextHop.waitForMessage(({ mail, rcpts }) =>
          mail.includes(sender) && rcpts.some((rcpt) => rcpt.includes(`${name}@`))
        );
      return { refused, sender, arrived, mta, milterkit: (await started).milterkit };
    }

    it("a sender is refused at MAIL, with its values", async () => {
      const { refused } = await send(["b"], "x", { domain: "forged.example" });
      // Sendmail puts the address before the text.
      assert.match(refused.join(), /^mail: 550 5\.7\.1 (<[^>]*>\.\.\. )?Not from 127\.0\.0\.1$/);
    });

    it("a recipient is refused alone, and the others get the message as the last rule makes it", async () => {
      const { refused, arrived } = await send(["trap", "b"], "x");
      assert.match(refused.join(), /^trap: 550 5\.1\.1 (<[^>]*>\.\.\. )?No trap@example\.net here$/);
      const received = await arrived("b");
      assert.deepEqual(recipientsOf(received), ["b@example.net"]);
      assert.deepEqual(valuesOf(received, "Subject"), ["[EXT] x"]);
      assert.deepEqual(valuesOf(received, "X-Spam-Flag"), []);
    });

    it("no spelling of an address gets past a rule, and it is found to be removed", async () => {
      const { mta } = await (started ??= start());
      const client = await SmtpClient.connect(mta.port);
      try {
        await client.ehlo();
        const sender = `${kind}-${++count}@example.test`;
        for (const spelling of ["a@forged.example (x)", "a@ forged.example", 'a@"forged.example"']) {
          assert.equal((await client.command(`MAIL FROM:<${spelling}>`)).code, 550, spelling);
        }
        assert.equal((await client.mail(sender)).code, 250);
        const local = ['"trap"', '"t\\rap"', "@r.example:trap", "trap(x)", "trap "];
        for (const spelling of [...local.map((each) => `${each}@example.net`), "Joe <trap@example.net>"]) {
          assert.equal((await client.command(`RCPT TO:<${spelling}>`)).code, 550, spelling);
        }
        for (const spelling of ["@r.example:drop", '"drop"', "@r.example:gone", "b"]) {
          assert.equal((await client.command(`RCPT TO:<${spelling}@example.net>`)).code, 250, spelling);
        }
        assert.equal(
          (await client.data(message(["From: a@example.org", "Subject: x"], "hello\r\n"))).code,
          250,
        );
        await client.quit();
        const received = await mta.nextHop.waitForMessage(({ mail, rcpts }) =>
          mail.includes(sender) && rcpts.some((rcpt) => rcpt.includes("b@"))
        );
        assert.deepEqual(recipientsOf(received), ["b@example.net", "new@example.net"]);
      } finally {
        client.destroy();
      }
    });

    it("each recipient has its own outcome: one accepted, one redirected, one dropped", async () => {
      const { refused, arrived } = await send(["postmaster", "gone", "drop"], "x");
      assert.deepEqual(refused, []);
      assert.deepEqual(recipientsOf(await arrived("postmaster")), [
        "new@example.net",
        "postmaster@example.net",
      ]);
    });

    it("a message for which all rules accept or drop is not refused for its subject", async () => {
      assert.deepEqual((await send(["postmaster"], "lottery")).refused, []);
      const { refused, milterkit, sender } = await send(["drop"], "lottery");
      assert.deepEqual(refused, []);
      const [record] = await milterkit.waitForRecords((each) => each.sender === sender);
      assert.equal(record?.outcome, "discard");
      assert.deepEqual(record?.labels, ["drop"]);
    });

    it("a message is refused at its end, for all", async () => {
      const { refused } = await send(["postmaster", "b"], "=?utf-8?B?TG90dGVyeQ==?=");
      assert.deepEqual(refused, ["data: 554 5.6.0 No lotteries"]);
      const large = await send(["b"], "x", { body: `${"a".repeat(70)}\r\n`.repeat(800) });
      assert.deepEqual(large.refused, ["data: 552 5.3.4 Too large"]);
    });

    it("a copy goes to somebody else, too", async () => {
      const { refused, arrived } = await send(["b"], "copy");
      assert.deepEqual(refused, []);
      assert.deepEqual(recipientsOf(await arrived("archive")), ["archive@example.net", "b@example.net"]);
    });

    it("a message is held, and the log has the rule", async () => {
      const { refused, milterkit, sender, mta } = await send(["b"], "hold");
      assert.deepEqual(refused, []);
      const [record] = await milterkit.waitForRecords((each) =>
        each.sender === sender && each.type === "message"
      );
      assert.deepEqual(record?.labels, ["hold"]);
      assert.match(String(record?.held ?? JSON.stringify(record)), /Held by \w+/);
      const held = kind === "postfix"
        ? (mta as Postfix).held()
        : (mta as Sendmail).queued().filter((name) => /hf/.test(name));
      assert.equal(held.length, 1);
    });
  });
}
