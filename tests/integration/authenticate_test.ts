// What authenticate says of honest and forged mail behind a real Postfix and a real Sendmail, with a real name server; and
// what Debian's opendkim, pyspf-milter and opendmarc say of the same messages. MILTERKIT_TABLE=1 prints both, side by side.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import process from "node:process";
import { after, test } from "node:test";
import { type Nsd, nsdProblem, startNsd } from "../dns/nsd.ts";
import { parseAuthResults } from "../../lib/auth/parse_auth_results.ts";
import { bytes, formatMessage } from "../auth/dkim/support.ts";
import { debianChecksProblem, startOpendkim, startPyspfMilter } from "../support/debian_checks.ts";
import { HOST_NAME, type MailServer, skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { opendmarcProblem, startOpendmarc } from "../support/opendmarc.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { SmtpClient, type SmtpReply } from "../support/smtp_client.ts";
import { CASES, type MailCase } from "./authentication/messages.ts";
import { CLIENTS, zones } from "./authentication/world.ts";
import { valuesOf } from "./mta/text.ts";

const noServer = nsdProblem();
let nameServer: Nsd | undefined;
after(() => nameServer?.stop());

function startFilter(...options: string[]): Promise<Milterkit> {
  return Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json", "--filter", "authenticate"],
    ...["--dns-server", nameServer?.address ?? "", "--authserv-id", HOST_NAME, ...options],
  ]);
}

let serial = 0;

/** Sends a message from the client that the case names. */
async function send(port: number, mail: MailCase): Promise<{ reply: SmtpReply; recipient: string }> {
  const recipient = `r${++serial}@example.test`;
  const client = await SmtpClient.connect(port, { localAddress: CLIENTS[mail.client], timeoutMs: 60_000 });
  try {
    await client.ehlo(mail.helo);
    const reply = await client.message(mail.mailFrom, [recipient], bytes(formatMessage(mail.message)));
    if (reply.code < 400) await client.quit();
    return { reply, recipient };
  } finally {
    client.destroy();
  }
}

/** The fields with results that arrived. */
async function delivered(mta: MailServer, port: number, mail: MailCase): Promise<readonly string[]> {
  const { reply, recipient } = await send(port, mail);
  assert.equal(reply.code, 250, `${mail.name}: ${reply.text}`);
  const received = await mta.nextHop.waitForMessage(({ rcpts }) =>
    rcpts.some((each) => each.includes(recipient))
  );
  return valuesOf(received, "Authentication-Results");
}

/** Results as in `spf=pass dkim=pass,fail dmarc=pass`. */
function summary(fields: readonly string[]): string {
  const text = fields.filter((field) => field.includes(HOST_NAME)).map(withoutComments).join(";");
  return ["spf", "dkim", "dmarc"].map((method) => {
    const found = [...text.matchAll(new RegExp(`[;\\s]${method}=(\\w+)`, "g"))].map(([, result]) => result);
    return `${method}=${found.join(",") || "-"}`;
  }).join(" ");
}

/** opendkim's fields do not always follow the grammar: `header.b=` may have a slash outside quotes. */
function withoutComments(field: string): string {
  return field.replace(/"[^"]*"/g, '""').replace(/\([^()]*\)/g, "");
}

const MTAS = [
  ["Postfix", postfixProblem, (ways: string[][]) => {
    return startPostfix({ milters: [], ways, mainCf: { smtpd_peername_lookup: "no" } });
  }],
  ["Sendmail", sendmailProblem, (ways: string[][]) => startSendmail({ milters: [], ways })],
] as const;

for (const [name, problem, start] of MTAS) {
  test(`${name}: honest, forwarded, forged and broken mail gets its results, and its policy`, {
    skip: skipFor(noServer ?? await problem()),
    timeout: 180_000,
  }, async () => {
    nameServer ??= await startNsd(zones());
    const reporting = await startFilter();
    const acting = await startFilter("--on-dmarc-fail", "policy");
    const mta = await start([[reporting.address], [acting.address]]);
    const wrong: string[] = [];
    try {
      for (const mail of CASES) {
        const isRefused = mail.action === "reject";
        if (isRefused || mail.action === "quarantine") {
          const { reply } = await send(at(mta.wayPorts, 1), mail);
          const [code, enhanced] = isRefused ? [550, "5.7.1"] : [250, "2.0.0"];
          if (reply.code !== code || reply.enhanced !== enhanced) wrong.push(`${mail.name}: ${reply.lines}`);
        }
        const fields = await delivered(mta, at(mta.wayPorts, mail.action === undefined ? 1 : 0), mail);
        const own = fields.filter((field) => field.includes(HOST_NAME));
        if (own.length !== 1 || summary(own) !== mail.expected) {
          wrong.push(`${mail.name}: not ${mail.expected}: ${fields.join(" | ")}`);
        }
      }
    } finally {
      await mta.stop();
      await Promise.all([reporting.stop(), acting.stop()]);
    }
    assert.deepEqual(wrong, []);
    const held = acting.records().filter(({ type, held }) => type === "message" && held !== undefined);
    assert.equal(held.length, CASES.filter(({ action }) => action === "quarantine").length);
  });
}

test("Debian's opendkim, pyspf-milter and opendmarc say the same, or something that is explained", {
  skip: skipFor(await postfixProblem() ?? await opendmarcProblem() ?? await debianChecksProblem()),
  timeout: 180_000,
}, async () => {
  const opendmarc = await startOpendmarc(HOST_NAME, {
    zones: zones(),
    settings: ["RejectFailures false", "PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat"],
  });
  const checks = [
    await startOpendkim(HOST_NAME, opendmarc.nameServer),
    await startPyspfMilter(HOST_NAME, opendmarc.nameServer),
    opendmarc,
  ];
  const postfix = await startPostfix({
    milters: checks.map(({ address }) => address),
    mainCf: { smtpd_peername_lookup: "no" },
  });
  const table: string[] = [];
  const wrong: string[] = [];
  try {
    for (const mail of CASES) {
      const fields = await delivered(postfix, postfix.port, mail).catch((error) => [String(error)]);
      for (const field of fields) {
        if (field.startsWith(HOST_NAME) && !parseAuthResults(bytes(field))) {
          wrong.push(`not readable: ${field}`);
        }
      }
      const theirs = summary(fields);
      const [results = mail.expected, why = ""] = mail.others ?? [];
      if (theirs !== results) wrong.push(`${mail.name}: ${theirs}, not ${results}: ${fields.join(" | ")}`);
      table.push(
        `| ${mail.name} | ${mail.expected} | ${theirs === mail.expected ? "the same" : theirs} | ${why} |`,
      );
    }
  } finally {
    await postfix.stop();
    await Promise.all(checks.map(({ stop }) => stop()));
  }
  if (process.env.MILTERKIT_TABLE !== undefined) console.log(table.join("\n"));
  assert.deepEqual(wrong, []);
});
