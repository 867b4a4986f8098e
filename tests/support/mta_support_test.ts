/** The mail servers that other tests put filters behind: each starts, and takes a message to its next hop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type MailServer, skipFor } from "./instance.ts";
import { messageText } from "./next_hop.ts";
import { postfixProblem, startPostfix } from "./postfix.ts";
import { at } from "./present.ts";
import { sendmailProblem, startSendmail } from "./sendmail.ts";
import { sendMessage } from "./smtp_client.ts";
import { startSystemPostfix, systemPostfixProblem } from "./system_postfix.ts";

const MESSAGE = "From: a@example.test\nSubject: hello\n\n.one dot\nbody\n";

async function relayOne(mta: MailServer): Promise<void> {
  const reply = await sendMessage(mta.port, "a@example.test", ["b@example.test"], MESSAGE);
  assert.equal(reply.code, 250, `${reply.lines}\n${await mta.logs()}`);
  const received = at(await mta.nextHop.waitFor(1), 0);
  assert.match(received.mail, /^<a@example\.test>/);
  assert.deepEqual(received.rcpts.map((each) => each.split(" ")[0]), ["<b@example.test>"]);
  // some of them add a Date and a Message-Id
  assert.match(messageText(received), /\r\nSubject: hello\r\n([^]*\r\n)?\r\n\.one dot\r\nbody\r\n$/);
}

test(
  "a private Postfix relays a message",
  { skip: skipFor(await postfixProblem()), timeout: 60_000 },
  async () => {
    const mta = await startPostfix({ milters: [] });
    try {
      await relayOne(mta);
      await mta.sendmail(["-f", "local@example.test", "c@example.test"], "Subject: local\n\nhi\n");
      const local = await mta.nextHop.waitForMessage(({ rcpts }) =>
        rcpts.some((each) => each.includes("c@"))
      );
      assert.match(messageText(local), /Subject: local\r\n/);
    } finally {
      await mta.stop();
    }
  },
);

test(
  "a private Sendmail relays a message",
  { skip: skipFor(await sendmailProblem()), timeout: 60_000 },
  async () => {
    const mta = await startSendmail({ milters: [] });
    try {
      await relayOne(mta);
    } finally {
      await mta.stop();
    }
  },
);

test(
  "the installed Postfix relays a message",
  { skip: skipFor(systemPostfixProblem()), timeout: 120_000 },
  async () => {
    const mta = await startSystemPostfix();
    try {
      await relayOne(mta);
    } finally {
      await mta.stop();
    }
  },
);
