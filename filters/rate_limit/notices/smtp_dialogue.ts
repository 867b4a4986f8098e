/**
 * The client side of SMTP, as far as needed to hand one message to your own server (RFC 5321).
 *
 * @module
 */

import { type Address, formatAddress } from "../../../lib/net/address.ts";
import { connect } from "../../../lib/net/listen.ts";
import type { Connection } from "../../../lib/net/transport.ts";
import type { Clock } from "../../../lib/time/clock.ts";
import { ascii } from "./notice.ts";
import { NoticeError } from "./notice_error.ts";

/** The longest time for the whole dialogue, in milliseconds. */
export const MAIL_LIMIT = 60_000;
/** The maximum number of bytes of one reply. */
const MAX_REPLY = 16_384;

/** How a server is reached. */
export interface SmtpServer {
  /** Its address. */
  readonly address: Address;
  /** The clock for the time limit. */
  readonly clock: Clock;
  /** Aborted when the dialogue must end at once. */
  readonly signal: AbortSignal;
}

/** A reply of the server. */
interface Reply {
  readonly code: number;
  /** Its lines, without the codes. */
  readonly lines: readonly string[];
}

/** A connection to a server. */
export class SmtpDialogue {
  readonly #server: string;
  readonly #ends: (() => void)[] = [];
  #connection: Connection | undefined;
  #received = "";
  #lines: string[] = [];
  readonly #replies: Reply[] = [];
  #waiting: { resolve(reply: Reply): void; reject(error: NoticeError): void } | undefined;
  #over: NoticeError | undefined;

  private constructor(address: Address) {
    this.#server = formatAddress(address);
  }

  /**
   * Connects, and waits for the greeting.
   *
   * @throws {AddressError} if nothing listens there
   * @throws {NoticeError} if the server does not greet
   */
  static async open({ address, clock, signal }: SmtpServer): Promise<SmtpDialogue> {
    const dialogue = new SmtpDialogue(address);
    dialogue.#ends.push(
      clock.after(MAIL_LIMIT, () => dialogue.#fail(`the mail took more than ${MAIL_LIMIT / 1000} s`)),
    );
    const stop = () => dialogue.#fail("the filter ends");
    signal.addEventListener("abort", stop);
    dialogue.#ends.push(() => signal.removeEventListener("abort", stop));
    try {
      await connect(address, (connection) => dialogue.#take(connection), { timeout: MAIL_LIMIT, clock });
      await dialogue.#answer("its greeting", [220]);
      return dialogue;
    } catch (error) {
      dialogue.close();
      throw error;
    }
  }

  /**
   * Greets the server, with HELO if it does not know EHLO.
   *
   * @param name who we are
   * @returns the extensions that it offers, in capitals
   */
  async greet(name: string): Promise<readonly string[]> {
    const hello = await this.#send(`EHLO ${name}`);
    if (hello.code === 250) {
      return hello.lines.slice(1).map((line) => line.split(" ")[0]!.toUpperCase());
    }
    await this.command(`HELO ${name}`, [250]);
    return [];
  }

  /**
   * Sends a command.
   *
   * @param line the command
   * @param wanted the codes that mean success
   * @throws {NoticeError} for any other answer
   */
  async command(line: string, wanted: readonly number[]): Promise<void> {
    this.#write(`${line}\r\n`);
    await this.#answer(line.split(" ")[0]!, wanted);
  }

  /**
   * Sends a message after DATA.
   *
   * @param lines its lines, without line ends
   */
  async message(lines: readonly string[]): Promise<void> {
    const stuffed = lines.map((line) => line.startsWith(".") ? `.${line}` : line);
    this.#write([...stuffed, ".", ""].join("\r\n"));
    await this.#answer("the message", [250]);
  }

  /** Sends QUIT without waiting for the answer, and closes. */
  quit(): void {
    if (!this.#over) this.#write("QUIT\r\n");
    this.#over ??= this.#failure("it is over");
    for (const end of this.#ends.splice(0)) end();
    this.#connection?.end();
  }

  /** Closes at once. */
  close(): void {
    this.#fail("it is over");
  }

  #take(connection: Connection) {
    this.#connection = connection;
    if (this.#over) connection.destroy();
    return {
      data: (bytes: Uint8Array) => this.#read(bytes),
      drain() {},
      closed: () => this.#fail("it closed the connection"),
    };
  }

  #write(text: string): void {
    this.#connection?.write(new TextEncoder().encode(text));
  }

  #send(line: string): Promise<Reply> {
    this.#write(`${line}\r\n`);
    return this.#reply();
  }

  async #answer(to: string, wanted: readonly number[]): Promise<void> {
    const { code, lines } = await this.#reply();
    if (wanted.includes(code)) return;
    throw this.#failure(`${to} was answered with ${code} ${ascii(lines.join(" ")).slice(0, 300)}`);
  }

  #reply(): Promise<Reply> {
    const ready = this.#replies.shift();
    if (ready) return Promise.resolve(ready);
    if (this.#over) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => this.#waiting = { resolve, reject });
  }

  #read(bytes: Uint8Array): void {
    this.#received += new TextDecoder("latin1").decode(bytes);
    const lines = this.#received.split("\n");
    this.#received = lines.pop()!;
    if (this.#received.length + this.#lines.join("").length > MAX_REPLY) {
      return this.#fail("its reply is too long");
    }
    for (const line of lines) this.#readLine(line.replace(/\r$/, ""));
  }

  #readLine(line: string): void {
    const [, code, mark, text = ""] = /^(\d{3})(?:([ -])(.*))?$/.exec(line) ?? [];
    if (code === undefined) return this.#fail(`it does not speak SMTP: ${ascii(line).slice(0, 100)}`);
    this.#lines.push(text);
    if (mark === "-") return;
    const reply = { code: Number(code), lines: this.#lines };
    this.#lines = [];
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.resolve(reply);
    else this.#replies.push(reply);
  }

  #failure(reason: string): NoticeError {
    return new NoticeError("mail", this.#server, `mail server ${this.#server}: ${reason}`);
  }

  #fail(reason: string): void {
    this.#over ??= this.#failure(reason);
    for (const end of this.#ends.splice(0)) end();
    this.#connection?.destroy();
    this.#waiting?.reject(this.#over);
    this.#waiting = undefined;
  }
}
