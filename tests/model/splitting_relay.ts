/** Between two ends of a connection: what comes is handed on in pieces of any size. */
import { connect, createServer, type Socket } from "node:net";
import { Random } from "../support/random.ts";

/** A relay that listens. */
export interface Relay {
  close(): void;
}

/**
 * Listens on a socket, and hands all that comes on to another one and back.
 *
 * @param path where it listens
 * @param target where it hands on to
 * @param seed what the sizes of the pieces follow from
 */
export function relay(path: string, target: string, seed: number): Promise<Relay> {
  const random = new Random(seed);
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect({ path: target });
    sockets.push(near, far);
    handOn(near, far, random);
    handOn(far, near, random);
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(path, () =>
      resolve({
        close() {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      }));
  });
}

function handOn(from: Socket, to: Socket, random: Random): void {
  let written: Promise<void> = Promise.resolve();
  from.on("data", (bytes) => written = written.then(() => writeInPieces(to, bytes as Uint8Array, random)));
  from.on("close", () => void written.then(() => to.end()));
  from.on("error", () => to.destroy());
}

async function writeInPieces(to: Socket, bytes: Uint8Array, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(random.below(2) ? 12 : 20_000);
    to.write(bytes.subarray(at, end));
    at = end;
    // A turn of its own, or the system would join it with the next.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
