// Servers that are not what they should be, for a store that asks Valkey.
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A server that says what a test wants. */
export interface Peer {
  readonly port: number;
  /** How many connections there have been. */
  connections(): number;
  stop(): Promise<void>;
}

/**
 * Starts one.
 *
 * @param connected what it does with a new connection
 */
export function startPeer(connected: (socket: Socket, number: number) => void): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    let count = 0;
    const server = createServer((socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
      socket.on("error", () => {});
      connected(socket, ++count);
    });
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        connections: () => count,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped());
            for (const socket of open) socket.destroy();
          }),
      });
    });
  });
}

/** One that answers each command with a text of a test's. */
export function startAnswering(
  answer: (words: string[], socket: Socket) => string | undefined,
): Promise<Peer> {
  return startPeer((socket) => {
    let rest = "";
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      rest += text;
      for (let found = firstCommand(rest); found; found = firstCommand(rest)) {
        rest = rest.slice(found.length);
        const said = answer(found.words, socket);
        if (said !== undefined) socket.write(said);
      }
    });
  });
}

/** The first command in a text, if it is there as a whole. */
function firstCommand(text: string): { words: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  let at = head[0].length;
  const words: string[] = [];
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (!size) return undefined;
    at += size[0].length;
    const end = at + Number(size[1]);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(at, end));
    at = end + 2;
  }
  return { words, length: at };
}
