/**
 * One traced connection: bytes in, records out.
 *
 * @module
 */

import type { RelayWatcher } from "../../../lib/mta/relay.ts";
import { describePacket, type Side } from "../../../lib/protocol/describe_packet.ts";
import { ExchangeTracker } from "../../../lib/protocol/exchanges.ts";
import { PacketSplitter, type SplitPacket, type StreamPiece } from "../../../lib/protocol/packet_splitter.ts";
import type { TraceRecord } from "../../traces/trace_format.ts";

/** Makes trace records from the bytes that pass. */
export class TracedConnection implements RelayWatcher {
  readonly #number: number;
  readonly #clock: () => number;
  readonly #tell: (record: TraceRecord) => void;
  readonly #splitters: Readonly<Record<Side, PacketSplitter>> = {
    mta: new PacketSplitter(),
    milter: new PacketSplitter(),
  };
  readonly #tracker = new ExchangeTracker();
  readonly #over = { mta: false, milter: false };

  /**
   * @param number the connection's number
   * @param peer the MTA's address
   * @param clock returns milliseconds since the start of the trace
   * @param tell called with each record
   */
  constructor(number: number, peer: string, clock: () => number, tell: (record: TraceRecord) => void) {
    this.#number = number;
    this.#clock = clock;
    this.#tell = tell;
    tell({ connection: number, time: this.#now(), type: "open", peer });
  }

  /** Whether the MTA has begun a message and has not had the final answer to it. */
  get inMessage(): boolean {
    return this.#tracker.inMessage;
  }

  bytes(side: Side, bytes: Uint8Array): void {
    const time = this.#now();
    for (const piece of this.#splitters[side].push(bytes)) this.#piece(side, piece, time);
    // A stream that is not the milter protocol has no messages to wait for.
    if (this.#splitters[side].broken) this.#tracker.inMessage = false;
  }

  ended(side: Side): void {
    this.#rest(side);
    this.#tell({ connection: this.#number, time: this.#now(), type: "end", from: side });
  }

  failed(side: Side, error: Error): void {
    this.#rest(side);
    const problem = error.message;
    this.#tell({ connection: this.#number, time: this.#now(), type: "failed", from: side, problem });
  }

  closed(): void {
    this.#rest("mta");
    this.#rest("milter");
    this.#tell({ connection: this.#number, time: this.#now(), type: "close" });
  }

  /** Records the part of a packet whose rest never came. */
  #rest(side: Side): void {
    if (this.#over[side]) return;
    this.#over[side] = true;
    const left = this.#splitters[side].end();
    if (left) this.#piece(side, left, this.#now());
  }

  #piece(side: Side, piece: StreamPiece, time: number): void {
    const connection = this.#number;
    if ("problem" in piece) {
      this.#tell({ connection, time, type: "bytes", from: side, bytes: piece.bytes, problem: piece.problem });
    } else {
      const { bytes, command, payload } = piece;
      const description = describePacket(side, command, payload);
      const answer = side === "milter" ? this.#answer(piece, time) : {};
      if (side === "mta") this.#tracker.mta(command, time);
      this.#tell({ connection, time, type: "packet", from: side, ...description, ...answer, bytes });
    }
  }

  #answer({ command, payload }: SplitPacket, time: number): { answers: string | null; after?: number } {
    const { to } = this.#tracker.milter(command, payload);
    return to ? { answers: to.event, after: rounded(time - to.asked) } : { answers: null };
  }

  #now(): number {
    return rounded(this.#clock());
  }
}

/** Microseconds are enough. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
