/** Mail that is sent all the time through a private Postfix while its filter is restarted, and what became of it. */
import assert from "node:assert/strict";
import { type Postfix, startPostfix } from "../../support/postfix.ts";
import { at, captured } from "../../support/present.ts";
import { SmtpClient } from "../../support/smtp_client.ts";
import { latin1Bytes, message, valuesOf } from "../mta/text.ts";

/** The header field that the filters under test are to add. */
export const MARK = "X-Filtered";

/** How many SMTP sessions there are at a time. */
const SENDERS = 12;
/** The most messages of one session. */
const SESSION = 4;

/** Senders, each of which sends one message after the other. */
export class Load {
  /** How many messages have been begun and not answered yet. */
  pending = 0;
  readonly #mta: Postfix;
  readonly #sent: string[] = [];
  readonly #problems: string[] = [];
  #over = false;
  #senders: Promise<unknown> | undefined;

  private constructor(mta: Postfix) {
    this.#mta = mta;
  }

  /** Starts to send, through a Postfix that has these milters. */
  static async start(milters: readonly string[]): Promise<Load> {
    const timeouts = { connect: 30, command: 30, content: 60 };
    const load = new Load(await startPostfix({ milters: [...milters], timeouts }));
    load.#senders = Promise.all(Array.from({ length: SENDERS }, (_, i) => load.#sendAll(i)));
    return load;
  }

  /** How many messages were taken so far. */
  get sent(): number {
    return this.#sent.length;
  }

  /** Waits until so many more messages were taken. */
  async more(count: number): Promise<void> {
    const wanted = this.sent + count;
    const end = Date.now() + 60_000;
    while (this.sent < wanted && this.#problems.length === 0) {
      if (Date.now() > end) throw new Error(`no ${count} messages in a minute:\n${await this.#mta.logs()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Sends no more; every message has to have arrived once, filtered once. Gives how many there were. */
  async finish(): Promise<number> {
    this.#over = true;
    await this.#senders;
    assert.deepEqual(this.#problems, [], await this.#mta.logs());
    const received = await this.#mta.nextHop.waitFor(this.sent);
    await this.#mta.idle();
    assert.equal(received.length, this.sent);
    assert.equal(this.#mta.nextHop.messages.length, this.sent);
    const arrived = received.map(({ rcpts }) => captured(at(rcpts, 0), /<(.*)>/));
    assert.deepEqual(arrived.sort(), this.#sent.sort());
    for (const each of received) assert.equal(valuesOf(each, MARK).length, 1);
    return this.sent;
  }

  /** Ends Postfix. */
  async stop(): Promise<void> {
    this.#over = true;
    await this.#senders;
    await this.#mta.stop();
  }

  async #sendAll(sender: number): Promise<void> {
    for (let session = 0; !this.#over; session++) {
      try {
        await this.#sendSome(`s${sender}-${session}`, 1 + session % SESSION);
      } catch (error) {
        this.#problems.push(String(error));
      }
    }
  }

  /** One session. */
  async #sendSome(name: string, count: number): Promise<void> {
    this.pending++;
    try {
      const client = await SmtpClient.connect(this.#mta.port, { timeoutMs: 60_000 });
      try {
        await client.ehlo();
        for (let i = 0; i < count; i++) {
          const to = `${name}-${i}@example.test`;
          const text = latin1Bytes(message(["From: a@example.test", `To: ${to}`]));
          const { code, lines } = await client.message("a@example.test", [to], text);
          if (code === 250) this.#sent.push(to);
          else this.#problems.push(`${to}: ${lines}`);
        }
        await client.quit();
      } finally {
        client.destroy();
      }
    } finally {
      this.pending--;
    }
  }
}
