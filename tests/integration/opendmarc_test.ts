// opendmarc behind dkim-check, behind a real Postfix: whose results does it believe?
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forgedForm, OUR_ID } from "../auth/results_forms.ts";
import { bytes, ed25519Key, formatMessage, type Message, signMessage } from "../auth/dkim/support.ts";
import { newFolder, skipFor, writeShared } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { messageText } from "../support/next_hop.ts";
import { GUARDED_DOMAIN, opendmarcProblem, startOpendmarc } from "../support/opendmarc.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { Random } from "../support/random.ts";
import { SmtpClient } from "../support/smtp_client.ts";

const WANTED = 200;

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

test(`${WANTED} forged forms that opendmarc believes alone make none of them dmarc=pass behind dkim-check`, {
  skip,
  timeout: 300_000,
}, async () => {
  const folder = newFolder("milterkit-opendmarc-test-");
  const key = ed25519Key();
  const keys = join(folder, "keys");
  writeShared(keys, `sel._domainkey.${GUARDED_DOMAIN} ${key.record}\n`);
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--filter", "dkim-check"],
    ...["--dns-records", keys, "--authserv-id", OUR_ID],
  ]);
  const opendmarc = await startOpendmarc(OUR_ID);
  const postfix = await startPostfix({
    milters: [opendmarc.address],
    ways: [[milterkit.address, opendmarc.address]],
  });
  const alone = await SmtpClient.connect(postfix.port);
  const behind = await SmtpClient.connect(at(postfix.wayPorts, 0));
  const clients = [alone, behind];
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
    for (const client of clients) await client.ehlo();
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

    const passed: string[] = [];
    for (const value of believed) {
      if (await send(behind, withResults(value), "g@example.test")) passed.push(value);
    }
    assert.deepEqual(passed, []);

    // It believes what dkim-check itself says, forged fields or not.
    const signed = signMessage(unsigned, { key, tags: { d: GUARDED_DOMAIN } });
    signed.headers.unshift(["Authentication-Results", ` ${believed[0]}`]);
    assert.ok(await send(behind, signed, "signed@example.test"));
    const arrived = messageText(
      await postfix.nextHop.waitForMessage(({ rcpts }) => rcpts.some((each) => each.includes("signed@"))),
    );
    assert.match(arrived, /^Authentication-Results: mx\.kit\.test; dmarc=pass /m);
    assert.equal(arrived.match(/dkim=/g)?.length, 1, arrived);
  } finally {
    for (const client of clients) client.destroy();
    await postfix.stop();
    await Promise.all([milterkit.stop(), opendmarc.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
});
