// What the MTAs show filters of messages with odd heads: the table that the reader is tested with, asked again.
// Runs once: what is asked is what the MTAs do, which is the same whatever runtime asks.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import { serve, type Server } from "../../lib/server/server.ts";
import { type Made, ODD_HEADS, type Shown } from "../message/odd_heads.ts";
import { type MailServer, skipFor } from "../support/instance.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { SmtpClient } from "../support/smtp_client.ts";

let fields: string[] = [];
let body = "";
let ended = false;

/** Writes down what it is shown. */
const recorder = {
  name: "recorder",
  mail() {
    fields = [];
    body = "";
    ended = false;
  },
  header({ nameBytes, rawValueBytes }: { nameBytes: Uint8Array; rawValueBytes: Uint8Array }) {
    fields.push(`${latin1Text(nameBytes)}:${latin1Text(rawValueBytes)}`);
  },
  body(chunk: Uint8Array) {
    body += latin1Text(chunk);
  },
  eom() {
    ended = true;
  },
};

async function madeOf(port: number, message: string): Promise<Made> {
  ended = false;
  const client = await SmtpClient.connect(port);
  try {
    await client.ehlo();
    const bytes = latin1Bytes(message.replaceAll("\n", "\r\n"));
    const { code } = await client.message("a@example.test", ["b@example.test"], bytes);
    if (code !== 250) return code;
    assert.ok(ended);
    return [fields, body.replaceAll("\r\n", "\n")];
  } finally {
    client.destroy();
  }
}

const noPostfix = skipFor(await postfixProblem());
const noSendmail = skipFor(await sendmailProblem());

/** An MTA with the recorder as its milter, started when the first test wants it. */
function startedOnce<T extends MailServer>(start: (milters: string[]) => Promise<T>): () => Promise<T> {
  let started: Promise<{ mta: T; server: Server }> | undefined;
  after(async () => {
    await (await started)?.mta.stop();
    await (await started)?.server.abort();
  });
  const both = async () => {
    const server = await serve({ listen: "inet:0@127.0.0.1", filters: [recorder] });
    return { server, mta: await start([...server.addresses]) };
  };
  return async () => (await (started ??= both())).mta;
}

const postfix = startedOnce((milters) => startPostfix({ milters, nonSmtpdMilters: milters }));
const sendmail = startedOnce((milters) => startSendmail({ milters }));

for (const [what, message, byPostfix, bySendmail = byPostfix] of ODD_HEADS) {
  test(`Postfix shows a filter: ${what}`, { skip: noPostfix }, async () => {
    assert.deepEqual(await madeOf((await postfix()).port, message), byPostfix);
  });
  test(`Sendmail shows a filter: ${what}`, { skip: noSendmail }, async () => {
    assert.deepEqual(await madeOf((await sendmail()).port, message), bySendmail);
  });
}

test(
  "Postfix shows the same of mail by sendmail(1), less lines of mailboxes",
  { skip: noPostfix },
  async () => {
    const mta = await postfix();
    const named = (wanted: string) => ODD_HEADS.find(([what]) => what === wanted)!;
    const own = /^(?:Message-Id|Date|From|Resent-(?:Message-Id|Date|From)):/;
    for (
      const [, message, made] of [
        named("fields that Postfix takes out"),
        named("From_, then >From_"),
        named("a space before the colon"),
        named("NUL in a value"),
      ]
    ) {
      ended = false;
      await mta.sendmail(["-f", "a@example.test", "b@example.test"], latin1Bytes(message));
      await mta.idle();
      assert.ok(ended);
      const [wanted, wantedBody] = made as Shown;
      assert.deepEqual(
        [fields.filter((field) => !own.test(field)), body],
        [wanted.filter((field) => !field.startsWith("X-Mailbox-Line:")), wantedBody.replaceAll("\n", "\r\n")],
      );
    }
  },
);
