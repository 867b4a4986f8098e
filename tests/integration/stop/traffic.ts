/** Messages over connections of their own, in no hurry, that begin before a signal and end after it. */
import assert from "node:assert/strict";
import { MtaClient } from "../../../lib/mta/client.ts";
import type { ClientAnswer } from "../../../lib/mta/client_answer.ts";
import { HeaderField } from "../../../lib/message/header.ts";
import { sleep } from "../../support/process.ts";
import type { Random } from "../../support/random.ts";

/** The limit that the executable is to be started with, in bytes. */
export const MAX_SIZE = 100_000;

/** The filters that {@link Talker} counts on. */
export const FILTERS = [
  ...["--filter", "size-limit", "--max", String(MAX_SIZE)],
  ...["--filter", "header-rewrite", "--add", "X-Filtered: {mail_from}", "--remove", "X-Spam"],
];

/** One connection, a message at a time. */
export class Talker {
  /** What became of the messages begun here: sender and outcome. */
  readonly outcomes: [sender: string, outcome: "accept" | "reject"][] = [];
  readonly #client: MtaClient;
  readonly #name: string;
  readonly #random: Random;
  #sender = "";

  private constructor(client: MtaClient, name: string, random: Random) {
    this.#client = client;
    this.#name = name;
    this.#random = random;
  }

  static async open(address: string, name: string, random: Random): Promise<Talker> {
    const client = await MtaClient.open(address, { timeout: 20_000 });
    await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
    await client.helo("client.example");
    return new Talker(client, name, random);
  }

  /** Begins a message; it counts as in flight when this is settled. */
  async begin(): Promise<void> {
    this.#sender = `${this.#name}-${this.outcomes.length}@example.test`;
    assert.equal((await this.#client.mail(this.#sender)).verdict, "continue");
  }

  /** The rest of the message, with pauses, and no verdict before `event`. */
  async finish(event?: Promise<unknown>): Promise<void> {
    const large = this.#random.below(3) === 0;
    const pause = () => sleep(this.#random.below(40));
    await pause();
    await this.#client.rcpt("b@example.test");
    await pause();
    await this.#client.data();
    for (
      const [name, value] of [["From", "a@example.test"], ["X-Spam", "1"], ["Subject", this.#sender]] as const
    ) {
      await this.#client.header(HeaderField.of(name, value));
    }
    await pause();
    assert.equal((await this.#client.eoh()).verdict, "continue");
    const body = new Uint8Array(20_000).fill(0x61);
    for (let sent = 0; sent < (large ? 6 : 3); sent++) {
      await pause();
      if (sent === 2) await event;
      const answer = await this.#client.body(body);
      if (answer.verdict === "continue") continue;
      assert.equal(large, true);
      return this.#refused(answer);
    }
    this.#accepted(await this.#client.eom());
  }

  /** Ends the connection as an MTA does. */
  quit(): void {
    this.#client.quit();
  }

  #refused({ verdict, reply }: ClientAnswer): void {
    assert.equal(verdict, "reject");
    assert.equal(reply?.code, 552);
    this.outcomes.push([this.#sender, "reject"]);
  }

  /** Everything that the filters had to do was done. */
  #accepted({ verdict, modifications }: ClientAnswer): void {
    assert.equal(verdict, "continue");
    const decoder = new TextDecoder();
    const changes = modifications.map((change) =>
      "name" in change ? [change.type, decoder.decode(change.name), decoder.decode(change.value).trim()] : []
    );
    assert.deepEqual(changes, [
      ["changeHeader", "X-Spam", ""],
      ["addHeader", "X-Filtered", this.#sender],
    ]);
    this.outcomes.push([this.#sender, "accept"]);
  }
}
