/** Clients that send one message after the other. */
import assert from "node:assert/strict";
import type { Postfix } from "../../support/postfix.ts";
import { sleep } from "../../support/process.ts";
import { connected, DOMAIN } from "./site.ts";

const MESSAGE = `From: ann@${DOMAIN}\r\nTo: b@example.com\r\nSubject: hello\r\n\r\nhi\r\n`;

/** Some of them, until {@linkcode end}. */
export class Load {
  readonly #mta: Postfix;
  readonly #clients: Promise<void>[];
  #isOver = false;
  /** How many messages were accepted. */
  count = 0;

  /**
   * @param mta takes the messages
   * @param clients how many connections send at the same time
   */
  constructor(mta: Postfix, clients: number) {
    this.#mta = mta;
    this.#clients = Array.from({ length: clients }, (_, i) => this.#send(i));
    // Whoever ends the load is told.
    for (const client of this.#clients) client.catch(() => {});
  }

  /** Resolves when so many more messages were accepted. */
  async more(count: number): Promise<void> {
    const ended = Promise.all(this.#clients);
    for (const until = this.count + count; this.count < until;) await Promise.race([sleep(20), ended]);
  }

  /** Ends it, and waits until all messages are delivered. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    await this.#mta.idle();
  }

  async #send(number: number): Promise<void> {
    const client = await connected(this.#mta.port);
    try {
      for (let i = 0; !this.#isOver; i++) {
        const reply = await client.message(`ann@${DOMAIN}`, [`l${number}-${i}@example.com`], MESSAGE);
        assert.equal(reply.code, 250, reply.lines.join("\n"));
        this.count++;
      }
    } finally {
      client.destroy();
    }
  }
}
