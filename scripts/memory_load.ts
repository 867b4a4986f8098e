/**
 * Plays the MTA for scripts that measure memory, in its own process: opens many connections with a message on each, and ends
 * the messages only when all bodies have been sent.
 *
 *     deno run -A scripts/memory_load.ts JOB     (a LoadJob as JSON; prints the LoadResult as JSON)
 *
 * Only one body packet is in memory; it is sent repeatedly.
 */

import { connect, type Socket } from "node:net";
import process from "node:process";
import { commands } from "../lib/protocol/codec.ts";
import { BODY_CHUNK } from "../lib/protocol/constants.ts";
import { type FilterAnswer, type FilterReply, MtaSession } from "../lib/protocol/mta_session.ts";
import { latin1Text, toBytes } from "../lib/protocol/text.ts";

/** What to send. */
export interface LoadJob {
  /** The path of the filter's unix socket. */
  readonly socket: string;
  /** The messages. */
  readonly messages: readonly LoadMessage[];
}

/** A message to send on a number of connections; its body repeats {@linkcode bodyPiece} up to its size in bytes. */
export interface LoadMessage {
  readonly connections: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly size: number;
  /** What is repeated. @default a line of text */
  readonly line?: string;
  /** What stands before and after what is repeated. @default nothing */
  readonly around?: readonly [before: string, after: string];
}

/** The results. */
export interface LoadResult {
  /** How many messages ended in each way: the verdict with the DKIM result, or why there is none. */
  readonly endings: Readonly<Record<string, number>>;
  /** Seconds until all bodies were sent, and from then until all were answered. */
  readonly seconds: readonly [sending: number, ending: number];
}

/** A line whose length divides that of the largest packet. */
const LINE = "The quick brown fox jumps over the lazy dog, and rests; then it runs home, at last.\r\n";

/** The chunk that a body repeats: whole lines, as many as fit into a packet. */
export function bodyPiece(line: string = LINE): Uint8Array {
  return toBytes(line.repeat(BODY_CHUNK / line.length));
}

/** The largest size that is no more than this and ends with a line. */
export function wholeLines(size: number): number {
  return size - size % LINE.length;
}

/** One connection, on which events go out one after the other. */
class LoadConnection {
  readonly #session = new MtaSession();
  readonly #socket: Socket;
  #lost: Error | undefined;
  /** Wakes the code that waits for the filter or for buffer space. */
  #wake = () => {};

  constructor(path: string) {
    this.#socket = connect({ path });
    this.#socket.on("data", (bytes: Uint8Array) => {
      this.#session.receive(new Uint8Array(bytes));
      this.#wake();
    });
    this.#socket.on("drain", () => this.#wake());
    this.#socket.on("error", (error) => this.#lose(error));
    this.#socket.on("close", () => this.#lose(new Error("connection closed")));
  }

  /** Negotiates, and introduces a client. */
  async open(): Promise<void> {
    const session = this.#session;
    session.negotiate();
    await this.#reply();
    session.macros("connect", { j: "mx.example.test", v: "Postfix 3.7.11" });
    await this.#exchange(
      session.connect({ hostname: "client.example.test", family: "inet", port: 1234, address: "192.0.2.1" }),
    );
    await this.#exchange(session.send("helo", commands.helo, { name: toBytes("client.example.test") }));
  }

  /** Sends a message up to its end. */
  async content({ headers, size, around = ["", ""] }: LoadMessage, piece: Uint8Array): Promise<void> {
    const session = this.#session;
    session.macros("mail", { i: "4cXyz12345" });
    await this.#exchange(session.address("mail", "<a@example.org>"));
    await this.#exchange(session.address("rcpt", "<b@example.test>"));
    await this.#exchange(session.send("data", commands.data, {}));
    for (const [name, value] of headers) {
      await this.#exchange(session.header(toBytes(name), toBytes(value.replaceAll("\r\n", "\n"))));
    }
    await this.#exchange(session.send("eoh", commands.eoh, {}));
    const [before, after] = around.map((text) => toBytes(text));
    if (before && before.length > 0) await this.#exchange(session.body(before));
    // All share one packet: encoding each again would take processor time from the filter.
    session.body(piece);
    session.awaiting = undefined;
    const packet = session.takeOutput();
    for (let left = size; left > 0; left -= piece.length) {
      if (left >= piece.length && !session.expectsReply("body")) {
        await this.#write(packet);
      } else {
        const reply = await this.#exchange(session.body(piece.subarray(0, left)));
        if (reply?.verdict === "skip") return;
      }
    }
    if (after && after.length > 0) await this.#exchange(session.body(after));
  }

  /** Ends the message. */
  async end(): Promise<string> {
    this.#session.send("eom", commands.bodyeob, { chunk: new Uint8Array(0) });
    let dkim = "";
    while (true) {
      const reply = await this.#reply();
      if (reply.type === "answer") {
        const { verdict, reply: own } = reply.answer;
        return `${verdict} ${own?.code ?? dkim}`.trim();
      }
      if (reply.type === "modification" && "value" in reply.modification) {
        dkim = /dkim=\w+/.exec(latin1Text(reply.modification.value))?.[0] ?? dkim;
      }
    }
  }

  close(): void {
    this.#session.quit();
    this.#socket.end(this.#session.takeOutput());
  }

  /** Sends the current event; returns its answer if the event gets one. */
  async #exchange(answered: boolean): Promise<FilterAnswer | undefined> {
    if (!answered) return void await this.#write(this.#session.takeOutput());
    const reply = await this.#reply();
    if (reply.type !== "answer") throw new Error(reply.type);
    const { verdict } = reply.answer;
    if (verdict === "continue" || verdict === "skip") return reply.answer;
    throw new Error(verdict);
  }

  async #reply(): Promise<FilterReply> {
    await this.#write(this.#session.takeOutput());
    while (true) {
      const reply = this.#session.next();
      if (reply) return reply;
      await this.#woken();
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || this.#socket.write(bytes)) return;
    while (this.#socket.writableNeedDrain) await this.#woken();
  }

  #woken(): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#wake = () => this.#lost ? reject(this.#lost) : resolve();
    });
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#wake();
  }
}

async function carryOut({ socket, messages }: LoadJob): Promise<LoadResult> {
  const each = messages.flatMap((message) => {
    const piece = bodyPiece(message.line);
    return Array.from({ length: message.connections }, () => {
      return { message, piece, connection: new LoadConnection(socket) };
    });
  });
  for (const { connection } of each) await connection.open();
  const endings: Record<string, number> = {};
  const count = (ending: string) => endings[ending] = (endings[ending] ?? 0) + 1;
  const open: LoadConnection[] = [];
  const began = performance.now();
  await Promise.all(each.map(async ({ message, piece, connection }) => {
    try {
      await connection.content(message, piece);
      open.push(connection);
    } catch (error) {
      count(`${(error as Error).message} before the end`);
    }
  }));
  const sent = performance.now();
  await Promise.all(open.map(async (connection) => {
    count(await connection.end().catch((error: Error) => `${error.message} at the end`));
  }));
  const ended = performance.now();
  for (const { connection } of each) connection.close();
  return { endings, seconds: [(sent - began) / 1000, (ended - sent) / 1000] };
}

if (import.meta.main) {
  console.log(JSON.stringify(await carryOut(JSON.parse(process.argv[2] ?? ""))));
  process.exit();
}
