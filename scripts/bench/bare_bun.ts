/**
 * What Bun itself costs: a socket that finds where packets begin and answers those that the MTA waits for. It looks at
 * nothing else, so no filter on Bun can cost less.
 *
 *     bare_bun.ts ADDRESS [--nr]
 *
 * `--nr` negotiates that only the end of a message is answered.
 *
 * @module
 */

import process from "node:process";
import { parseAddress } from "../../lib/net/address.ts";
import { uint32At } from "../../lib/protocol/bytes.ts";
import { Command, NEWEST_VERSION, PACKET_HEAD, Reply } from "../../lib/protocol/constants.ts";
import { ANSWERED_EVENTS } from "../../lib/protocol/events.ts";

/** What is used of Bun's sockets. */
interface Socket {
  data: Packets | undefined;
  write(bytes: Uint8Array): number;
  end(): void;
}

interface Bun {
  listen(options: {
    readonly unix?: string;
    readonly hostname?: string;
    readonly port?: number;
    readonly socket: {
      readonly binaryType: "uint8array";
      open(socket: Socket): void;
      data(socket: Socket, bytes: Uint8Array): void;
    };
  }): unknown;
}

const [address = "", ...flags] = process.argv.slice(2);
const noReplies = flags.includes("--nr");

/** What the MTA waits for. */
const ANSWERED: ReadonlySet<number> = new Set(
  ANSWERED_EVENTS.filter(({ nr }) => !noReplies || nr === 0).map(({ command }) => command),
);
const AGREED = agreed(noReplies ? ANSWERED_EVENTS.reduce((bits, { nr }) => bits | nr, 0) : 0);
const CONTINUE = [0, 0, 0, 1, Reply.CONTINUE];
/** More than one read can ask for. */
const CONTINUES = new Uint8Array(Array.from({ length: 1000 }, () => CONTINUE).flat());

/** Where the packets of one connection begin. */
class Packets {
  readonly #head = new Uint8Array(PACKET_HEAD);
  #filled = 0;
  /** The bytes of the packet that are still to come. */
  #left = 0;

  /** Calls back with the command of each packet that ends in these bytes. */
  read(bytes: Uint8Array, ended: (command: number) => void): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled < PACKET_HEAD) {
        this.#head[this.#filled++] = bytes[at++]!;
        if (this.#filled < PACKET_HEAD) continue;
        this.#left = uint32At(this.#head, 0) - 1;
      }
      const taken = Math.min(this.#left, bytes.length - at);
      this.#left -= taken;
      at += taken;
      if (this.#left > 0) return;
      this.#filled = 0;
      ended(this.#head[4]!);
    }
  }
}

function agreed(protocol: number): Uint8Array {
  const packet = new Uint8Array(17);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 13);
  view.setUint8(4, Reply.OPTNEG);
  view.setUint32(5, NEWEST_VERSION);
  view.setUint32(13, protocol);
  return packet;
}

const { Bun: bun } = globalThis as unknown as { Bun: Bun };
const target = parseAddress(address);
if (target.kind === "fd" || target.kind === "parent") throw new Error(`Cannot listen on ${address} here`);
bun.listen({
  ...(target.kind === "unix" ? { unix: target.path } : { hostname: target.host, port: target.port }),
  socket: {
    binaryType: "uint8array",
    open: (socket) => socket.data = new Packets(),
    data(socket, bytes) {
      let answers = 0;
      socket.data!.read(bytes, (command) => {
        if (command === Command.OPTNEG) socket.write(AGREED);
        else if (command === Command.QUIT) socket.end();
        else if (ANSWERED.has(command)) answers++;
      });
      if (answers > 0) socket.write(CONTINUES.subarray(0, 5 * answers));
    },
  },
});
