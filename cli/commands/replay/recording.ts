/**
 * A written trace, taken apart: per connection what the MTA sent and what the filter answered to it.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Command } from "../../../lib/protocol/constants.ts";
import { eventOf, type EventSpec } from "../../../lib/protocol/events.ts";
import { ExchangeTracker, type Question, type Terms } from "../../../lib/protocol/exchanges.ts";
import type { SplitPacket } from "../../../lib/protocol/packet_splitter.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { parseHeader, parseRecord, type TraceHeader, type TraceRecord } from "../../traces/trace_format.ts";
import { MessageCounter } from "./message_counter.ts";

/** What a filter did where an answer was due. */
export interface RecordedAnswer {
  /** The packets of its answer, the verdict last where it came. */
  readonly packets: readonly SplitPacket[];
  /** Why no verdict came, in words such as `closed the connection`. */
  readonly end?: string;
  /** How long the verdict took, in milliseconds. */
  readonly milliseconds?: number;
}

/** One packet of the MTA's. */
export interface RecordedStep extends SplitPacket {
  /** The event that it is; undefined for macros, ABORT and QUIT. */
  readonly event: EventSpec | undefined;
  /** The number of the message that it belongs to, from 1; 0 outside of one. */
  readonly message: number;
  /** The answer; undefined where none was due, and where it never came. */
  readonly outcome: RecordedAnswer | undefined;
  /** Whether the MTA went away before the answer came, or the trace ended. */
  readonly abandoned: boolean;
}

/** One connection. */
export interface RecordedConnection {
  /** Its number in the trace. */
  readonly number: number;
  /** What the MTA sent, in order. */
  readonly steps: readonly RecordedStep[];
  /** What the filter had negotiated, once it had. */
  readonly terms: Terms | undefined;
  /** How many messages there were. */
  readonly messages: number;
  /** The queue id of each message, by its number, where a macro told it. */
  readonly queueIds: ReadonlyMap<number, string>;
  /** What the filter sent where no answer was due. */
  readonly unsolicited: readonly SplitPacket[];
  /** Why it cannot be played, or not from some place on. */
  readonly unplayable: string | undefined;
}

/** A whole trace. */
export interface Recording {
  readonly header: TraceHeader;
  /** The connections, in the order of their numbers. */
  readonly connections: readonly RecordedConnection[];
  /** Whether the last line is cut off, as of a trace that was killed. */
  readonly cutOff: boolean;
}

/** A file that is no trace. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
  /** `cannot-read`: the system does not give it. `not-a-trace`: it begins otherwise. `bad-line`: a line is none. */
  readonly code: "cannot-read" | "not-a-trace" | "bad-line";
  /** The path, with the number of the line where one is wrong. */
  readonly value: string;

  /**
   * @param code what is wrong
   * @param value the path, with the number of the line where one is wrong
   * @param message one line that says so
   */
  constructor(code: RecordingError["code"], value: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.value = value;
  }
}

/**
 * Reads a trace.
 *
 * @param path the file
 * @param wanted which connections to keep; all where there is none
 * @throws {RecordingError} for a file that cannot be read, or that is no trace
 */
export async function readRecording(path: string, wanted: ReadonlySet<number>): Promise<Recording> {
  const builders = new Map<number, ConnectionBuilder>();
  let header: TraceHeader | undefined;
  let badLine = 0;
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (badLine > 0) {
      const message = `Cannot replay ${path}: line ${badLine} is no line of a trace`;
      throw new RecordingError("bad-line", `${path}:${badLine}`, message);
    }
    if (header === undefined) {
      header = headerOf(path, line);
      continue;
    }
    const record = parseRecord(line);
    // The last line may be half a one.
    if (record === undefined) badLine = number;
    else if (wanted.size === 0 || wanted.has(record.connection)) builderOf(builders, record).take(record);
  }
  if (header === undefined) throw notATrace(path, "it is empty");
  const connections = [...builders.values()].map((builder) => builder.finish());
  connections.sort((a, b) => a.number - b.number);
  return { header, connections, cutOff: badLine > 0 };
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const stream = createReadStream(path);
  try {
    // An error before the first line would otherwise be nobody's.
    await new Promise<void>((resolve, reject) => stream.once("error", reject).once("open", () => resolve()));
    yield* createInterface({ input: stream, crlfDelay: Infinity });
  } catch (cause) {
    throw new RecordingError("cannot-read", path, `Cannot read ${path}: ${systemErrorText(cause)}`, {
      cause,
    });
  } finally {
    stream.destroy();
  }
}

function headerOf(path: string, line: string): TraceHeader {
  const header = parseHeader(line);
  if (typeof header === "string") throw notATrace(path, header);
  return header;
}

function notATrace(path: string, reason: string): RecordingError {
  return new RecordingError("not-a-trace", path, `Cannot replay ${path}: ${reason}`);
}

function builderOf(builders: Map<number, ConnectionBuilder>, { connection }: TraceRecord): ConnectionBuilder {
  let builder = builders.get(connection);
  if (!builder) builders.set(connection, builder = new ConnectionBuilder(connection));
  return builder;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class ConnectionBuilder {
  readonly #number: number;
  readonly #steps: Writable<RecordedStep>[] = [];
  readonly #tracker = new ExchangeTracker();
  readonly #counter = new MessageCounter();
  /** What is not answered yet, the oldest first. */
  readonly #open: {
    readonly step: Writable<RecordedStep>;
    readonly question: Question;
    packets: SplitPacket[];
  }[] = [];
  readonly #unsolicited: SplitPacket[] = [];
  #unplayable: string | undefined;
  #filterAnswered = false;

  constructor(number: number) {
    this.#number = number;
  }

  take(record: TraceRecord): void {
    switch (record.type) {
      case "packet":
        if (record.from === "mta") this.#command(packetOf(record.bytes), record.time);
        else this.#answer(packetOf(record.bytes), record.time);
        break;
      case "bytes":
        if (record.from === "mta") this.#unplayable ??= `the MTA sent what is no packet (${record.problem})`;
        else this.#filterIsGone(`sent what is no packet (${record.problem})`);
        break;
      case "end":
      case "failed":
        if (record.from === "milter") this.#filterIsGone("closed the connection");
        // Whose answer the MTA did not wait for is not to be compared.
        else this.#abandon();
    }
  }

  finish(): RecordedConnection {
    this.#abandon();
    if (this.#steps[0]?.command !== Command.OPTNEG) {
      this.#unplayable ??= "it does not begin with option negotiation";
    } else if (!this.#filterAnswered) this.#unplayable ??= "the filter never answered on it";
    return {
      number: this.#number,
      steps: this.#steps,
      terms: this.#tracker.terms,
      messages: this.#counter.messages,
      queueIds: this.#counter.queueIds,
      unsolicited: this.#unsolicited,
      unplayable: this.#unplayable,
    };
  }

  #command(packet: SplitPacket, time: number): void {
    const { command, payload } = packet;
    const message = this.#counter.take(command, payload);
    const step = { ...packet, event: eventOf(command), message, outcome: undefined, abandoned: false };
    this.#steps.push(step);
    const question = this.#tracker.mta(command, time);
    if (question) this.#open.push({ step, question, packets: [] });
  }

  #answer(packet: SplitPacket, time: number): void {
    this.#filterAnswered = true;
    const { last } = this.#tracker.milter(packet.command, packet.payload);
    const open = this.#open[0];
    if (!open) return void this.#unsolicited.push(packet);
    open.packets.push(packet);
    if (!last) return;
    this.#open.shift();
    open.step.outcome = { packets: open.packets, milliseconds: time - open.question.asked };
  }

  #abandon(): void {
    for (const { step } of this.#open) step.abandoned = true;
    this.#open.length = 0;
  }

  #filterIsGone(end: string): void {
    const open = this.#open.shift();
    if (open) open.step.outcome = { packets: open.packets, end };
    this.#abandon();
  }
}

function packetOf(bytes: Uint8Array): SplitPacket {
  const command = new DataView(bytes.buffer, bytes.byteOffset).getUint8(4);
  return { bytes, command, payload: bytes.subarray(5) };
}
