/**
 * Collects the report of this process.
 *
 * @module
 */

import type { FilterMetrics } from "../../lib/kit/metrics.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import type { ListenerSummary } from "../config/setup_summary.ts";
import { DnsRecorder } from "./dns_counts.ts";
import { processFigures, ProcessorTime } from "./process_figures.ts";
import type { ProcessReport } from "./process_report.ts";
import { MailLogRecorder } from "./mail_log/recorder.ts";
import { MailRecorder } from "./mail_recorder.ts";
import { StateRecorder } from "./state_counts.ts";

/** What to record. */
export interface Recorded {
  /** The listeners that this process serves; none in a parent process, which only hands connections over. */
  readonly listeners: readonly ListenerSummary[];
  /** What their filters count themselves; undefined in a parent process. */
  readonly custom?: FilterMetrics | undefined;
  /** The most messages that the service keeps; 0 for none. */
  readonly messages: number;
  /** The number of this worker; undefined if this process is not a worker. */
  readonly worker?: number;
}

/** Counts what this process does. */
export class ProcessRecorder {
  readonly #mail: MailRecorder;
  readonly #mailLog: MailLogRecorder | undefined;
  readonly #dns = new DnsRecorder();
  readonly #state = new StateRecorder();
  readonly #processor = new ProcessorTime();

  readonly #custom: FilterMetrics | undefined;

  /** @param recorded what to record */
  constructor({ listeners, custom, messages, worker }: Recorded) {
    this.#custom = custom;
    this.#mail = new MailRecorder(listeners.flatMap(({ filters }) => filters));
    this.#mailLog = messages > 0 ? new MailLogRecorder(worker) : undefined;
  }

  /**
   * Counts an event of its server.
   *
   * @param event the event
   * @param log logs the event
   * @param listener the number of its listener
   */
  record(event: ServerEvent, log: () => void = () => {}, listener = 0): void {
    this.#mail.record(event);
    if (this.#mailLog) this.#mailLog.record(event, log, listener);
    else log();
  }

  /**
   * Returns the report since the last call.
   *
   * @param withFigures whether to include the resources of the process
   */
  take(withFigures: boolean): ProcessReport {
    const custom = this.#custom?.take() ?? [];
    const limits = this.#custom?.limits.take() ?? [];
    const mailLog = this.#mailLog?.take();
    return {
      mail: this.#mail.take(),
      dns: this.#dns.take(),
      state: this.#state.take(),
      ...(custom.length === 0 ? {} : { custom }),
      ...(limits.length === 0 ? {} : { limits }),
      ...(mailLog === undefined ? {} : { mailLog }),
      processor: this.#processor.take(),
      ...(withFigures ? { figures: processFigures() } : {}),
    };
  }

  /** Stops counting. */
  close(): void {
    this.#mailLog?.close();
    this.#dns.close();
    this.#state.close();
  }
}
