/**
 * Counts all that this process has to tell.
 *
 * @module
 */

import type { ServerEvent } from "../../lib/server/server_events.ts";
import type { ListenerConfig } from "../config/listener_config.ts";
import { DnsRecorder } from "./dns_counts.ts";
import { processFigures, ProcessorTime } from "./process_figures.ts";
import type { ProcessReport } from "./process_report.ts";
import { MailRecorder } from "./mail_recorder.ts";

/** What this process has to tell. */
export class ProcessRecorder {
  readonly #mail: MailRecorder;
  readonly #dns = new DnsRecorder();
  readonly #processor = new ProcessorTime();

  /** @param listeners what it serves; nothing, in a process that only hands connections on */
  constructor(listeners: readonly ListenerConfig[]) {
    this.#mail = new MailRecorder(listeners.flatMap(({ filters }) => filters.map(({ filter }) => filter)));
  }

  /** Counts what its server tells. */
  record(event: ServerEvent): void {
    this.#mail.record(event);
  }

  /**
   * What came to pass since this was last called.
   *
   * @param withFigures whether to look at what the process holds, too
   */
  take(withFigures: boolean): ProcessReport {
    return {
      mail: this.#mail.take(),
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
