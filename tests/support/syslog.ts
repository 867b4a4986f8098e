/** A syslog socket inside the test process. */
import { chmodSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";

/** Receives what programs log. */
export interface Syslog {
  /** One line per message, without priorities. */
  text(): string;
  /** A function that gives the lines since its last call, or since the start. */
  follow(): () => string;
  /** Settled when all that was sent before has been read: programs that have ended may have left it in their sockets. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Listens at `path`. It is a stream socket, since node: modules have no UNIX datagrams; the C library
 * tries a stream after a datagram was refused, and ends each message with a NUL.
 */
export function startSyslog(path: string): Promise<Syslog> {
  const messages: string[] = [];
  const sockets = new Set<Socket>();
  /** What is told once a text of our own was read. */
  const marks = new Map<string, () => void>();
  let lastMark = 0;
  const server = createServer((socket) => {
    const decoder = new TextDecoder();
    let rest = "";
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\0");
      rest = parts.pop()!;
      for (const part of parts) {
        const marked = marks.get(part);
        if (marked) marked();
        else messages.push(part.replace(/^<\d+>/, "").trimEnd() + "\n");
      }
    });
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(path, () => {
      chmodSync(path, 0o666);
      resolve({
        text: () => messages.join(""),
        follow() {
          let count = 0;
          return () => {
            const from = count;
            count = messages.length;
            return messages.slice(from).join("");
          };
        },
        async caughtUp() {
          // One shows that all connections before it were accepted, another one that they were read since.
          for (let i = 0; i < 2; i++) {
            const mark = `mark ${++lastMark}`;
            const read = new Promise<void>((resolve) => marks.set(mark, resolve));
            const socket = connect(path, () => socket.end(`${mark}\0`));
            await Promise.race([read, new Promise((_, fail) => socket.once("error", fail))]);
            marks.delete(mark);
          }
        },
        stop: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
}
