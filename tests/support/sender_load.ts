/** Mail of many senders through an MTA whose filters have limits for each: what is accepted, and how long MAIL waits. */
import { sleep } from "./process.ts";
import { SmtpClient } from "./smtp_client.ts";

/** The most messages of one session. */
const MESSAGES_PER_SESSION = 10;
/** The pause after each message, in milliseconds. */
const PAUSE = 20;

/** What the MTA settings must be, so that it neither slows down nor ends sessions whose mail is refused. */
export const PATIENT_MTA = {
  smtpd_error_sleep_time: "0",
  smtpd_soft_error_limit: "10000",
  smtpd_hard_error_limit: "10000",
};

/** Clients that send messages until they are stopped, each message with a sender of its own. */
export class SenderLoad {
  /** The senders of accepted messages. */
  readonly accepted: string[] = [];
  /** The answers that refused one. */
  readonly refused: string[] = [];
  /** How long MAIL waited for each answer, in milliseconds. */
  readonly waits: number[] = [];
  readonly #port: number;
  readonly #clients: Promise<void>[];
  #isStopping = false;
  #failure: Error | undefined;

  /**
   * @param port the MTA's port
   * @param clients how many send at once
   */
  constructor(port: number, clients: number) {
    this.#port = port;
    this.#clients = Array.from({ length: clients }, async () => {
      try {
        while (!this.#isStopping) await this.#session();
      } catch (error) {
        this.#failure ??= error as Error;
        this.#isStopping = true;
      }
    });
  }

  /** Waits until so many more messages are accepted or refused. */
  async more(count: number): Promise<void> {
    const answered = () => this.accepted.length + this.refused.length;
    for (const end = answered() + count; answered() < end; await sleep(5)) {
      if (this.#failure) throw this.#failure;
    }
  }

  /** Has the clients finish their messages. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#clients);
    if (this.#failure) throw this.#failure;
  }

  async #session(): Promise<void> {
    const client = await SmtpClient.connect(this.#port);
    try {
      await client.ehlo();
      for (let i = 0; i < MESSAGES_PER_SESSION && !this.#isStopping; i++) {
        const sender = `sender-${this.waits.length}@example.test`;
        const start = performance.now();
        const answer = client.mail(sender);
        // The next client counts on from here.
        const at = this.waits.push(NaN) - 1;
        const { code, text } = await answer;
        this.waits[at] = performance.now() - start;
        if (code === 250) await this.#finish(client, sender);
        else this.refused.push(text);
        await sleep(PAUSE);
      }
      await client.quit();
    } finally {
      client.destroy();
    }
  }

  async #finish(client: SmtpClient, sender: string): Promise<void> {
    await client.rcpt("ann@example.test");
    const { code, text } = await client.data(`From: ${sender}\nSubject: hello\n\nhello\n`);
    if (code === 250) this.accepted.push(sender);
    else this.refused.push(text);
  }
}

/**
 * Asks MAIL for one sender on several connections at once, without sending a message.
 *
 * @returns how often it was accepted
 */
export async function acceptedOf(
  port: number,
  sender: string,
  { connections, times }: { readonly connections: number; readonly times: number },
): Promise<number> {
  const counts = await Promise.all(Array.from({ length: connections }, async () => {
    const client = await SmtpClient.connect(port);
    try {
      await client.ehlo();
      let accepted = 0;
      for (let i = 0; i < times; i++) {
        const { code, text } = await client.mail(sender);
        if (code !== 250 && code !== 451) throw new Error(`MAIL of ${sender}: ${code} ${text}`);
        if (code === 250) accepted++;
        await client.rset();
      }
      await client.quit();
      return accepted;
    } finally {
      client.destroy();
    }
  }));
  return counts.reduce((sum, count) => sum + count, 0);
}
