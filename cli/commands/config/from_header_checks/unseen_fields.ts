/**
 * Says which lines look for fields that Postfix does not show to milters.
 *
 * @module
 */

import type { Report } from "../conversion/report.ts";
import type { TableEntry } from "./table.ts";

/** What Postfix takes out before milters see a message. */
const HIDDEN = ["Bcc", "Resent-Bcc", "Return-Path", "Content-Length"];

/** Notes what lines do not find here, once for each kind. */
export class UnseenFields {
  readonly #report: Report;
  readonly #noted = new Set<string>();

  /** @param report receives the notes */
  constructor(report: Report) {
    this.#report = report;
  }

  /**
   * Notes what a line does not find.
   *
   * @param entry the line
   */
  note({ around, patterns, place }: TableEntry): void {
    const sought = [...around, ...patterns].filter(({ negated }) => !negated).map(({ source }) => source);
    for (const name of ["Received", ...HIDDEN]) {
      if (this.#noted.has(name) || !sought.some((source) => startsWith(source, name))) continue;
      this.#noted.add(name);
      this.#report.note(
        place,
        name === "Received"
          ? "Postfix shows no milter the Received field that it adds itself: lines for Received find only those of hosts " +
            "before. Leave a line that is for its own field in Postfix, or ask for the client by only-client"
          : `Postfix shows no milter a ${name} field in the header of the message: lines for it find none there`,
      );
    }
  }
}

/** Whether an expression names a field, at its start or as one of several there. */
function startsWith(source: string, name: string): boolean {
  const [start = ""] = /^\^?[(?:|\w-]*/.exec(source) ?? [];
  return start.toLowerCase().split(/[^a-z-]+/).includes(name.toLowerCase()) && /^\^/.test(source);
}
