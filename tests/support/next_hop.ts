/** The mail server behind the MTA under test: accepts and stores all mail. */
import { createServer, type Server, type Socket } from "node:net";
import { joinBytes, LineSplitter, lineText } from "./lines.ts";

/** One message as it arrived. In the texts each byte is one character. */
export interface ReceivedMessage {
  /** Argument of EHLO or HELO. */
  helo: string;
  /** Argument of MAIL FROM, verbatim: "<a@example.test> SIZE=100". */
  mail: string;
  /** Arguments of RCPT TO, verbatim. */
  rcpts: string[];
  /** The message, with its CRLFs, without the dots that SMTP adds. */
  data: Uint8Array;
}

interface Watcher {
  /** Looks whether what it waits for has come. */
  look(): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

const EXTENSIONS = ["PIPELINING", "SIZE 104857600", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8"];

/** An SMTP server on 127.0.0.1 inside the test process. */
export class NextHop {
  /** All messages so far, the oldest first. */
  readonly messages: ReceivedMessage[] = [];
  /** Where it listens. */
  readonly port: number;

  #server: Server;
  #sockets = new Set<Socket>();
  #watchers = new Set<Watcher>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on("connection", (socket: Socket) => this.#serve(socket));
  }

  /** Starts one on a free port. */
  static start(): Promise<NextHop> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(new NextHop(server, typeof address === "object" && address ? address.port : 0));
      });
    });
  }

  /** The messages once there are at least `count` in all. */
  waitFor(count: number, timeoutMs = 40_000): Promise<ReceivedMessage[]> {
    const find = () => this.messages.length >= count ? [...this.messages] : undefined;
    return this.#watch(`${count} message(s)`, find, timeoutMs);
  }

  /** The first message, arrived or to come, for which `predicate` holds. */
  async waitForMessage(
    predicate: (message: ReceivedMessage) => boolean,
    timeoutMs = 40_000,
  ): Promise<ReceivedMessage> {
    return await this.#watch(
      "a message like the one awaited",
      () => this.messages.find(predicate),
      timeoutMs,
    );
  }

  /** Forgets the messages so far. */
  clear(): void {
    this.messages.length = 0;
  }

  /** Stops listening and drops what is connected. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      for (const watcher of this.#watchers) watcher.reject(new Error("the next hop was stopped"));
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #watch<Found>(wanted: string, find: () => Found | undefined, timeoutMs: number): Promise<Found> {
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(watcher.timer);
        this.#watchers.delete(watcher);
      };
      const watcher: Watcher = {
        look: () => {
          const found = find();
          if (found === undefined) return;
          done();
          resolve(found);
        },
        reject: (error) => {
          done();
          reject(error);
        },
        timer: setTimeout(() => {
          const seen = this.messages.map(({ mail, rcpts }) => `${mail} to ${rcpts.join(" ")}`).join("; ");
          watcher.reject(
            new Error(
              `next hop: not ${wanted} in ${timeoutMs} ms; ${this.messages.length} received: ${seen}`,
            ),
          );
        }, timeoutMs),
      };
      this.#watchers.add(watcher);
    });
  }

  #store(message: ReceivedMessage): void {
    this.messages.push(message);
    for (const watcher of [...this.#watchers]) watcher.look();
  }

  #serve(socket: Socket): void {
    const splitter = new LineSplitter();
    let helo = "";
    let mail: string | undefined;
    let rcpts: string[] = [];
    let content: Uint8Array[] | undefined;
    const say = (...lines: string[]) => socket.write(lines.map((line) => line + "\r\n").join(""));
    const reset = () => {
      mail = undefined;
      rcpts = [];
      content = undefined;
    };

    const onCommand = (line: string) => {
      const verb = line.toUpperCase();
      if (verb.startsWith("EHLO ")) {
        helo = line.slice(5);
        reset();
        const all = ["sink.example.test", ...EXTENSIONS];
        say(...all.map((text, i) => `250${i < all.length - 1 ? "-" : " "}${text}`));
      } else if (verb.startsWith("HELO ")) {
        helo = line.slice(5);
        reset();
        say("250 sink.example.test");
      } else if (verb.startsWith("MAIL FROM:")) {
        reset();
        mail = line.slice(10);
        say("250 2.1.0 ok");
      } else if (verb.startsWith("RCPT TO:")) {
        rcpts.push(line.slice(8));
        say("250 2.1.5 ok");
      } else if (verb === "DATA") {
        if (mail === undefined || rcpts.length === 0) return say("503 5.5.1 no sender or no recipient");
        content = [];
        say("354 go");
      } else if (verb === "RSET") {
        reset();
        say("250 2.0.0 ok");
      } else if (verb === "QUIT") {
        say("221 2.0.0 bye");
        socket.end();
      } else if (verb.startsWith("NOOP")) {
        say("250 2.0.0 ok");
      } else {
        say("502 5.5.1 unknown command");
      }
    };

    const onContent = (line: Uint8Array) => {
      if (line[0] !== 46) content!.push(line.slice());
      else if (line.length === 3 && line[1] === 13) {
        this.#store({ helo, mail: mail!, rcpts, data: joinBytes(content!) });
        reset();
        say("250 2.0.0 kept");
      } else content!.push(line.slice(1));
    };

    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // an MTA that is stopped resets its connections
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => {
      for (const line of splitter.push(chunk)) {
        if (content) onContent(line);
        else onCommand(lineText(line));
      }
    });
    say("220 sink.example.test ESMTP");
  }
}

/** The message as text, each byte one character. */
export function messageText(message: ReceivedMessage): string {
  return new TextDecoder("latin1").decode(message.data);
}
