/**
 * Sends a worker's reports to its parent, which adds up the counts of all workers.
 *
 * @module
 */

import process from "node:process";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import { ProcessRecorder, type Recorded } from "../../observe/process_recorder.ts";
import { onParentMessage, type ReportMessage } from "./worker_protocol.ts";

/** The interval between reports, in milliseconds: a worker that dies loses at most what it counted in that time. */
const INTERVAL = 1000;
/** How long a worker waits for its parent to confirm the last report, in milliseconds. */
const LAST_LIMIT = 500;

/** Counts what a worker does, and reports it. */
export class WorkerReporter {
  readonly #recorder: ProcessRecorder;
  readonly #timer: ReturnType<typeof setInterval>;
  #heard: (() => void) | undefined;

  /**
   * Starts to count. Sends the first report at once, so that the parent knows it can request more.
   *
   * @param recorded what to record
   */
  constructor(recorded: Recorded) {
    this.#recorder = new ProcessRecorder(recorded);
    onParentMessage(({ type }) => {
      if (type === "report") this.#tell("asked");
      else if (type === "heard") this.#heard?.();
    });
    this.#timer = setInterval(() => this.#tell("time"), INTERVAL);
    this.#timer.unref();
    this.#tell("time");
  }

  /** Counts an event of the server; see {@linkcode ProcessRecorder}. */
  record(event: ServerEvent, log: () => void = () => {}, listener = 0): void {
    this.#recorder.record(event, log, listener);
  }

  /** Sends the last report, and waits until the parent confirms it: a message in transit may be lost when a process ends. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    if (!process.connected) return;
    await new Promise<void>((resolve) => {
      this.#heard = resolve;
      setTimeout(resolve, LAST_LIMIT);
      this.#tell("end");
    });
  }

  #tell(why: ReportMessage["why"]): void {
    const message: ReportMessage = { type: "report", report: this.#recorder.take(why === "asked"), why };
    try {
      process.send?.(message, undefined, undefined, () => {});
    } catch {
      // The channel is closed, so the worker will end.
    }
  }
}
