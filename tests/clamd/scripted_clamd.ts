// What listens in place of clamd and answers as a test says, for what no clamd does on request.
import { Buffer } from "node:buffer";
import { rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** The end of a stream. */
export const END: unique symbol = Symbol("end of the stream");

/** What a server is told of a connection: a command, the bytes of a stream so far, or that the stream has ended. */
export interface Heard {
  readonly command: string;
  /** The stream so far. */
  readonly stream: Uint8Array;
  readonly isWhole: boolean;
}

/** What it does: a text is sent with a NUL behind it; nothing is nothing; `close` closes, and `close: TEXT` after a text. */
export type Reaction = (heard: Heard) => string | Uint8Array | undefined;

/** As clamd answers that finds nothing. */
export const CLEAN: Reaction = ({ command, isWhole }) =>
  command === "PING" ? "PONG" : command === "VERSION" ? "ClamAV 1.0.0" : isWhole ? "stream: OK" : undefined;

/** Answers to a whole stream with a text, and to everything else as clamd does. */
export function says(text: string): Reaction {
  return (heard) => heard.isWhole ? text : CLEAN(heard);
}

/** A server at a unix socket, or at a port of 127.0.0.1. */
export class ScriptedClamd {
  /** Where it listens. */
  address: string;
  /** Its port; 0 at a unix socket. */
  port = 0;
  /** The streams that were sent to it and ended, each as it came. */
  readonly streams: Uint8Array[] = [];
  /** The commands that were sent to it. */
  readonly commands: string[] = [];
  /** How many connections were made. */
  connections = 0;
  /** Whether it reads what is sent to it. */
  reads = true;
  react: Reaction;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(path: string, react: Reaction) {
    this.#path = path;
    this.address = `unix:${path}`;
    this.react = react;
  }

  /**
   * Starts one.
   *
   * @param path its socket; empty: a port of 127.0.0.1
   * @param react what it does
   */
  static async start(path: string, react: Reaction = CLEAN): Promise<ScriptedClamd> {
    const started = new ScriptedClamd(path, react);
    await started.listen();
    return started;
  }

  /** Listens, or listens again. */
  async listen(): Promise<void> {
    const server = this.#server = createServer((socket) => this.#serve(socket));
    const where = this.#path === "" ? { port: this.port, host: "127.0.0.1" } : { path: this.#path };
    await new Promise<void>((resolve) => server.listen(where, resolve));
    if (this.#path !== "") return;
    this.port = (server.address() as AddressInfo).port;
    this.address = `inet:${this.port}@127.0.0.1`;
  }

  /** How many messages were begun to be sent to it. */
  get begun(): number {
    return this.commands.filter((command) => command === "INSTREAM").length;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Ends everything, as a kill would. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
    if (this.#path !== "") rmSync(this.#path, { force: true });
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
    if (!this.reads) {
      socket.pause();
      return;
    }
    let bytes = Buffer.alloc(0);
    let command: string | undefined;
    const stream: Uint8Array[] = [];
    let isWhole = false;
    socket.on("data", (chunk: Uint8Array) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (command === undefined) {
        const end = bytes.indexOf(0);
        if (end < 0) return;
        command = bytes.subarray(1, end).toString();
        this.commands.push(command);
        bytes = bytes.subarray(end + 1);
      }
      while (command === "INSTREAM" && bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE()) {
        const length = bytes.readUInt32BE();
        stream.push(new Uint8Array(bytes.subarray(4, 4 + length)));
        bytes = bytes.subarray(4 + length);
        isWhole ||= length === 0;
      }
      const whole = new Uint8Array(Buffer.concat(stream));
      if (isWhole) this.streams.push(whole);
      const said = this.react({ command, stream: whole, isWhole });
      if (said === "close") return socket.destroy();
      if (said !== undefined) socket.write(typeof said === "string" ? `${said}\0` : said);
    });
  }
}
