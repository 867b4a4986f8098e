/** SMTP clients as real ones are: what is put off with 4xx they try again, what is taken they never send again. */
import assert from "node:assert/strict";
import { sleep } from "../../support/process.ts";
import { SmtpClient, type SmtpReply } from "../../support/smtp_client.ts";
import { latin1Bytes, message } from "../mta/text.ts";

/** The most messages of one session. */
const MESSAGES_PER_SESSION = 5;
/** Between two attempts, and between two steps, in milliseconds: sessions shall last. */
const [RETRY_PAUSE, STEP_PAUSE] = [50, 10];

const textOf = (subject: string) => latin1Bytes(message(["From: s@example.test", `Subject: ${subject}`]));

/** Clients that send until they are stopped. */
export class Load {
  /** The subjects of the messages that were taken. */
  readonly delivered: string[] = [];
  /** How many attempts were put off. */
  retries = 0;

  readonly #port: number;
  readonly #clients: Promise<void>[];
  #serial = 0;
  #stopping = false;
  #abandoned = false;
  #failure: Error | undefined;

  constructor(port: number, clients: number) {
    this.#port = port;
    this.#clients = Array.from({ length: clients }, () =>
      this.#client().catch((error) => {
        this.#failure ??= error;
        this.#stopping = true;
      }));
  }

  /** Waits until so many messages were taken in all. */
  async waitFor(count: number, timeoutMs = 60_000): Promise<void> {
    for (const end = Date.now() + timeoutMs; this.delivered.length < count; await sleep(5)) {
      if (this.#failure) throw this.#failure;
      if (Date.now() > end) throw new Error(`${this.delivered.length} of ${count} taken in ${timeoutMs} ms`);
    }
  }

  /** Has the clients finish the messages that they have begun; the subjects of all that were taken. */
  async stop(): Promise<string[]> {
    this.#stopping = true;
    await Promise.all(this.#clients);
    if (this.#failure) throw this.#failure;
    return this.delivered;
  }

  /** Ends the clients, whatever becomes of their messages. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await this.stop().catch(() => {});
  }

  /** One client: a message is its own until it is taken. */
  async #client(): Promise<void> {
    let unsent: string | undefined;
    while (!this.#abandoned && (!this.#stopping || unsent !== undefined)) {
      const client = await SmtpClient.connect(this.#port);
      try {
        await client.ehlo();
        for (let sent = 0; sent < MESSAGES_PER_SESSION; sent++) {
          if (unsent === undefined && this.#stopping) break;
          unsent ??= `load-${++this.#serial}`;
          if (!await this.#attempt(client, unsent)) break;
          unsent = undefined;
        }
        await client.quit();
      } finally {
        client.destroy();
      }
      if (unsent !== undefined) await sleep(RETRY_PAUSE);
    }
  }

  /** Whether the message was taken. */
  async #attempt(client: SmtpClient, subject: string): Promise<boolean> {
    const reply = await transaction(client, subject);
    // Anything else would be mail lost: the client gives up at 5xx.
    assert.ok(reply.code === 250 || reply.code === 451, `${subject}: ${reply.lines}`);
    if (reply.code === 250) this.delivered.push(subject);
    else this.retries++;
    return reply.code === 250;
  }
}

async function transaction(client: SmtpClient, subject: string): Promise<SmtpReply> {
  const steps = [
    () => client.mail("s@example.test"),
    () => client.rcpt("r@example.test"),
    () => client.data(textOf(subject)),
  ];
  for (const [i, step] of steps.entries()) {
    await sleep(STEP_PAUSE);
    const reply = await step();
    if (reply.code >= 400 || i === steps.length - 1) return reply;
  }
  throw new Error("there is no last step");
}

/** Messages of which everything but the content was sent, each over a session of its own. */
export class HeldMessages {
  readonly #sessions: { client: SmtpClient; subject: string }[];

  private constructor(sessions: { client: SmtpClient; subject: string }[]) {
    this.#sessions = sessions;
  }

  static async begin(port: number, name: string, count: number): Promise<HeldMessages> {
    return new HeldMessages(
      await Promise.all(Array.from({ length: count }, async (_, i) => {
        const client = await SmtpClient.connect(port);
        await client.ehlo();
        assert.equal((await client.mail("s@example.test")).code, 250);
        assert.equal((await client.rcpt("r@example.test")).code, 250);
        return { client, subject: `${name}-${i}` };
      })),
    );
  }

  /** Sends the contents: the subjects of what was taken, and the other answers. */
  async finish(): Promise<{ delivered: string[]; putOff: SmtpReply[] }> {
    const delivered: string[] = [];
    const putOff: SmtpReply[] = [];
    for (const { client, subject } of this.#sessions) {
      const reply = await client.data(textOf(subject));
      if (reply.code === 250) delivered.push(subject);
      else putOff.push(reply);
      client.destroy();
    }
    return { delivered, putOff };
  }
}
