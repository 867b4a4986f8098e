import { Buffer } from "node:buffer";
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { configureFilter, optionsOf } from "../../cli/config/filter_arguments.ts";
import { milter } from "../../filters/milter/milter.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { OptionValues } from "../../lib/options/options.ts";
import { FrameDecoder } from "../../lib/protocol/frame_decoder.ts";
import { readHops } from "../../lib/protocol/hops.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type AnyFilter, inFolder, type Served, served } from "../server/support.ts";

/** Options as they stand on a command line, such as `{ "on-error": "skip" }`; of a flag the text is empty. */
export type MilterOptions = Readonly<Record<string, string | readonly string[]>>;

/** The filter under test. */
export async function milterFilter(
  address: string,
  options: MilterOptions = {},
  clock?: Clock,
): Promise<Filter> {
  const given = Object.entries({ address, ...options }).flatMap(([name, value]) =>
    [value].flat().map((text) => [name, text] as const)
  );
  return (await configureFilter(milter, new OptionValues(optionsOf(milter), given), { clock })).filter;
}

/** Serves filters, and in front of them a chain in which they are one milter. */
export async function behind(
  filters: readonly AnyFilter[],
  use: (front: Served, milter: Served) => Promise<void>,
  options: MilterOptions = {},
): Promise<void> {
  await served(filters, async (back) => {
    await served([await milterFilter(back.address, options)], (front) => use(front, back));
  });
}

/** One packet of the MTA's side, as a milter gets it. */
export interface Packet {
  /** The letter of its command. */
  readonly letter: string;
  readonly payload: Buffer;
  /** Which connection it came by, from 1. */
  readonly connection: number;
}

/** How long the filter waits for a raw milter, in milliseconds of its clock, where a test says nothing else. */
export const TIMEOUT = 2000;

/** What a raw milter does with a packet: bytes to send, nothing, nothing for too long, or an end of the connection. */
export type Reaction = (packet: Packet) => Uint8Array | "close" | "ignore" | "outwait" | undefined;

/** A milter in bytes, for what no library would do. */
export class RawMilter {
  /** Where it listens. */
  readonly address: string;
  /** What came, but for hops. */
  readonly packets: Packet[] = [];
  /** The services that each connection came through, and what had come over it before it said so. */
  readonly hops: { readonly hops: readonly string[]; readonly behind: string }[] = [];
  /** What it does; by default it goes on with everything. */
  react: Reaction = () => undefined;
  /** What it answers to negotiation: version, actions, protocol. */
  terms: readonly [version: number, actions: number, protocol: number] = [6, 0x1ff, 0];
  connections = 0;
  /** What tells the time to the filter, and to the chain that it is in. */
  readonly clock = new ManualClock();
  /** How long it rests after each read, in milliseconds. */
  rest = 0;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(path: string) {
    this.#path = path;
    this.address = `unix:${path}`;
  }

  /** Listens, or listens again. */
  async start(): Promise<void> {
    const server = this.#server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve) => server.listen(this.#path, resolve));
  }

  /** Ends everything, as a kill would. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(this.#path, { force: true });
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Ends every connection, as a milter does that they were idle for too long. */
  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Sends bytes on every connection. */
  sendToAll(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** The letters of what came, without macros. */
  letters(connection?: number): string {
    return this.packets.filter((packet) =>
      packet.letter !== "D" && (!connection || packet.connection === connection)
    )
      .map(({ letter }) => letter).join("");
  }

  #serve(socket: Socket): void {
    const connection = ++this.connections;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    const decoder = new FrameDecoder();
    socket.on("data", (bytes: Uint8Array) => {
      if (this.rest > 0) {
        socket.pause();
        setTimeout(() => socket.resume(), this.rest);
      }
      decoder.push(new Uint8Array(bytes));
      while (decoder.next()) {
        const payload = Buffer.from(decoder.bytes.slice(decoder.start, decoder.end));
        const packet = { letter: String.fromCharCode(decoder.command), payload, connection };
        const hops = packet.letter === "D" ? readHops(payload, 0, payload.length) : undefined;
        if (hops) {
          this.hops.push({ hops, behind: this.letters(connection) });
          continue;
        }
        this.packets.push(packet);
        const reaction = this.react(packet) ?? this.#usual(packet.letter);
        if (reaction === "close") {
          socket.destroy();
          return;
        }
        if (reaction === "outwait") this.clock.advance(TIMEOUT);
        if (reaction instanceof Uint8Array) socket.write(reaction);
      }
    });
  }

  #usual(letter: string): Uint8Array | undefined {
    if (letter === "O") {
      const payload = Buffer.alloc(12);
      this.terms.forEach((word, i) => payload.writeUInt32BE(word, 4 * i));
      return packet("O", payload);
    }
    return "DAQK".includes(letter) ? undefined : packet("c");
  }
}

/** A packet as it goes over the wire. */
export function packet(letter: string, payload: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length + 1);
  head.write(letter, 4, "latin1");
  return Buffer.concat([head, bytes]);
}

const TIMEOUTS = { timeout: `${TIMEOUT}ms`, "end-timeout": `${TIMEOUT}ms` };

/** A raw milter while a test uses it, with a chain in front of it. */
export async function behindRaw(
  options: MilterOptions,
  use: (milter: RawMilter, front: Served) => Promise<void>,
  others: { readonly before?: readonly AnyFilter[]; readonly after?: readonly AnyFilter[] } = {},
): Promise<void> {
  await inFolder(async (folder) => {
    const raw = new RawMilter(`${folder}/raw.sock`);
    await raw.start();
    try {
      const filters = [
        ...others.before ?? [],
        await milterFilter(raw.address, { label: "raw", ...TIMEOUTS, ...options }, raw.clock),
        ...others.after ?? [],
      ];
      await served(filters, (front) => use(raw, front), { clock: raw.clock });
    } finally {
      await raw.kill();
    }
  });
}
