/**
 * The connection to the filter that a trace is played to.
 *
 * @module
 */

import type { Address } from "../../../lib/net/address.ts";
import { connect } from "../../../lib/net/listen.ts";
import type { Connection } from "../../../lib/net/transport.ts";
import { endsQuestion } from "../../../lib/protocol/exchanges.ts";
import { PacketSplitter, type SplitPacket } from "../../../lib/protocol/packet_splitter.ts";
import type { RecordedAnswer } from "./recording.ts";

/** More than this is not written before the filter has taken it. */
const MOST_QUEUED = 256 * 1024;
/** How long what was written last may take to leave, in milliseconds. */
const CLOSE_GRACE = 1000;

/** A connection to a filter, with its packets in order. */
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
   * Connects.
   *
   * @param address whom to
   * @param timeout longest wait for the connection, and for a packet, in milliseconds
   * @throws {AddressError} `cannot-connect`
   */
  static async open(address: Address, timeout: number): Promise<MilterLink> {
    const link = new MilterLink(timeout);
    link.#connection = await connect(address, () => ({
      data: (bytes) => link.#take(bytes),
      drain: () => link.#wake?.(),
      closed: () => {
        link.#gone ??= "closed the connection";
        link.#closed = true;
        link.#wake?.();
      },
    }), { timeout });
    return link;
  }

  /** Packets that came where no answer was due. */
  get unsolicited(): readonly SplitPacket[] {
    return this.#packets;
  }

  /** Sends bytes. Settles once not too much waits to be taken; who takes nothing for too long is given up. */
  async send(bytes: Uint8Array): Promise<void> {
    this.#connection.write(bytes);
    const deadline = performance.now() + this.#timeout;
    while (this.#connection.queued > MOST_QUEUED && !this.#gone) {
      if (await this.#something(deadline)) continue;
      this.#gone = `took nothing within ${this.#timeout} ms`;
      this.#connection.destroy();
    }
  }

  /** The answer to what was sent last: everything up to the verdict, or why none came. */
  async answer(): Promise<RecordedAnswer> {
    const began = performance.now();
    const packets: SplitPacket[] = [];
    // For a whole packet, or who sends a byte from time to time would be waited for for ever.
    let deadline = began + this.#timeout;
    while (true) {
      const packet = this.#packets.shift();
      if (packet) {
        packets.push(packet);
        deadline = performance.now() + this.#timeout;
        if (endsQuestion(packet.command)) return { packets, milliseconds: performance.now() - began };
      } else if (this.#gone !== undefined) return { packets, end: this.#gone };
      else if (!await this.#something(deadline)) {
        return { packets, end: `no answer within ${this.#timeout} ms` };
      }
    }
  }

  /** Closes once all is sent; without that where the filter takes nothing any more. */
  async close(): Promise<void> {
    this.#connection.end();
    const deadline = performance.now() + CLOSE_GRACE;
    while (!this.#closed && await this.#something(deadline)) {
      // Only its end counts.
    }
    this.#connection.destroy();
  }

  /** Waits until something happens; false once the time for it is over. */
  #something(deadline: number): Promise<boolean> {
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
      if ("problem" in piece) this.#gone ??= `sent what is no packet (${piece.problem})`;
      else this.#packets.push(piece);
    }
    this.#wake?.();
  }
}
