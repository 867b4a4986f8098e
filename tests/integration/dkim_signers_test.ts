// Messages signed on the spot by other implementations, through a real Postfix to the executable.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Canonicalization } from "../../lib/auth/dkim/signature.ts";
import { KeyFiles, Peer, type PeerName, peerProblem, SIGNERS } from "../auth/peer.ts";
import {
  bytes,
  ed25519Key,
  formatMessage,
  type Message,
  parseMessage,
  rsaKey,
  withHeader,
} from "../auth/dkim/support.ts";
import { HOST_NAME, newFolder, skipFor, writeShared } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { messageText } from "../support/next_hop.ts";
import { type Postfix, postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { SmtpClient } from "../support/smtp_client.ts";

const FORMS: readonly Canonicalization[] = ["simple", "relaxed"];
const HEADERS: Message["headers"] = [
  ["Received", " from a.example by b.example;\r\n\tMon, 6 Oct 2025 10:00:00 +0000"],
  ["From", " Someone  <someone@example.org>"],
  ["To", " \tother@example.com"],
  ["Subject", " a  folded \r\n\t subject caf\xe9 \t"],
  ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
  ["Message-ID", " <1@example.org>"],
  ["X-Empty", ""],
];
/** SMTP ends the last line where the message does not. */
const BODIES: Readonly<Record<string, string>> = {
  "empty": "",
  "one line": "hello\r\n",
  "no final line end": "hello\r\n  there",
  "trailing blank lines": "hello\r\n \t\r\n\r\n\r\n\r\n",
  "blank lines alone": "\r\n\r\n\r\n",
  "8-bit": "caf\xe9 \xff\x80\x01 \xc3\xa9\r\n",
  "dots and white space": ".\r\n..\r\n \t two\t\ttabs  \r\n.dot\r\n",
  "huge lines": `${"x".repeat(70_000)}\r\n${"y z".repeat(3000)}\r\n`,
};

/**
 * RFC 6376 section 3.4 ends the last line where the message does not; libopendkim calls that a syntax error, and
 * Mail::DKIM signs it as it is, which holds nowhere behind SMTP. They sign it ended, and it is sent without.
 */
const WANT_LINE_END: readonly PeerName[] = ["libopendkim", "Mail::DKIM"];

const keys = { rsa: rsaKey(), ed25519: ed25519Key() };
const files = { rsa: new KeyFiles(keys.rsa), ed25519: new KeyFiles(keys.ed25519) };

interface Running {
  readonly postfix: Postfix;
  readonly client: SmtpClient;
  stop(): Promise<void>;
}

let running: Promise<Running> | undefined;
after(async () => {
  await (await running)?.stop();
  for (const each of Object.values(files)) each.remove();
});

async function start(): Promise<Running> {
  const folder = newFolder("milterkit-dkim-signers-");
  const records = join(folder, "records");
  const lines = Object.entries(keys).map(([type, { record }]) =>
    `${type}._domainkey.example.org ${record}\n`
  );
  writeShared(records, lines.join(""));
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--filter", "dkim-check"],
    ...["--dns-records", records, "--authserv-id", HOST_NAME],
  ]);
  const postfix = await startPostfix({ milters: [milterkit.address] });
  const client = await SmtpClient.connect(postfix.port);
  await client.ehlo();
  return {
    postfix,
    client,
    async stop() {
      client.destroy();
      await postfix.stop();
      await milterkit.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let serial = 0;

/** The results that a message arrives with behind Postfix. */
async function resultsOf(message: Message): Promise<string> {
  running ??= start();
  const { postfix, client } = await running;
  const recipient = `r${++serial}@example.test`;
  const reply = await client.message("a@example.test", [recipient], bytes(formatMessage(message)));
  assert.equal(reply.code, 250, reply.lines.join("\n"));
  const arrived = await postfix.nextHop.waitForMessage(({ rcpts }) =>
    rcpts.some((each) => each.includes(`<${recipient}>`))
  );
  const fields = parseMessage(messageText(arrived)).headers.filter(([name]) =>
    name === "Authentication-Results"
  );
  assert.equal(fields.length, 1);
  return at(fields, 0)[1].replace(/\r\n[ \t]+/g, " ");
}

/** Another letter for the first one behind `start`. */
function altered(text: string, start: string): string {
  const at = text.indexOf(start);
  assert.ok(at >= 0);
  return text.slice(0, at) + (start[0] === "z" ? "y" : "z") + text.slice(at + 1);
}

const postfixMissing = await postfixProblem();
for (const { name, type, headers } of SIGNERS) {
  const skip = skipFor(postfixMissing ?? peerProblem(name));
  const algorithm = `${type}-sha256` as const;
  test(`${name}, ${algorithm}: passes through Postfix, and not with one byte altered`, {
    skip,
    timeout: 170_000,
  }, async () => {
    const peer = new Peer(name);
    try {
      for (const header of headers) {
        for (const body of FORMS) {
          for (const [what, text] of Object.entries(BODIES)) {
            const where = `${header}/${body}, ${what}`;
            const added = WANT_LINE_END.includes(name) && /[^\n]$/.test(text) ? "\r\n" : "";
            const source = await peer.sign({
              message: formatMessage({ headers: HEADERS, body: text + added }),
              header,
              body,
              algorithm,
              selector: type,
              domain: "example.org",
              keyFile: files[type].for(name, algorithm),
              names: ["from", "to", "subject", "date", "message-id"],
            });
            const signed = parseMessage(source.slice(0, source.length - added.length));
            const pass = new RegExp(
              `^ ${HOST_NAME}; dkim=pass \\([^)]*\\) header\\.d=example\\.org .*header\\.a=${algorithm}`,
            );
            assert.match(await resultsOf(signed), pass, where);
            const letter = /[a-z]/.exec(text)?.[0];
            const otherBody = letter === undefined ? signed.body + "z\r\n" : altered(signed.body, letter);
            const fail = /; dkim=fail .*reason="the body hash did not verify"/;
            assert.match(await resultsOf({ ...signed, body: otherBody }), fail, where);
            const otherHeader = withHeader(signed, "Subject", (value) => altered(value, "folded"));
            assert.match(await resultsOf(otherHeader), /; dkim=fail .*reason="the signature did not/, where);
          }
        }
      }
    } finally {
      peer.stop();
    }
  });
}
