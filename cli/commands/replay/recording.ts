/**
 * Reads a trace file: for each connection, what the MTA sent and what the milter answered.
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

/** What a milter did when an answer was due. */
export interface RecordedAnswer {
  /** The packets of the answer; the last one is the verdict, if it came. */
  readonly packets: readonly SplitPacket[];
  /** Why no verdict came, such as `closed the connection`. */
  readonly end?: string;
  /** How long the verdict took, in milliseconds. */
  readonly milliseconds?: number;
}

/** The `end` of an answer if the milter closed the connection. Ends are compared, so a replay uses the same words. */
export const CLOSED = "closed the connection";

/**
 * The `end` of an answer if the milter sent something that is not a packet.
 *
 * @param problem what is wrong with it
 */
export function sentNoPacket(problem: string): string {
  return `sent something that is not a packet (${problem})`;
}

/** A packet from the MTA. */
export interface RecordedStep extends SplitPacket {
  /** Its event; undefined for macros, ABORT and QUIT. */
  readonly event: EventSpec | undefined;
  /** The number of the message that it belongs to, from 1; 0 outside of a message. */
  readonly message: number;
  /** The answer; undefined if none was due or none came. */
  readonly outcome: RecordedAnswer | undefined;
  /** Whether the MTA disconnected, or the trace ended, before the answer came. */
  readonly abandoned: boolean;
}

/** A traced connection. */
export interface RecordedConnection {
  /** Its number in the trace. */
  readonly number: number;
  /** What the MTA sent, in order. */
  readonly steps: readonly RecordedStep[];
  /** What was negotiated; undefined if nothing was. */
  readonly terms: Terms | undefined;
  /** Number of messages. */
  readonly messages: number;
  /** The queue id of each message by its number, if a macro contained it. */
  readonly queueIds: ReadonlyMap<number, string>;
  /** What the milter sent when no answer was due. */
  readonly unsolicited: readonly SplitPacket[];
  /** Why it cannot be played, or only in part. */
  readonly unplayable: string | undefined;
}

/** A whole trace. */
export interface Recording {
  readonly header: TraceHeader;
  /** The connections, in the order of their numbers. */
  readonly connections: readonly RecordedConnection[];
  /** Whether the last line is incomplete, because the trace was killed. */
  readonly cutOff: boolean;
}

/** The file cannot be read, or is not a trace. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
  /** `cannot-read`: the system cannot read it. `not-a-trace`: the first line is wrong. `bad-line`: another line is. */
  readonly code: "cannot-read" | "not-a-trace" | "bad-line";
  /** The path; for `bad-line`, followed by a colon and the line's number. */
  readonly value: string;

  /**
   * @param code what is wrong
   * @param value the path; for `bad-line`, followed by a colon and the line's number
   * @param message a line that says what is wrong
   */
  constructor(code: RecordingError["code"], value: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.value = value;
  }
}

/**
 * Reads a trace file.
 *
 * @param path the file
 * @param wanted numbers of the connections to keep; empty for all
 * @throws {RecordingError} if it cannot be read, or is not a trace
 */
export async function readRecording(path: string, wanted: ReadonlySet<number>): Promise<Recording> {
  const builders = new Map<number, ConnectionBuilder>();
  let header: TraceHeader | undefined;
  let badLine = 0;
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (badLine > 0) {
      const message = `Cannot replay ${path}: line ${badLine} is not a line of a trace`;
      throw new RecordingError("bad-line", `${path}:${badLine}`, message);
    }
    if (header === undefined) {
      header = headerOf(path, line);
      continue;
    }
    const record = parseRecord(line);
    // Only the last line may be incomplete.
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
    // Otherwise nobody would handle an error before the first line.
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
  /** Packets that are not answered yet, oldest first. */
  readonly #open: {
    readonly step: Writable<RecordedStep>;
    readonly question: Question;
    packets: SplitPacket[];
  }[] = [];
  readonly #unsolicited: SplitPacket[] = [];
  #unplayable: string | undefined;
  #milterAnswered = false;

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
        if (record.from === "mta") this.#unplayable ??= `the MTA ${sentNoPacket(record.problem)}`;
        else this.#milterIsGone(sentNoPacket(record.problem));
        break;
      case "end":
      case "failed":
        if (record.from === "milter") this.#milterIsGone(CLOSED);
        // Answers for which the MTA did not wait are not compared.
        else this.#abandon();
    }
  }

  finish(): RecordedConnection {
    this.#abandon();
    if (this.#steps[0]?.command !== Command.OPTNEG) {
      this.#unplayable ??= "it does not begin with option negotiation";
    } else if (!this.#milterAnswered) this.#unplayable ??= "the milter never answered";
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
    this.#milterAnswered = true;
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

  #milterIsGone(end: string): void {
    const open = this.#open.shift();
    if (open) open.step.outcome = { packets: open.packets, end };
    this.#abandon();
  }
}

function packetOf(bytes: Uint8Array): SplitPacket {
  const command = new DataView(bytes.buffer, bytes.byteOffset).getUint8(4);
  return { bytes, command, payload: bytes.subarray(5) };
}
