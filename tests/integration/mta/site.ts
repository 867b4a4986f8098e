/** The executable behind an MTA, over a UNIX socket or over TCP: what all tests below this folder share. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { type MailServer, newFolder, skipFor, writeShared } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import type { ReceivedMessage } from "../../support/next_hop.ts";
import { type Postfix, postfixProblem, startPostfix } from "../../support/postfix.ts";
import { sendmailProblem, startSendmail } from "../../support/sendmail.ts";
import { SmtpClient, type SmtpReply } from "../../support/smtp_client.ts";
import { dnsRecords } from "./signer.ts";

export type MtaName = "Postfix" | "Sendmail";
export type Transport = "unix" | "tcp";

/** The limit that the executable is started with, in bytes. */
export const MAX_SIZE = 200_000;

/** The name under which the executable writes what it found. */
export const AUTHSERV_ID = "mx.example.test";

/** What a transaction came to. */
export interface Delivery {
  reply: SmtpReply;
  received: ReceivedMessage;
}

/** An MTA with the executable as its milter, started when the first test wants it. */
export class Site {
  readonly title: string;
  readonly skip: string | undefined;
  readonly mtaName: MtaName;
  readonly #transport: Transport;
  #started: Promise<Running> | undefined;

  constructor(mtaName: MtaName, transport: Transport, skip: string | undefined) {
    this.title = `${mtaName}, ${transport}`;
    this.mtaName = mtaName;
    this.#transport = transport;
    this.skip = skip;
    after(async () => (await this.#started)?.stop());
  }

  start(): Promise<Running> {
    return this.#started ??= Running.start(this.mtaName, this.#transport);
  }
}

/** The sites of one MTA. */
export async function sitesOf(mtaName: MtaName): Promise<Site[]> {
  const skip = skipFor(await (mtaName === "Postfix" ? postfixProblem() : sendmailProblem()));
  return [new Site(mtaName, "unix", skip), new Site(mtaName, "tcp", skip)];
}

let serial = 0;

/** A running site. */
export class Running {
  readonly mta: MailServer | Postfix;
  readonly milterkit: Milterkit;
  readonly #folder: string;

  private constructor(mta: MailServer, milterkit: Milterkit, folder: string) {
    this.mta = mta;
    this.milterkit = milterkit;
    this.#folder = folder;
  }

  static async start(mtaName: MtaName, transport: Transport): Promise<Running> {
    const folder = newFolder("milterkit-site-");
    const records = join(folder, "records");
    writeShared(records, dnsRecords());
    const listen = transport === "unix" ? `unix:${join(folder, "milter.sock")}` : "inet:0@127.0.0.1";
    const milterkit = await Milterkit.start(serveArguments(listen, records));
    const milters = [milterkit.address];
    const mta = mtaName === "Postfix"
      ? await startPostfix({ milters, nonSmtpdMilters: milters })
      : await startSendmail({ milters });
    return new Running(mta, milterkit, folder);
  }

  connect(): Promise<SmtpClient> {
    return SmtpClient.connect(this.mta.port);
  }

  /** A recipient that no other message has, by which it is found again. */
  newRecipient(): string {
    return `r${++serial}@example.test`;
  }

  /** What arrived for a recipient. */
  receivedFor(recipient: string): Promise<ReceivedMessage> {
    return this.mta.nextHop.waitForMessage(({ rcpts }) => rcpts.some((each) => each.includes(recipient)));
  }

  /** Whether something has arrived for a recipient so far. */
  hasReceivedFor(recipient: string): boolean {
    return this.mta.nextHop.messages.some(({ rcpts }) => rcpts.some((each) => each.includes(recipient)));
  }

  /** Sends a message over a connection of its own and waits for it behind the MTA. */
  async deliver(message: Uint8Array): Promise<ReceivedMessage> {
    const recipient = this.newRecipient();
    const client = await this.connect();
    try {
      await client.ehlo();
      const reply = await client.message("a@example.test", [recipient], message);
      if (reply.code !== 250) {
        throw new Error(`${reply.lines}\n${await this.mta.logs()}\n${this.milterkit.log()}`);
      }
      await client.quit();
    } finally {
      client.destroy();
    }
    return this.receivedFor(recipient);
  }

  /** The executable's log lines about messages with this sender or recipient, once there are `count`. */
  reports(address: string, count = 1): Promise<Record<string, unknown>[]> {
    return this.milterkit.waitForRecords(
      ({ type, sender, recipients }) =>
        type === "message" && (sender === address || (recipients as string[]).includes(address)),
      count,
    );
  }

  async stop(): Promise<void> {
    await this.mta.stop();
    await this.milterkit.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The rewriting touches nothing that a signature covers: it stands before the check. */
function serveArguments(listen: string, records: string): string[] {
  return [
    "serve",
    ...["--listen", listen, "--log-format", "json", "--log-level", "debug"],
    ...(listen.startsWith("unix:") ? ["--socket-mode", "666"] : []),
    ...["--filter", "size-limit", "--max", String(MAX_SIZE)],
    ...["--filter", "header-rewrite"],
    ...["--insert", "X-Queue: {i}", "--add", "X-Client: {client_addr}", "--add", "X-To: {rcpt_to}"],
    ...["--add", "X-Tag: added", "--set", "X-Seen: by us", "--remove", "X-Spam*"],
    ...["--replace", "X-Note /(\\w+)$/ <$1>"],
    ...["--filter", "dkim-check", "--dns-records", records, "--authserv-id", AUTHSERV_ID],
  ];
}
