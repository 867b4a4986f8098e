/**
 * Formats a trace for people.
 *
 * @module
 */

import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { type Colours, terminalColours } from "../../terminal/colours.ts";
import { macrosText, packetText, preview } from "../../traces/packet_text.ts";
import type { PacketRecord, TraceRecord } from "../../traces/trace_format.ts";

/** How to format lines. */
export interface LineOptions {
  /** Start of the trace, in milliseconds since 1970. */
  readonly started: number;
  /** How many bytes of each body packet to show. */
  readonly bodyBytes: number;
  /** Whether to colour. */
  readonly colour: boolean;
}

/** How many bytes to show of data that does not form a packet. */
const RAW_BYTES = 60;
/** Bytes before a packet's payload: its length, and its command letter. */
const PREFIX = 5;

const VERDICT_COLOURS: Readonly<Record<string, keyof Colours>> = {
  optneg: "request",
  continue: "good",
  accept: "good",
  skip: "good",
  progress: "dim",
  reject: "bad",
  tempfail: "bad",
  discard: "bad",
};

/** Formats records as lines. */
export class TraceLines {
  readonly #options: LineOptions;
  readonly #colours: Colours;
  /** Macros whose event has not come yet, by connection. */
  readonly #macros = new Map<number, PacketRecord>();

  constructor(options: LineOptions) {
    this.#options = options;
    this.#colours = terminalColours(options.colour);
  }

  /** Formats a record: no line for macros, which are shown with their event. */
  linesOf(record: TraceRecord): string[] {
    if (record.type !== "packet") {
      const held = record.type === "close" || isOfMta(record) ? this.#heldMacros(record.connection) : [];
      return [...held, this.#otherLine(record)];
    }
    if (record.from === "milter") return [this.#answerLine(record)];
    if (record.name === "macro" && record.problem === undefined) {
      const held = this.#heldMacros(record.connection);
      this.#macros.set(record.connection, record);
      return held;
    }
    const macros = this.#macros.get(record.connection);
    if (macros?.fields.event !== record.name) {
      return [...this.#heldMacros(record.connection), this.#commandLine(record, "")];
    }
    this.#macros.delete(record.connection);
    return [this.#commandLine(record, macrosText(macros.fields.macros))];
  }

  /** The line for macros that were not followed by their event. */
  #heldMacros(connection: number): string[] {
    const macros = this.#macros.get(connection);
    if (!macros) return [];
    this.#macros.delete(connection);
    return [this.#commandLine(macros, "")];
  }

  #commandLine(record: PacketRecord, macros: string): string {
    const text = packetText("mta", record, record.bytes.subarray(PREFIX), this.#options.bodyBytes);
    const colour = record.problem === undefined ? "request" : "bad";
    const behind = macros === "" ? "" : `   ${this.#colours.dim(`(${macros})`)}`;
    return this.#line(record, "mta", this.#colours[colour](text) + behind);
  }

  #answerLine(record: PacketRecord): string {
    const { name, verdict, problem, answers, after } = record;
    const text = packetText("milter", record, record.bytes.subarray(PREFIX), this.#options.bodyBytes);
    const colour = problem === undefined ? VERDICT_COLOURS[verdict ?? name] ?? "warning" : "bad";
    const time = after === undefined ? "" : `   ${this.#colours.dim(`+${after.toFixed(1)} ms`)}`;
    const stray = answers === null ? `   ${this.#colours.bad("(no answer is due)")}` : "";
    return this.#line(record, "milter", this.#colours[colour](text) + time + stray);
  }

  #otherLine(record: Exclude<TraceRecord, PacketRecord>): string {
    switch (record.type) {
      case "open":
        return this.#line(
          record,
          "mta",
          this.#colours.dim(`connects from ${escapeControlCharacters(record.peer)}`),
        );
      case "bytes": {
        const content = preview(record.bytes, RAW_BYTES);
        const text = `${record.bytes.length} bytes, ${escapeControlCharacters(record.problem)}: ${content}`;
        return this.#line(record, record.from, this.#colours.bad(text));
      }
      case "end":
        return this.#line(record, record.from, this.#colours.dim("ends its stream"));
      case "failed":
        return this.#line(
          record,
          record.from,
          this.#colours.bad(`connection failed: ${escapeControlCharacters(record.problem)}`),
        );
      case "close":
        return this.#line(record, "", this.#colours.dim("closed"));
    }
  }

  #line(record: TraceRecord, side: string, text: string): string {
    const time = this.#colours.dim(clockTime(this.#options.started + record.time));
    return `${time} ${String(record.connection).padStart(3)}  ${side.padEnd(6)}  ${text}`;
  }
}

function isOfMta(record: TraceRecord): boolean {
  return "from" in record && record.from === "mta";
}

/** Local time, such as `12:00:01.123`. */
function clockTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
