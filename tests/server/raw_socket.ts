// A socket without a protocol, for what no MTA would say.
import { connect, type Socket } from "node:net";
import { parseAddress } from "../../lib/net/address.ts";

export interface RawSocket {
  readonly socket: Socket;
  /** All bytes that came. */
  received(): Uint8Array;
  /** Settled when the other side has closed. */
  readonly closed: Promise<void>;
}

export function openRaw(address: string): Promise<RawSocket> {
  const target = parseAddress(address);
  return new Promise((resolve, reject) => {
    const socket = connect(target as { host: string; port: number } | { path: string });
    const pieces: Uint8Array[] = [];
    socket.on("data", (bytes) => void pieces.push(bytes as Uint8Array));
    socket.on("error", reject);
    const closed = new Promise<void>((done) => socket.once("close", () => done()));
    socket.once(
      "connect",
      () =>
        resolve({ socket, closed, received: () => Uint8Array.from(pieces.flatMap((piece) => [...piece])) }),
    );
  });
}
