/**
 * Adds up the reports of all processes. Totals never decrease: those of a process that ended remain.
 *
 * @module
 */

import { CustomMetrics } from "./custom_metrics.ts";
import { addDnsCounts, type DnsCounts, emptyDnsCounts } from "./dns_counts.ts";
import { NearLimits } from "./near_limits.ts";
import type { ProcessFigures, ProcessReport } from "./process_report.ts";
import type { MailCounts } from "./mail_counts.ts";
import { addStateCounts, emptyStateCounts, type StateCounts } from "./state_counts.ts";
import { addMailCounts, emptyMailCounts } from "./add_counts.ts";

/** The name of the parent process, or of the only one. */
export const MAIN_PROCESS = "main";

/** Returns the name of a worker; one that replaces it gets the same name. */
export function workerName(number: number): string {
  return `worker-${number}`;
}

/** Totals of all processes, and the current resources of each. */
export class Totals {
  /** Counts of mail. */
  readonly mail: MailCounts = emptyMailCounts();
  /** Counts of DNS lookups. */
  readonly dns: DnsCounts = emptyDnsCounts();
  /** Counts of calls that filters made of their state. */
  readonly state: StateCounts = emptyStateCounts();
  /** What filters count themselves. */
  readonly custom: CustomMetrics = new CustomMetrics();
  /** Who is near a limit. */
  readonly limits: NearLimits = new NearLimits();
  /** The processor time used, in seconds, by the name of the process. */
  readonly processor = new Map<string, number>();
  readonly #figures = new Map<unknown, { readonly name: string; readonly figures: ProcessFigures }>();
  readonly #listeners = new Set<(delta: MailCounts) => void>();

  /**
   * Adds a report.
   *
   * @param name the name of the process
   * @param process distinguishes it from others with that name
   * @param report its report
   */
  add(name: string, process: unknown, report: ProcessReport): void {
    const { mail, dns, state, custom, limits, processor, figures } = report;
    addMailCounts(this.mail, mail);
    addDnsCounts(this.dns, dns);
    addStateCounts(this.state, state);
    this.custom.add(process, custom ?? []);
    this.limits.add(limits ?? []);
    this.processor.set(name, (this.processor.get(name) ?? 0) + processor);
    if (figures) this.#figures.set(process, { name, figures });
    for (const listener of this.#listeners) listener(mail);
  }

  /** Notes that a process has ended and holds no resources any more. */
  ended(process: unknown): void {
    this.#figures.delete(process);
    this.custom.ended(process);
  }

  /** The current resources of each process; there are several with one name while one replaces another. */
  get figures(): readonly { readonly name: string; readonly figures: ProcessFigures }[] {
    return [...this.#figures.values()];
  }

  /**
   * Calls a function with new counts as they arrive, about once a second for each process.
   *
   * @returns a function that ends this
   */
  listen(listener: (delta: MailCounts) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
