/** Tests of filters behind Postfix and behind Sendmail, which must do the same. */
import { after, describe } from "node:test";
import { type MailServer, skipFor } from "./instance.ts";
import { Milterkit } from "./milterkit.ts";
import { messageText } from "./next_hop.ts";
import { postfixProblem, startPostfix } from "./postfix.ts";
import { sendmailProblem, startSendmail } from "./sendmail.ts";
import { SmtpClient, type SmtpReply } from "./smtp_client.ts";

/** What became of a message. */
export interface Sent {
  /** The reply at its end. */
  readonly reply: SmtpReply;
  /** Its sender, of which there is no other. */
  readonly sender: string;
  /** Waits for it at the next hop, and returns it as latin1. */
  arrived(): Promise<string>;
}

/** An MTA with the executable as its milter. */
export interface FilteringMta {
  readonly kind: "postfix" | "sendmail";
  /** The executable. Both start with the first use. */
  milterkit(): Promise<Milterkit>;
  /** Sends a message. */
  send(message: (sender: string) => string | Uint8Array): Promise<Sent>;
}

/**
 * Declares the same tests for each MTA.
 *
 * @param filters the arguments of `serve` beside the address
 * @param declare declares the tests
 */
export async function behindEachMta(
  filters: readonly string[],
  declare: (mta: FilteringMta) => void,
): Promise<void> {
  for (const kind of ["postfix", "sendmail"] as const) {
    const problem = await (kind === "postfix" ? postfixProblem() : sendmailProblem());
    describe(kind, { skip: skipFor(problem), timeout: 120_000 }, () => {
      const site = new Site(kind, filters);
      after(() => site.stop());
      declare(site);
    });
  }
}

class Site implements FilteringMta {
  readonly kind: FilteringMta["kind"];
  readonly #filters: readonly string[];
  #started: Promise<{ readonly milterkit: Milterkit; readonly mta: MailServer }> | undefined;
  #count = 0;

  constructor(kind: FilteringMta["kind"], filters: readonly string[]) {
    this.kind = kind;
    this.#filters = filters;
  }

  async milterkit(): Promise<Milterkit> {
    return (await this.#running()).milterkit;
  }

  async send(message: (sender: string) => string | Uint8Array): Promise<Sent> {
    const { mta } = await this.#running();
    const sender = `${this.kind}-${++this.#count}@example.test`;
    const client = await SmtpClient.connect(mta.port);
    try {
      await client.ehlo();
      const reply = await client.message(sender, ["b@example.net"], message(sender));
      await client.quit();
      const arrived = async () =>
        messageText(await mta.nextHop.waitForMessage(({ mail }) => mail.includes(sender)));
      return { reply, sender, arrived };
    } finally {
      client.destroy();
    }
  }

  async stop(): Promise<void> {
    const running = await this.#started;
    await running?.mta.stop();
    await running?.milterkit.stop();
  }

  #running() {
    return this.#started ??= this.#start();
  }

  async #start() {
    const milterkit = await Milterkit.start([
      ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json"],
      ...this.#filters,
    ]);
    const milters = [milterkit.address];
    const mta = await (this.kind === "postfix" ? startPostfix({ milters }) : startSendmail({ milters }));
    return { milterkit, mta };
  }
}
