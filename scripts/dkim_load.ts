/**
 * Plays the MTA for measurements: encodes a message into packets once, then sends them repeatedly at no further cost.
 * Like Postfix, it sends packets that need no reply together with those that follow.
 */

import { connect, type Socket } from "node:net";
import { commands } from "../lib/protocol/codec.ts";
import { BODY_CHUNK } from "../lib/protocol/constants.ts";
import { MtaSession } from "../lib/protocol/mta_session.ts";
import { bytes, type Message } from "../tests/auth/dkim/support.ts";

/** Bytes to send, after which one answer is awaited. */
type Step = Uint8Array;

/** A message in packets. */
export interface PreparedMessage {
  readonly steps: readonly Step[];
}

const SKIP = "s".charCodeAt(0);
const PROGRESS = "p".charCodeAt(0);
/** Letters of the packets that come before the last answer to an end of message. */
const MODIFICATIONS = new Set([..."+-2behimqp"].map((letter) => letter.charCodeAt(0)));
const PIECE = 65_536;

/** One connection to a filter. */
export class MilterLoad {
  readonly #socket: Socket;
  readonly #session: MtaSession;
  #rest: Uint8Array = new Uint8Array(0);
  #resolve: (() => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #header = "";
  #skipped = false;

  private constructor(socket: Socket, session: MtaSession) {
    this.#socket = socket;
    this.#session = session;
    socket.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    socket.on("error", (error) => this.#reject?.(error));
    socket.on("close", () => this.#reject?.(new Error("the filter closed the connection")));
  }

  /** Connects over a unix socket, negotiates, and introduces a client. */
  static async open(path: string): Promise<MilterLoad> {
    const socket = connect({ path });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => resolve());
    });
    const session = new MtaSession();
    session.negotiate();
    const offer = session.takeOutput().slice();
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("data", function take(bytes: Uint8Array) {
        session.receive(bytes);
        if (!session.next()) return;
        socket.off("data", take);
        resolve();
      });
      socket.write(offer);
    });
    const load = new MilterLoad(socket, session);
    const steps = load.#record(() => [
      () => {
        session.macros("connect", { j: "mx.example.test", daemon_name: "smtpd" });
        return session.connect({
          hostname: "client.example.test",
          family: "inet",
          port: 1234,
          address: "192.0.2.1",
        });
      },
      () => session.send("helo", commands.helo, { name: bytes("client.example.test") }),
    ]);
    await load.send({ steps });
    return load;
  }

  /**
   * Puts a message into packets.
   *
   * @param login who logged in to send it
   */
  prepare(message: Message, login?: string): PreparedMessage {
    const session = this.#session;
    const body = bytes(message.body);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < body.length; at += BODY_CHUNK) pieces.push(body.subarray(at, at + BODY_CHUNK));
    const steps = this.#record(() => [
      () => {
        const auth = login === undefined ? {} : { auth_type: "PLAIN", auth_authen: login };
        session.macros("mail", { i: "4cXyz12345", ...auth, mail_addr: "a@example.org" });
        return session.address("mail", "<a@example.org>");
      },
      () => session.address("rcpt", "<b@example.test>"),
      () => session.send("data", commands.data, {}),
      ...message.headers.map(([name, value]) => () =>
        session.header(bytes(name), bytes(value.replaceAll("\r\n", "\n")))
      ),
      () => session.send("eoh", commands.eoh, {}),
      ...pieces.map((piece) => () => session.body(piece)),
      () => {
        session.macros("eom", { i: "4cXyz12345" });
        return session.send("eom", commands.bodyeob, { chunk: new Uint8Array(0) });
      },
    ]);
    return { steps };
  }

  /** Sends a prepared message and waits for its last answer. */
  async send({ steps }: PreparedMessage): Promise<void> {
    this.#skipped = false;
    for (const [index, step] of steps.entries()) {
      if (this.#skipped && index < steps.length - 1) continue;
      const answered = new Promise<void>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      for (let at = 0; at < step.length; at += PIECE) {
        const piece = step.subarray(at, at + PIECE);
        if (!this.#socket.write(piece)) {
          await new Promise<void>((resolve) => this.#socket.once("drain", resolve));
        }
      }
      await answered;
    }
  }

  /** The first Authentication-Results that the filter asked for in its last answer, for a look at what it did. */
  get lastResults(): string {
    return this.#header;
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  /** Runs each event in turn and cuts the bytes where an answer is awaited. */
  #record(events: () => readonly (() => boolean)[]): Step[] {
    const steps: Step[] = [];
    for (const event of events()) {
      if (!event()) continue;
      this.#session.awaiting = undefined;
      steps.push(this.#session.takeOutput().slice());
    }
    return steps;
  }

  #receive(bytes: Uint8Array): void {
    let data = bytes;
    if (this.#rest.length > 0) {
      data = new Uint8Array(this.#rest.length + bytes.length);
      data.set(this.#rest);
      data.set(bytes, this.#rest.length);
    }
    let at = 0;
    while (data.length - at >= 5) {
      const head = new DataView(data.buffer, data.byteOffset + at);
      const size = head.getUint32(0);
      if (data.length - at < 4 + size) break;
      const letter = head.getUint8(4);
      if (letter !== PROGRESS && MODIFICATIONS.has(letter)) {
        const text = new TextDecoder("latin1").decode(data.subarray(at + 5, at + 4 + size));
        if (text.includes("Authentication-Results")) {
          this.#header = text.slice(text.indexOf("Authentication"));
        }
      }
      at += 4 + size;
      if (letter === SKIP) this.#skipped = true;
      if (!MODIFICATIONS.has(letter)) this.#resolve?.();
    }
    this.#rest = data.slice(at);
  }
}
