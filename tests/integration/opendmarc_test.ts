// opendmarc behind dkim-check and authenticate, behind a real Postfix and a real Sendmail: whose results does it believe?
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { forgedForm, OUR_ID } from "../auth/results_forms.ts";
import { bytes, ed25519Key, formatMessage, type Message, signMessage } from "../auth/dkim/support.ts";
import { newFolder, skipFor, writeShared } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { messageText } from "../support/next_hop.ts";
import { GUARDED_DOMAIN, opendmarcProblem, startOpendmarc } from "../support/opendmarc.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { valuesOf } from "./mta/text.ts";
import { Random } from "../support/random.ts";
import { SmtpClient } from "../support/smtp_client.ts";

const WANTED = 200;
/** Sendmail takes a tenth of a second for a message: it gets every fourth, or all of them with MILTERKIT_CASES. */
const OF_SENDMAIL = process.env.MILTERKIT_CASES === undefined ? 4 : 1;

const skip = skipFor(await postfixProblem() ?? await opendmarcProblem());

const unsigned: Message = {
  headers: [
    ["From", ` Someone <someone@${GUARDED_DOMAIN}>`],
    ["To", " b@example.test"],
    ["Subject", " money"],
    ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
    ["Message-ID", ` <1@${GUARDED_DOMAIN}>`],
  ],
  body: "a line\r\n",
};

const FILTERS = ["dkim-check", "authenticate"] as const;

test(
  `${WANTED} forged forms that opendmarc believes alone: behind our filters it believes none, and none is left`,
  {
    skip,
    timeout: 600_000,
  },
  async () => {
    const folder = newFolder("milterkit-opendmarc-test-");
    const key = ed25519Key();
    const keys = join(folder, "keys");
    writeShared(
      keys,
      `sel._domainkey.${GUARDED_DOMAIN} ${key.record}\n_dmarc.${GUARDED_DOMAIN} "v=DMARC1; p=reject"\n`,
    );
    const filters = await Promise.all(FILTERS.map((name) =>
      Milterkit.start([
        ...["serve", "--listen", "inet:0@127.0.0.1", "--filter", name],
        ...["--dns-records", keys, "--authserv-id", OUR_ID],
      ])
    ));
    const opendmarc = await startOpendmarc(OUR_ID);
    const [dkimCheck, authenticate] = [at(filters, 0).address, at(filters, 1).address];
    const postfix = await startPostfix({
      milters: [opendmarc.address],
      ways: [[dkimCheck, opendmarc.address], [authenticate, opendmarc.address], [authenticate]],
    });
    const sendmail = await sendmailProblem() === undefined
      ? await startSendmail({ milters: [], ways: [[authenticate, opendmarc.address], [authenticate]] })
      : undefined;
    const open = async (port: number) => {
      const client = await SmtpClient.connect(port);
      clients.push(client);
      await client.ehlo();
      return client;
    };
    const clients: SmtpClient[] = [];
    const send = async (client: SmtpClient, message: Message, recipient: string) => {
      const reply = await client.message("a@client.example", [recipient], bytes(formatMessage(message)));
      assert.ok(
        reply.code === 250 || /^rejected by DMARC policy for bank\.example$/.test(reply.text),
        reply.text,
      );
      return reply.code === 250;
    };
    const withResults = (value: string): Message => ({
      ...unsigned,
      headers: [["Authentication-Results", ` ${value}`], ...unsigned.headers],
    });
    try {
      const alone = await open(postfix.port);
      assert.ok(!await send(alone, unsigned, "no@example.test"), "mail without results is refused");

      const random = new Random(9989);
      const believed: string[] = [];
      for (let tries = 0; believed.length < WANTED; tries++) {
        assert.ok(tries < 20 * WANTED, `only ${believed.length} are believed`);
        const value = forgedForm(random);
        if (await send(alone, withResults(value), `f${believed.length}@example.test`)) believed.push(value);
      }
      for (const message of await postfix.nextHop.waitFor(WANTED)) {
        assert.match(messageText(message), /^Authentication-Results: mx\.kit\.test; dmarc=pass /m);
      }

      const few = believed.filter((_, i) => i % OF_SENDMAIL === 0);
      const guarded = [...postfix.wayPorts.slice(0, 2), ...(sendmail?.wayPorts.slice(0, 1) ?? [])];
      for (const [way, port] of guarded.entries()) {
        const client = await open(port);
        const passed: string[] = [];
        for (const value of way < 2 ? believed : few) {
          if (await send(client, withResults(value), "g@example.test")) passed.push(value);
        }
        assert.deepEqual(passed, [], `way ${way}`);
      }

      for (
        const [mta, port] of [[postfix, at(postfix.wayPorts, 2)], [sendmail, sendmail?.wayPorts[1]]] as const
      ) {
        if (mta === undefined || port === undefined) continue;
        const client = await open(port);
        mta.nextHop.clear();
        const forged = mta === postfix ? believed : few;
        for (const value of forged) assert.ok(await send(client, withResults(value), "h@example.test"));
        for (const message of await mta.nextHop.waitFor(forged.length)) {
          const fields = valuesOf(message, "Authentication-Results");
          assert.equal(fields.length, 1, fields.join("\n"));
          assert.match(at(fields, 0), /^mx\.kit\.test; .*dkim=none; dmarc=fail /);
        }
      }

      // It believes what our filters themselves say, forged fields or not.
      const signed = signMessage(unsigned, { key, tags: { d: GUARDED_DOMAIN } });
      signed.headers.unshift(["Authentication-Results", ` ${believed[0]}`]);
      for (const [way, port] of postfix.wayPorts.slice(0, 2).entries()) {
        assert.ok(await send(await open(port), signed, `signed${way}@example.test`));
        const arrived = messageText(
          await postfix.nextHop.waitForMessage(({ rcpts }) =>
            rcpts.some((each) => each.includes(`signed${way}@`))
          ),
        );
        assert.match(arrived, /^Authentication-Results: mx\.kit\.test; dmarc=pass /m);
        assert.equal(arrived.match(/dkim=/g)?.length, 1, arrived);
      }
    } finally {
      for (const client of clients) client.destroy();
      await Promise.all([postfix.stop(), sendmail?.stop()]);
      await Promise.all([...filters, opendmarc].map((each) => each.stop()));
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
