/**
 * Prints the records of a trace, and writes them to its file.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { wantsColours } from "../../terminal/colours.ts";
import { plural } from "../../terminal/plural.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import { log } from "../../log/log.ts";
import { abandonOutput } from "../../terminal/standard_output.ts";
import { LineOutput } from "./line_output.ts";
import type { TraceFile } from "./trace_file.ts";
import {
  formatRecord,
  TRACE_VERSION,
  type TraceHeader,
  type TraceRecord,
} from "../../traces/trace_format.ts";
import { TraceLines } from "./trace_lines.ts";
import { TracedConnection } from "./traced_connection.ts";

/** Prints what passes, and writes it to a file. */
export class Trace {
  readonly #started = Date.now();
  readonly #began = performance.now();
  readonly #print: ((record: TraceHeader | TraceRecord) => void) | undefined;
  #output: LineOutput | undefined;
  readonly #open = new Map<number, TracedConnection>();
  #file: TraceFile | undefined;
  /** Whether the file has everything so far. */
  #complete = true;

  /** @param options of the command line */
  constructor(options: OptionValues) {
    this.#print = options.get("flag", "quiet") ? undefined : this.#printer(options);
  }

  #printer(options: OptionValues): (record: TraceHeader | TraceRecord) => void {
    const json = Boolean(options.get("flag", "json"));
    const leftOut = (lines: number) =>
      json
        ? terminalSafeJson({ type: "left-out", lines })
        : `(${plural(lines, "line")} left out: not read fast enough)`;
    const output = this.#output = new LineOutput(process.stdout, leftOut, () => {
      log("warning", "nobody reads standard output any more; still passing on connections");
    });
    if (json) return (record) => output.write(formatRecord(record));
    const lines = new TraceLines({
      started: this.#started,
      bodyBytes: options.get("integer", "body")!,
      colour: wantsColours(process.stdout),
    });
    return (record) => {
      if (!("format" in record)) lines.linesOf(record).forEach((line) => output.write(line));
    };
  }

  /**
   * Begins the trace with its first line.
   *
   * @param file where to write the trace as well; undefined for no file
   * @param ends the two addresses that it sits between
   */
  begin(file: TraceFile | undefined, ends: Pick<TraceHeader, "listen" | "milter">): void {
    this.#file = file;
    const started = new Date(this.#started).toISOString();
    this.#tell({ format: "milterkit-trace", version: TRACE_VERSION, started, ...ends });
  }

  /** Whether a message is in progress on any connection. */
  get inMessage(): boolean {
    return this.#open.values().some((connection) => connection.inMessage);
  }

  /**
   * Watches a connection.
   *
   * @param number its number, from 1
   * @param peer the MTA's address
   */
  watch(number: number, peer: string): TracedConnection {
    const clock = () => performance.now() - this.#began;
    const connection = new TracedConnection(number, peer, clock, (record) => {
      if (record.type === "close") this.#open.delete(number);
      this.#tell(record);
    });
    this.#open.set(number, connection);
    return connection;
  }

  /**
   * Ends the trace, and waits for the reader of standard output.
   *
   * @returns whether everything was written to the file
   */
  async end(): Promise<boolean> {
    this.#file?.close();
    const unread = await this.#output?.end() ?? 0;
    if (unread > 0) {
      abandonOutput();
      log("warning", `nobody read the last ${plural(unread, "line")} of standard output`);
    }
    return this.#complete;
  }

  #tell(record: TraceHeader | TraceRecord): void {
    if (this.#print) this.#print(record);
    else if ("problem" in record && record.type === "failed") {
      log("warning", `connection ${record.connection}: ${record.from}: ${record.problem}`);
    }
    try {
      this.#file?.write(formatRecord(record));
    } catch (error) {
      // Mail matters more than its trace.
      log(
        "error",
        `${(error as Error).message}; still passing on connections, but writing no more`,
      );
      this.#file?.close();
      this.#file = undefined;
      this.#complete = false;
    }
  }
}
