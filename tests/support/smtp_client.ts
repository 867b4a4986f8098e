/** A small SMTP client for tests that sends anything, valid or not. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { joinBytes, LineSplitter, lineText } from "./lines.ts";

/** An SMTP server's answer to one command. */
export interface SmtpReply {
  code: number;
  /** Enhanced status code such as "5.7.1", if the reply begins with one. */
  enhanced?: string;
  /** The text of all lines without codes, joined by LF. */
  text: string;
  /** The lines as received, without their line ends. */
  lines: string[];
}

/** Settings for {@link SmtpClient.connect}. */
export interface SmtpClientOptions {
  host?: string;
  /** The address to connect from, in 127/8; the server takes it for the client's. */
  localAddress?: string;
  /** Whether TLS begins with the connection (`smtpd_tls_wrappermode`); any certificate will do. */
  tls?: boolean;
  /** How long any one answer may take; 30 seconds if left out. */
  timeoutMs?: number;
}

interface Waiter {
  resolve(reply: SmtpReply): void;
  reject(error: Error): void;
}

/** One SMTP connection. */
export class SmtpClient {
  /** What the server said first. */
  greeting!: SmtpReply;

  #socket: Socket;
  #timeoutMs: number;
  #splitter = new LineSplitter();
  #partial: string[] = [];
  #replies: SmtpReply[] = [];
  #waiters: Waiter[] = [];
  #over: string | undefined;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => {
      for (const line of this.#splitter.push(chunk)) this.#line(lineText(line));
    });
    socket.on("error", (error) => this.#end(`connection failed: ${error.message}`));
    socket.on("close", () => this.#end("connection closed by the server"));
  }

  /** Connects and reads the greeting, whatever its code. */
  static async connect(port: number, options: SmtpClientOptions = {}): Promise<SmtpClient> {
    const { host = "127.0.0.1", timeoutMs = 30_000, localAddress, tls = false } = options;
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = tls
      ? connectTls({ port, host, ...from, rejectUnauthorized: false })
      : connect({ port, host, ...from });
    const client = new SmtpClient(socket, timeoutMs);
    try {
      client.greeting = await client.read("greeting");
    } catch (error) {
      client.destroy();
      throw error;
    }
    return client;
  }

  /** EHLO. */
  ehlo(name = "client.example.test"): Promise<SmtpReply> {
    return this.command(`EHLO ${name}`);
  }

  /** STARTTLS and, if the server wants it, TLS; any certificate will do. */
  async startTls(): Promise<SmtpReply> {
    const reply = await this.command("STARTTLS");
    if (reply.code !== 220) return reply;
    this.#socket.removeAllListeners("data");
    this.#socket = overTls(this.#socket);
    this.#listen(this.#socket);
    return reply;
  }

  /** MAIL FROM; angle brackets are added unless there are some; `params` such as "SIZE=100". */
  mail(from: string, params: string[] = []): Promise<SmtpReply> {
    return this.command(["MAIL FROM:" + bracketed(from), ...params].join(" "));
  }

  /** RCPT TO, as {@link mail}. */
  rcpt(to: string, params: string[] = []): Promise<SmtpReply> {
    return this.command(["RCPT TO:" + bracketed(to), ...params].join(" "));
  }

  /**
   * DATA and, if the server wants it, the message. The answer is the one to the message, or the one to
   * DATA if that was a refusal.
   *
   * A string is sent as UTF-8 with every line end as CRLF. Bytes are sent as they are, except for the
   * doubled dots and a final CRLF where it is missing.
   */
  async data(message: string | Uint8Array): Promise<SmtpReply> {
    const go = await this.command("DATA");
    if (go.code !== 354) return go;
    const bytes = stuffed(messageBytes(message));
    const ending = bytes.length === 0 || endsWithCrlf(bytes) ? ".\r\n" : "\r\n.\r\n";
    await this.send(joinBytes([bytes, encode(ending)]));
    return this.read("end of message");
  }

  /** DATA and then only this much of a message, without its end, to vanish or be slow afterwards. */
  async dataStart(part: string | Uint8Array): Promise<SmtpReply> {
    const go = await this.command("DATA");
    if (go.code === 354) await this.send(stuffed(messageBytes(part)));
    return go;
  }

  /** RSET. */
  rset(): Promise<SmtpReply> {
    return this.command("RSET");
  }

  /** QUIT, then the connection is closed. */
  async quit(): Promise<SmtpReply> {
    const reply = await this.command("QUIT");
    this.#socket.end();
    return reply;
  }

  /** Sends one line, as it is, and reads one answer. */
  async command(line: string): Promise<SmtpReply> {
    await this.send(line + "\r\n");
    return this.read(line);
  }

  /** A whole message: EHLO if it is the first thing, MAIL, RCPT, DATA; the first refusal is the result. */
  async message(from: string, to: string[], message: string | Uint8Array): Promise<SmtpReply> {
    const steps = [() => this.mail(from), ...to.map((address) => () => this.rcpt(address))];
    for (const step of steps) {
      const reply = await step();
      if (reply.code >= 400) return reply;
    }
    return this.data(message);
  }

  /** Sends bytes, or text as UTF-8, without waiting for an answer. */
  send(content: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      // a server that has gone is found by the read; what it said before going is still there
      this.#socket.write(typeof content === "string" ? encode(content) : content, () => resolve());
    });
  }

  /** Reads one more answer; `what` is named in the error. */
  read(what = "reply"): Promise<SmtpReply> {
    const ready = this.#replies.shift();
    if (ready) return Promise.resolve(ready);
    if (this.#over) return Promise.reject(new Error(`SMTP ${what}: ${this.#over}`));
    return new Promise((resolve, reject) => {
      const waiter = {
        resolve: (reply: SmtpReply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error: Error) => {
          clearTimeout(timer);
          reject(new Error(`SMTP ${what}: ${error.message}`));
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new Error(`SMTP ${what}: no answer in ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
      this.#waiters.push(waiter);
    });
  }

  /** Whether the connection has ended, from either side. */
  get closed(): boolean {
    return this.#over !== undefined;
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.#end("connection dropped by the test");
    this.#socket.destroy();
  }

  #line(line: string): void {
    this.#partial.push(line);
    if (line[3] === "-") return;
    const lines = this.#partial;
    this.#partial = [];
    const texts = lines.map((each) => each.slice(4));
    const enhanced = /^[245]\.\d{1,3}\.\d{1,3}(?= |$)/.exec(texts[0] ?? "")?.[0];
    const reply: SmtpReply = {
      code: Number(line.slice(0, 3)),
      text: texts.map((text) =>
        enhanced && text.startsWith(enhanced) ? text.slice(enhanced.length + 1) : text
      )
        .join("\n"),
      lines,
    };
    if (enhanced) reply.enhanced = enhanced;
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve(reply);
    else this.#replies.push(reply);
  }

  #end(why: string): void {
    this.#over ??= why;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error(this.#over));
  }
}

/** One message over one connection; the first refusal or the final answer is the result. */
export async function sendMessage(
  port: number,
  from: string,
  to: string[],
  message: string | Uint8Array,
): Promise<SmtpReply> {
  const client = await SmtpClient.connect(port);
  try {
    if (client.greeting.code !== 220) return client.greeting;
    await client.ehlo();
    const reply = await client.message(from, to, message);
    if (reply.code !== 421) await client.quit();
    return reply;
  } finally {
    client.destroy();
  }
}

function overTls(socket: Socket): Socket {
  return connectTls({ socket, rejectUnauthorized: false });
}

function bracketed(address: string): string {
  return address.includes("<") ? address : `<${address}>`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function messageBytes(message: string | Uint8Array): Uint8Array {
  return typeof message === "string" ? encode(message.replace(/\r?\n/g, "\r\n")) : message;
}

function endsWithCrlf(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[bytes.length - 2] === 13 && bytes[bytes.length - 1] === 10;
}

/** A dot at the start of a line is doubled; a bare LF starts a line too, as many servers see it. */
function stuffed(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let dot = bytes.indexOf(46); dot >= 0; dot = bytes.indexOf(46, dot + 1)) {
    if (dot > 0 && bytes[dot - 1] !== 10) continue;
    parts.push(bytes.subarray(start, dot + 1));
    start = dot;
  }
  return joinBytes([...parts, bytes.subarray(start)]);
}
