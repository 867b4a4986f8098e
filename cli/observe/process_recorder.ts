/**
 * Counts all that this process has to tell.
 *
 * @module
 */

import type { ServerEvent } from "../../lib/server/server_events.ts";
import type { ListenerConfig } from "../config/listener_config.ts";
import { DnsRecorder } from "./dns_tally.ts";
import { processFigures, ProcessorTime } from "./process_figures.ts";
import type { ProcessReport } from "./process_report.ts";
import { TallyRecorder } from "./tally_recorder.ts";

/** What this process has to tell. */
export class ProcessRecorder {
  readonly #tally: TallyRecorder;
  readonly #dns = new DnsRecorder();
  readonly #processor = new ProcessorTime();

  /** @param listeners what it serves; nothing, in a process that only hands connections on */
  constructor(listeners: readonly ListenerConfig[]) {
    this.#tally = new TallyRecorder(listeners.flatMap(({ filters }) => filters.map(({ filter }) => filter)));
  }

  /** Counts what its server tells. */
  record(event: ServerEvent): void {
    this.#tally.record(event);
  }

  /**
   * What came to pass since this was last called.
   *
   * @param withFigures whether to look at what the process holds, too
   */
  take(withFigures: boolean): ProcessReport {
    return {
      tally: this.#tally.take(),
      dns: this.#dns.take(),
      processor: this.#processor.take(),
      ...(withFigures ? { figures: processFigures() } : {}),
    };
  }

  /** Counts no more. */
  close(): void {
    this.#dns.close();
  }
}
