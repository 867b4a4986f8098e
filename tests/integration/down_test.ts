// What becomes of mail while nobody answers at the milter's address, and after.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../support/instance.ts";
import type { MailServer } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { sendMessage, SmtpClient } from "../support/smtp_client.ts";
import { latin1Bytes, message, valuesOf } from "./mta/text.ts";

interface Case {
  title: string;
  skip: string | undefined;
  start: (address: string) => Promise<MailServer>;
  /** Whether mail goes on unfiltered, rather than being put off. */
  accepts: boolean;
}

const [noPostfix, noSendmail] = [skipFor(await postfixProblem()), skipFor(await sendmailProblem())];

const cases: Case[] = [
  {
    title: "Postfix, milter_default_action=tempfail",
    skip: noPostfix,
    start: (address) => startPostfix({ milters: [address], defaultAction: "tempfail" }),
    accepts: false,
  },
  {
    title: "Postfix, milter_default_action=accept",
    skip: noPostfix,
    start: (address) => startPostfix({ milters: [address], defaultAction: "accept" }),
    accepts: true,
  },
  {
    title: "Sendmail, F=T",
    skip: noSendmail,
    start: (address) => startSendmail({ milters: [address], flags: "T" }),
    accepts: false,
  },
  {
    title: "Sendmail, no flag",
    skip: noSendmail,
    start: (address) => startSendmail({ milters: [address], flags: "" }),
    accepts: true,
  },
];

const text = (subject: string) => latin1Bytes(message(["From: a@example.test", `Subject: ${subject}`]));
const [from, to] = ["a@example.test", "b@example.test"];

for (const { title, skip, start, accepts } of cases) {
  test(
    `${title}: mail while Milterkit is down, and when it is back`,
    { skip, timeout: 120_000 },
    async () => {
      const address = `inet:${await freePort()}@127.0.0.1`;
      const mta = await start(address);
      let milterkit: Milterkit | undefined;
      const filtered = async (subject: string) => {
        const received = await mta.nextHop.waitForMessage((each) => valuesOf(each, "Subject")[0] === subject);
        return valuesOf(received, "X-Filtered").length > 0;
      };
      const subjects = () => mta.nextHop.messages.map((each) => valuesOf(each, "Subject")[0]);
      try {
        const down = await sendMessage(mta.port, from, [to], text("down"));
        assert.equal(down.code, accepts ? 250 : 451, String(down.lines));
        if (accepts) assert.equal(await filtered("down"), false);

        const serve = () =>
          Milterkit.start([
            "serve",
            ...["--listen", address, "--filter", "header-rewrite", "--add", "X-Filtered: yes"],
          ]);
        milterkit = await serve();
        assert.equal((await sendMessage(mta.port, from, [to], text("up"))).code, 250);
        assert.equal(await filtered("up"), true);

        // nothing of what it had in hand may pass for filtered
        const client = await SmtpClient.connect(mta.port);
        await client.ehlo();
        await client.mail(from);
        await client.rcpt(to);
        milterkit.signal("SIGKILL");
        assert.equal((await milterkit.ended).signal, "SIGKILL");
        const killed = await client.data(text("killed"));
        client.destroy();
        assert.equal(killed.code, accepts ? 250 : 451, String(killed.lines));
        if (accepts) assert.equal(await filtered("killed"), false);

        milterkit = await serve();
        assert.equal((await sendMessage(mta.port, from, [to], text("back"))).code, 250);
        assert.equal(await filtered("back"), true);
        assert.deepEqual(subjects(), accepts ? ["down", "up", "killed", "back"] : ["up", "back"]);
      } finally {
        await mta.stop();
        await milterkit?.stop();
      }
    },
  );
}
