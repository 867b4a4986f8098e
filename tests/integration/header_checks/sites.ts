/** A Postfix with header_checks of its own, and one whose milter has the rules that they are converted to. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TableType } from "../../../cli/commands/config/from_header_checks/pattern.ts";
import { newFolder, writeShared } from "../../support/instance.ts";
import { Milterkit, runMilterkit } from "../../support/milterkit.ts";
import { messageText, type ReceivedMessage } from "../../support/next_hop.ts";
import { type Postfix, startPostfix } from "../../support/postfix.ts";
import { SmtpClient } from "../../support/smtp_client.ts";
import { tableFile } from "./converted_rules.ts";
import type { HeaderCase } from "./messages.ts";

/** What became of a message. */
export interface Fate {
  /** The reply at its end, without the queue id. */
  readonly reply: string;
  /** Whether it is on hold. */
  readonly held: boolean;
  /** Who got it, and with which parameters; empty if nobody. */
  readonly recipients: readonly string[];
  /** The message as it was delivered, without what the MTA itself adds. */
  readonly message: string;
  /** What was logged for one of its fields, such as `warning: text`. */
  readonly logged: readonly string[];
}

/** A running site. */
export interface Site {
  /** Sends messages, and says what became of each. */
  send(cases: readonly HeaderCase[]): Promise<readonly Fate[]>;
  stop(): Promise<void>;
}

/** The kinds of log lines that are compared. */
const LOGGED = "warning|info|strip|pass";

/** A Postfix that does it itself. */
export async function postfixSite(type: TableType): Promise<Site> {
  const folder = newFolder("milterkit-header-checks-");
  const file = join(folder, "header_checks");
  writeShared(file, readFileSync(tableFile(type), "utf8"));
  const postfix = await startPostfix({ milters: [], mainCf: { header_checks: `${type}:${file}` } });
  return {
    async send(cases) {
      const sent = await sendAll(postfix, cases);
      const log = await postfix.logs();
      return fates(
        postfix,
        sent,
        (id) =>
          [...log.matchAll(new RegExp(`: ${id}: (${LOGGED}): header [^]*? helo=<[^>]*>(?:: (.*))?$`, "gm"))]
            .map(([, kind, text = "content matched"]) => `${kind}: ${text}`),
      );
    },
    async stop() {
      await postfix.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Postfix with the rules behind it. */
export async function rulesSite(type: TableType): Promise<Site> {
  const folder = newFolder("milterkit-header-checks-");
  const converted = await runMilterkit(["config", "from-header-checks", `${type}:${tableFile(type)}`]);
  assert.equal(converted.code, 0, converted.stderr);
  writeShared(join(folder, "rules.toml"), converted.stdout);
  writeShared(join(folder, "milterkit.toml"), 'listen = "inet:0@127.0.0.1"\ninclude = ["rules.toml"]\n');
  const milterkit = await Milterkit.start(["serve", "--config", join(folder, "milterkit.toml")], {
    addresses: 1,
  });
  const postfix = await startPostfix({ milters: [milterkit.address] });
  return {
    async send(cases) {
      const sent = await sendAll(postfix, cases);
      return fates(postfix, sent, (id) =>
        milterkit.lines.flatMap((line) => {
          const [, text] = new RegExp(`${id}: .*?rule [^:]+:\\d+: ((?:${LOGGED}): .*)$`).exec(line) ?? [];
          return text === undefined ? [] : [text];
        }));
    },
    async stop() {
      await postfix.stop();
      await milterkit.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Sent {
  readonly sender: string;
  readonly reply: string;
  readonly queueId: string | undefined;
}

async function sendAll(postfix: Postfix, cases: readonly HeaderCase[]): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const client = await SmtpClient.connect(postfix.port);
  await client.ehlo();
  for (const [i, { bytes }] of cases.entries()) {
    const sender = `m${i}@sender.test`;
    const text = new TextDecoder("latin1").decode(bytes).replaceAll("\n", "\r\n");
    const { lines } = await client.message(
      sender,
      ["joe@example.test", "ann@example.test"],
      latin1Bytes(text),
    );
    const reply = lines.join("|");
    sent.push({
      sender,
      reply: reply.replace(/queued as \w+/, "queued"),
      queueId: /queued as (\w+)/.exec(reply)?.[1],
    });
  }
  await client.quit();
  await postfix.idle();
  return sent;
}

function fates(
  postfix: Postfix,
  sent: readonly Sent[],
  loggedOf: (id: string) => readonly string[],
): readonly Fate[] {
  const held = postfix.held();
  return sent.map(({ sender, reply, queueId }) => {
    const arrived = postfix.nextHop.messages.filter(({ mail }) => mail.startsWith(`<${sender}>`));
    return {
      reply,
      held: queueId !== undefined && held.includes(queueId),
      recipients: arrived.flatMap(({ rcpts }) => rcpts).toSorted(),
      message: delivered(arrived[0]),
      logged: queueId === undefined ? [] : loggedOf(queueId).toSorted(),
    };
  });
}

/** Without the Received field at its top and the fields that Postfix adds where they lack. */
function delivered(message: ReceivedMessage | undefined): string {
  if (message === undefined) return "";
  return messageText(message).replace(/^Received: [^]*?\r\n(?=\S)/, "")
    .replace(/^(?:Message-Id: <\d+\.\w+@mx\.example\.test>|Date: .*)\r\n/gm, "").replaceAll("\r\n", "\n");
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
