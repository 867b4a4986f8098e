/**
 * A worker's reports to its parent, who adds up what all workers count.
 *
 * @module
 */

import process from "node:process";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import type { ListenerConfig } from "../../config/listener_config.ts";
import { ProcessRecorder } from "../../observe/process_recorder.ts";
import { onParentMessage, type ReportMessage } from "./worker_protocol.ts";

/** How often it tells what it counted, in milliseconds: no more than that is lost with a worker that dies. */
const INTERVAL = 1000;
/** How long a parent may take to hear the last report, in milliseconds. */
const LAST_LIMIT = 500;

/** Counts what a worker does, and tells it. */
export class WorkerReporter {
  readonly #recorder: ProcessRecorder;
  readonly #timer: ReturnType<typeof setInterval>;
  #heard: (() => void) | undefined;

  /**
   * Begins to count. The first report is sent at once: the parent knows from it whom to ask.
   *
   * @param listeners what the worker serves
   */
  constructor(listeners: readonly ListenerConfig[]) {
    this.#recorder = new ProcessRecorder(listeners);
    onParentMessage(({ type }) => {
      if (type === "report") this.#tell("asked");
      else if (type === "heard") this.#heard?.();
    });
    this.#timer = setInterval(() => this.#tell("time"), INTERVAL);
    this.#timer.unref();
    this.#tell("time");
  }

  /** Counts what the server tells. */
  record(event: ServerEvent): void {
    this.#recorder.record(event);
  }

  /** Tells the rest, and waits until the parent has it: what is on its way when a process ends may be lost. */
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
      // The channel is closed, and with it the worker ends.
    }
  }
}
