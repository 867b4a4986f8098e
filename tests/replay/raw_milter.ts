/** A milter that says what the test wants, right or wrong. */
import { createServer, type Socket } from "node:net";
import { sleep } from "../support/process.ts";
import { PacketSplitter, type SplitPacket } from "../../lib/protocol/packet_splitter.ts";

/** What it says to a packet: bytes, nothing, or it closes the connection. */
export type Say = (packet: SplitPacket) => Uint8Array | undefined | "close";

/** Runs one while the test uses it, with its address. */
export async function withRawMilter<T>(say: Say, use: (address: string) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    const splitter = new PacketSplitter();
    socket.on("data", (bytes: Uint8Array) => {
      for (const piece of splitter.push(bytes)) {
        if ("problem" in piece) continue;
        const said = say(piece);
        if (said === "close") socket.end();
        else if (said) socket.write(said);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`inet:${(server.address() as { port: number }).port}@127.0.0.1`);
  } finally {
    // what was said last is still on its way
    for (let looks = 0; sockets.size > 0 && looks < 100; looks++) await sleep(5);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** An answer to negotiation. */
export function terms(protocol: number, version = 6): Uint8Array {
  const bytes = new Uint8Array(17);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 13);
  bytes[4] = 0x4f;
  view.setUint32(5, version);
  view.setUint32(9, 0x1ff);
  view.setUint32(13, protocol);
  return bytes;
}
