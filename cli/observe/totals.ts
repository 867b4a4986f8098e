/**
 * What all processes told, added up. It never goes back: what ended had told before.
 *
 * @module
 */

import { addDnsCounts, type DnsCounts, emptyDnsCounts } from "./dns_counts.ts";
import type { ProcessFigures, ProcessReport } from "./process_report.ts";
import type { MailCounts } from "./mail_counts.ts";
import { addMailCounts, emptyMailCounts } from "./add_counts.ts";

/** The process that was started. */
export const MAIN_PROCESS = "main";

/** What a worker is called, by its number; the one that replaces it is called the same. */
export function workerName(number: number): string {
  return `worker-${number}`;
}

/** Sums, and what processes hold. */
export class Totals {
  /** What servers did. */
  readonly mail: MailCounts = emptyMailCounts();
  /** What was asked of name servers. */
  readonly dns: DnsCounts = emptyDnsCounts();
  /** The processor time that was taken, in seconds, by the name of the process. */
  readonly processor = new Map<string, number>();
  readonly #figures = new Map<unknown, { readonly name: string; readonly figures: ProcessFigures }>();
  readonly #listeners = new Set<(delta: MailCounts) => void>();

  /**
   * Adds what a process told.
   *
   * @param name what it is called
   * @param process what tells it from others of that name
   * @param report what it told
   */
  add(name: string, process: unknown, { mail, dns, processor, figures }: ProcessReport): void {
    addMailCounts(this.mail, mail);
    addDnsCounts(this.dns, dns);
    this.processor.set(name, (this.processor.get(name) ?? 0) + processor);
    if (figures) this.#figures.set(process, { name, figures });
    for (const listener of this.#listeners) listener(mail);
  }

  /** A process has ended: it holds nothing any more. */
  ended(process: unknown): void {
    this.#figures.delete(process);
  }

  /** What processes hold; several of one name where one is about to replace another. */
  get figures(): readonly { readonly name: string; readonly figures: ProcessFigures }[] {
    return [...this.#figures.values()];
  }

  /**
   * Has what comes to pass told as it comes, in parts of about a second.
   *
   * @returns ends that
   */
  listen(listener: (delta: MailCounts) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
