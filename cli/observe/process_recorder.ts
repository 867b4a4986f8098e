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
import { MailRecorder } from "./mail_recorder.ts";
import { StateRecorder } from "./state_counts.ts";

/** Counts what this process does. */
export class ProcessRecorder {
  readonly #mail: MailRecorder;
  readonly #dns = new DnsRecorder();
  readonly #state = new StateRecorder();
  readonly #processor = new ProcessorTime();

  readonly #custom: FilterMetrics | undefined;

  /**
   * @param listeners the listeners that it serves; none in a parent process, which only hands connections over
   * @param custom what their filters count themselves; undefined in a parent process
   */
  constructor(listeners: readonly ListenerSummary[], custom?: FilterMetrics) {
    this.#custom = custom;
    this.#mail = new MailRecorder(listeners.flatMap(({ filters }) => filters));
  }

  /** Counts an event of its server. */
  record(event: ServerEvent): void {
    this.#mail.record(event);
  }

  /**
   * Returns the report since the last call.
   *
   * @param withFigures whether to include the resources of the process
   */
  take(withFigures: boolean): ProcessReport {
    const custom = this.#custom?.take() ?? [];
    const limits = this.#custom?.limits.take() ?? [];
    return {
      mail: this.#mail.take(),
      dns: this.#dns.take(),
      state: this.#state.take(),
      ...(custom.length === 0 ? {} : { custom }),
      ...(limits.length === 0 ? {} : { limits }),
      processor: this.#processor.take(),
      ...(withFigures ? { figures: processFigures() } : {}),
    };
  }

  /** Stops counting. */
  close(): void {
    this.#dns.close();
    this.#state.close();
  }
}
