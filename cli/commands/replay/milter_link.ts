/**
 * The connection to the milter in a replay.
 *
 * @module
 */

import type { Address } from "../../../lib/net/address.ts";
import { connect } from "../../../lib/net/listen.ts";
import type { Connection } from "../../../lib/net/transport.ts";
import { endsQuestion } from "../../../lib/protocol/exchanges.ts";
import { PacketSplitter, type SplitPacket } from "../../../lib/protocol/packet_splitter.ts";
import { CLOSED, type RecordedAnswer, sentNoPacket } from "./recording.ts";

/** Most bytes that wait for the milter to read them. */
const MOST_QUEUED = 256 * 1024;
/** Longest wait on closing until everything is sent, in milliseconds. */
const CLOSE_GRACE = 1000;

/** A connection to a milter, with its packets in order. */
export class MilterLink {
  readonly #timeout: number;
  readonly #splitter = new PacketSplitter();
  readonly #packets: SplitPacket[] = [];
  #connection!: Connection;
  #gone: string | undefined;
  #closed = false;
  #wake: (() => void) | undefined;

  private constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /**
   * Connects to a milter.
   *
   * @param address its address
   * @param timeout longest wait for the connection, and for each packet, in milliseconds
   * @throws {AddressError} `cannot-connect` if the milter cannot be reached in that time
   */
  static async open(address: Address, timeout: number): Promise<MilterLink> {
    const link = new MilterLink(timeout);
    link.#connection = await connect(address, () => ({
      data: (bytes) => link.#take(bytes),
      drain: () => link.#wake?.(),
      closed: () => {
        link.#gone ??= CLOSED;
        link.#closed = true;
        link.#wake?.();
      },
    }), { timeout });
    return link;
  }

  /** Packets for which no answer was due. */
  get unsolicited(): readonly SplitPacket[] {
    return this.#packets;
  }

  /** Sends bytes, and waits until the milter has read most of them. Gives up if that takes longer than the timeout. */
  async send(bytes: Uint8Array): Promise<void> {
    this.#connection.write(bytes);
    const deadline = performance.now() + this.#timeout;
    while (this.#connection.queued > MOST_QUEUED && !this.#gone) {
      if (await this.#activity(deadline)) continue;
      this.#gone = `read nothing within ${this.#timeout} ms`;
      this.#connection.destroy();
    }
  }

  /** Waits for the answer to what was sent last: all packets up to the verdict, or the reason why none came. */
  async answer(): Promise<RecordedAnswer> {
    const began = performance.now();
    const packets: SplitPacket[] = [];
    // Only a whole packet extends the wait: otherwise single bytes could make it endless.
    let deadline = began + this.#timeout;
    while (true) {
      const packet = this.#packets.shift();
      if (packet) {
        packets.push(packet);
        deadline = performance.now() + this.#timeout;
        if (endsQuestion(packet.command)) return { packets, milliseconds: performance.now() - began };
      } else if (this.#gone !== undefined) return { packets, end: this.#gone };
      else if (!await this.#activity(deadline)) {
        return { packets, end: `no answer within ${this.#timeout} ms` };
      }
    }
  }

  /** Closes the connection when everything is sent, or after a second if the milter does not read it. */
  async close(): Promise<void> {
    this.#connection.end();
    const deadline = performance.now() + CLOSE_GRACE;
    while (!this.#closed && await this.#activity(deadline)) {
      // Nothing but the end matters here.
    }
    this.#connection.destroy();
  }

  /** Waits until something happens. @returns false if nothing did before the deadline */
  #activity(deadline: number): Promise<boolean> {
    const left = deadline - performance.now();
    if (left <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), left);
      const done = (happened: boolean) => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(happened);
      };
      this.#wake = () => done(true);
    });
  }

  #take(bytes: Uint8Array): void {
    for (const piece of this.#splitter.push(bytes)) {
      if ("problem" in piece) this.#gone ??= sentNoPacket(piece.problem);
      else this.#packets.push(piece);
    }
    this.#wake?.();
  }
}
