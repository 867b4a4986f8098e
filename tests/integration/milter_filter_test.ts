// opendkim in a place of the chain, behind a real Postfix.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { newFolder, skipFor, writeShared } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { messageText } from "../support/next_hop.ts";
import { freePort } from "../support/ports.ts";
import { type Postfix, postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { type Daemon, findCommand, sleep, startDaemon } from "../support/process.ts";
import { SmtpClient, type SmtpReply } from "../support/smtp_client.ts";

const opendkim = findCommand("opendkim");
const skip = skipFor(await postfixProblem() ?? (opendkim ? undefined : "needs opendkim (Debian: opendkim)"));

const SIZE_LIMIT = ["--filter", "size-limit", "--max", "400kB"];
const REWRITE = ["--filter", "header-rewrite", "--add", "X-Client: {client_addr}", "--remove", "X-Secret*"];

const folder = newFolder("milterkit-milter-filter-");
const settings = join(folder, "opendkim.conf");
const key = join(folder, "key.pem");
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
writeFileSync(key, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
writeShared(
  settings,
  `Mode sv\nDomain example.org\nSelector sel\nKeyFile ${key}\nRequireSafeKeys no\nInternalHosts 127.0.0.0/8\n` +
    "Syslog no\nCanonicalization simple/simple\nOmitHeaders X-Secret*\nAlwaysAddARHeader yes\n",
);
after(() => rmSync(folder, { recursive: true, force: true }));

async function startOpendkim(port: number): Promise<Daemon> {
  const daemon = startDaemon(
    [opendkim!, "-f", "-x", settings, "-p", `inet:${port}@127.0.0.1`],
    { PATH: "/usr/sbin:/usr/bin", LC_ALL: "C" },
    join(folder, "opendkim.log"),
  );
  for (const end = Date.now() + 30_000; !await connects(port); await sleep(20)) {
    if (Date.now() > end) throw new Error("opendkim does not listen");
  }
  return daemon;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    }).once("error", () => resolve(false));
  });
}

const serve = (...filters: string[]): Promise<Milterkit> =>
  Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json", ...filters]);

const isFilterError = ({ type }: Record<string, unknown>) => type === "filter-error";

let serial = 0;

/** Sends a message through a port of Postfix; the reply, and what arrived. */
async function deliver(
  postfix: Postfix,
  client: SmtpClient,
  message: string,
): Promise<{ reply: SmtpReply; arrived: string | undefined }> {
  const recipient = `r${++serial}@example.test`;
  const bytes = Uint8Array.from(message, (char) => char.charCodeAt(0));
  const reply = await client.message("a@example.org", [recipient], bytes);
  if (reply.code !== 250) return { reply, arrived: undefined };
  const arrived = await postfix.nextHop.waitForMessage(({ rcpts }) =>
    rcpts.some((each) => each.includes(`<${recipient}>`))
  );
  return { reply, arrived: messageText(arrived) };
}

/** Without what is another each time: ids, dates, and what a signature makes of the time. */
function comparable(text: string | undefined): string | undefined {
  return text?.replace(/\b(id|Queue-ID:) [0-9A-F]+/g, "$1 ID").replace(/r\d+@example\.test/g, "RECIPIENT")
    .replace(/; \w{3}, .*\(UTC\)|\r\n\t\w{3}, .*\(UTC\)/g, "; TIME")
    .replace(/\bt=\d+/g, "t=TIME").replace(/\bb=[\w+/=\s]+/g, "b=SIGNATURE");
}

const HEAD = "From: a@example.org\r\nTo: b@example.test\r\nDate: Mon, 6 Oct 2025 10:00:00 +0000\r\n" +
  "Message-ID: <1@example.org>\r\n";
const MESSAGES = {
  "plain": `${HEAD}Subject: plain\r\n\r\nHello\r\n`,
  "8-bit and folded":
    `${HEAD}Subject: caf\xe9 \xff\r\n\tfolded  twice\r\n  over\r\nX-Secret-A: 1\r\nX-Secret: 2\r\n\r\n` +
    "\xe9\xff\r\n.dot\r\n\r\n\r\n",
  "no body": `${HEAD}Subject: nothing\r\n\r\n`,
  "large": `${HEAD}Subject: large\r\n\r\n${"0123456789 lines and lines\r\n".repeat(12_000)}`,
  "too large": `${HEAD}Subject: large\r\n\r\n${"0123456789 lines and lines\r\n".repeat(20_000)}`,
};

test("size-limit, opendkim, header-rewrite give as a chain what they give as three milters", {
  skip,
  timeout: 120_000,
}, async () => {
  const port = await freePort();
  const signer = await startOpendkim(port);
  const address = `inet:${port}@127.0.0.1`;
  const [limit, rewrite, chain] = await Promise.all([
    serve(...SIZE_LIMIT),
    serve(...REWRITE),
    serve(...SIZE_LIMIT, "--filter", "milter", "--address", address, "--label", "opendkim", ...REWRITE),
  ]);
  const postfix = await startPostfix({
    milters: [],
    ways: [[limit.address, address, rewrite.address], [chain.address]],
  });
  const clients = await Promise.all(postfix.wayPorts.map((port) => SmtpClient.connect(port)));
  try {
    for (const client of clients) await client.ehlo();
    for (const [name, message] of Object.entries(MESSAGES)) {
      const separate = await deliver(postfix, at(clients, 0), message);
      const chained = await deliver(postfix, at(clients, 1), message);
      assert.equal(chained.reply.code, name === "too large" ? 552 : 250, name);
      const replyOf = ({ reply }: typeof separate) =>
        reply.lines.join("\n").replace(/as [0-9A-F]+$/, "as ID");
      assert.equal(replyOf(chained), replyOf(separate), name);
      assert.equal(comparable(chained.arrived), comparable(separate.arrived), name);
      if (chained.arrived === undefined) continue;
      assert.match(
        chained.arrived,
        /^DKIM-Signature: v=1; a=rsa-sha256; c=simple\/simple; d=example.org/m,
        name,
      );
      assert.match(chained.arrived, /^X-Client: 127\.0\.0\.1\r$/m, name);
      assert.doesNotMatch(at(chained.arrived.split("\r\n\r\n"), 0), /X-Secret/, name);
    }
    await chain.stop();
    assert.deepEqual(chain.records().filter(isFilterError), []);
  } finally {
    for (const client of clients) client.destroy();
    await postfix.stop();
    await Promise.all([limit.stop(), rewrite.stop(), chain.stop(), signer.stop(0)]);
  }
});

const KILLED = {
  tempfail: { code: 451, signed: true },
  reject: { code: 550, signed: true },
  accept: { code: 250, signed: true },
  skip: { code: 250, signed: false },
} as const;

for (const [onError, { code, signed }] of Object.entries(KILLED)) {
  test(`opendkim is killed in the midst of a message, and comes back: ${onError}`, {
    skip,
    timeout: 120_000,
  }, async () => {
    const port = await freePort();
    let signer = await startOpendkim(port);
    const chain = await serve(
      ...SIZE_LIMIT,
      ...["--filter", "milter", "--address", `inet:${port}@127.0.0.1`, "--on-error", onError],
      ...REWRITE,
    );
    const postfix = await startPostfix({ milters: [chain.address] });
    const client = await SmtpClient.connect(postfix.port);
    const isSigned = (text: string | undefined) => /^DKIM-Signature:/m.test(text ?? "");
    try {
      await client.ehlo();
      assert.ok(isSigned((await deliver(postfix, client, MESSAGES.plain)).arrived));

      const recipient = `killed-${onError}@example.test`;
      assert.equal((await client.command("MAIL FROM:<a@example.org>")).code, 250);
      const before = await client.command(`RCPT TO:<${recipient}>`);
      assert.equal(before.code, 250);
      await signer.stop(0);
      const reply = await client.data(Uint8Array.from(MESSAGES.plain, (char) => char.charCodeAt(0)));
      assert.equal(reply.code, code, reply.text);
      if (code === 250) {
        const arrived = messageText(
          await postfix.nextHop.waitForMessage(({ rcpts }) => rcpts.some((each) => each.includes(recipient))),
        );
        assert.ok(!isSigned(arrived));
        assert.match(arrived, /^X-Client: 127\.0\.0\.1\r$/m);
      }
      // A message is reported after its errors.
      await chain.waitForRecords(({ recipients }) => (recipients as string[] | undefined)?.[0] === recipient);
      assert.equal(chain.records().filter(isFilterError).length, 1, chain.log());

      // While it is down, the next message on the same connection fares alike.
      const down = await deliver(postfix, client, MESSAGES.plain);
      assert.equal(down.reply.code, code, down.reply.text);
      assert.ok(!isSigned(down.arrived));

      signer = await startOpendkim(port);
      const same = await deliver(postfix, client, MESSAGES.plain);
      assert.equal(same.reply.code, 250);
      assert.equal(isSigned(same.arrived), signed, "on the same SMTP connection");
      const other = await SmtpClient.connect(postfix.port);
      await other.ehlo();
      assert.ok(isSigned((await deliver(postfix, other, MESSAGES.plain)).arrived));
      other.destroy();
    } finally {
      client.destroy();
      await postfix.stop();
      await Promise.all([chain.stop(), signer.stop(0)]);
    }
  });
}
