// What a Postfix makes of the actions of dkim-check.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bytes, ed25519Key, formatMessage, type Message, SAMPLE, signMessage } from "../auth/dkim/support.ts";
import { HOST_NAME, newFolder, skipFor, writeShared } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { messageText } from "../support/next_hop.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { SmtpClient, type SmtpReply } from "../support/smtp_client.ts";

const key = ed25519Key();
/** Postfix writes a lone CR or LF in another way, which breaks a signature. */
const PLAIN: Message = { headers: SAMPLE.headers, body: "a line\r\n" };
const good = signMessage(PLAIN, { key });
const altered = { ...good, body: "another line\r\n" };
const lost = signMessage(PLAIN, { key, tags: { s: "down" } });
const FORGED: [string, string] = ["Authentication-Results", ` ${HOST_NAME}; dkim=pass header.d=bank.example`];

const skip = skipFor(await postfixProblem());

interface Site {
  /** The answer, and what arrived: Authentication-Results with folds taken out; undefined if nothing did. */
  send(message: Message): Promise<{ reply: SmtpReply; results: string[] | undefined }>;
}

/** Gives the executable, which has ended: its log is whole. */
async function withSite(options: readonly string[], use: (site: Site) => Promise<void>): Promise<Milterkit> {
  const folder = newFolder("milterkit-dkim-policy-");
  const records = join(folder, "records");
  writeShared(records, `sel._domainkey.example.org ${key.record}\ndown._domainkey.example.org SERVFAIL\n`);
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json", "--filter", "dkim-check"],
    ...["--dns-records", records, "--authserv-id", HOST_NAME, ...options],
  ]);
  const postfix = await startPostfix({ milters: [milterkit.address] });
  const client = await SmtpClient.connect(postfix.port);
  try {
    await client.ehlo();
    let serial = 0;
    await use({
      async send(message) {
        const recipient = `r${++serial}@example.test`;
        const reply = await client.message("a@example.test", [recipient], bytes(formatMessage(message)));
        const arrives = reply.code === 250 && !options.includes("quarantine") && !options.includes("discard");
        if (!arrives) return { reply, results: undefined };
        const arrived = await postfix.nextHop.waitForMessage(({ rcpts }) =>
          rcpts.some((each) => each.includes(`<${recipient}>`))
        );
        const [head = ""] = messageText(arrived).split("\r\n\r\n");
        const fields = head.split(/\r\n(?![ \t])/).filter((line) => /^authentication-results:/i.test(line));
        return {
          reply,
          results: fields.map((line) => line.replace(/\r\n[ \t]+/g, " ").replace(/^[^ ]* /, "")),
        };
      },
    });
  } finally {
    client.destroy();
    await postfix.stop();
    await milterkit.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return milterkit;
}

const messagesOf = (milterkit: Milterkit) => milterkit.records().filter(({ type }) => type === "message");

test("refusals reach the client with their codes; what passes arrives with results", {
  skip,
  timeout: 120_000,
}, async () => {
  const options = ["--on-fail", "reject", "--on-none", "reject", "--require-from-domain"];
  const cases: [Message, number, string, RegExp][] = [
    [
      altered,
      550,
      "5.7.20",
      /^No passing DKIM signature found \(example\.org: the body hash did not verify\)$/,
    ],
    [PLAIN, 550, "5.7.20", /^No passing DKIM signature found$/],
    [
      { headers: [["Subject", " second"], ...good.headers], body: good.body },
      550,
      "5.7.21",
      /^No acceptable DKIM/,
    ],
    [
      signMessage({ headers: [["From", " a@example.com"]], body: "x\r\n" }, { key }),
      550,
      "5.7.22",
      /^No valid author-matched DKIM/,
    ],
    [lost, 451, "4.7.20", /the key lookup failed \(servfail\)/],
  ];
  const milterkit = await withSite(options, async ({ send }) => {
    for (const [message, code, enhanced, text] of cases) {
      const { reply } = await send(message);
      assert.deepEqual([reply.code, reply.enhanced], [code, enhanced]);
      assert.match(reply.text, text);
    }
    const { reply, results } = await send({ headers: [FORGED, ...good.headers, FORGED], body: good.body });
    assert.equal(reply.code, 250);
    assert.equal(results?.length, 1, "the forged ones are gone");
    assert.match(results?.[0] ?? "", new RegExp(`^${HOST_NAME}; dkim=pass `));
  });
  assert.equal(messagesOf(milterkit).length, cases.length + 1, "one line for each message");
});

test("quarantine holds the message, discard takes it", { skip, timeout: 120_000 }, async () => {
  for (const action of ["quarantine", "discard"]) {
    const milterkit = await withSite(["--on-fail", action], async ({ send }) => {
      const { reply } = await send(altered);
      assert.equal(reply.code, 250);
    });
    const record = at(messagesOf(milterkit), 0);
    assert.equal(record.outcome, action === "discard" ? "discard" : "accept");
    if (action === "quarantine") assert.match(String(record.held), /the body hash did not verify/);
  }
});

test(
  "a trusted client is let through, and says so; --dry-run only logs",
  { skip, timeout: 120_000 },
  async () => {
    await withSite(["--on-fail", "reject", "--trust", "127.0.0.0/8"], async ({ send }) => {
      const { results } = await send({ ...altered, headers: [FORGED, ...altered.headers] });
      assert.deepEqual(results, [`${HOST_NAME} (not checked: trusted network); none`]);
    });
    const milterkit = await withSite(["--on-fail", "reject", "--dry-run"], async ({ send }) => {
      const { reply, results } = await send(altered);
      assert.equal(reply.code, 250);
      assert.deepEqual(results, []);
    });
    assert.match(milterkit.log(), /reject \(550 5\.7\.20 No passing DKIM signature found/);
  },
);
