/**
 * Says which lines look for fields that Postfix does not show to milters.
 *
 * @module
 */

import type { Report } from "../conversion/report.ts";
import type { TableEntry } from "./table.ts";

/** What Postfix takes out before milters see a message. */
const HIDDEN = ["Bcc", "Resent-Bcc", "Return-Path", "Content-Length"];

/**
 * Notes what a line does not find here.
 *
 * @param entry the line
 * @param report receives the notes
 */
export function noteUnseen({ patterns, place }: TableEntry, report: Report): void {
  const sought = patterns.filter(({ negated }) => !negated).map(({ source }) => source);
  const hidden = HIDDEN.find((name) => sought.some((source) => startsWith(source, name)));
  if (hidden !== undefined) {
    report.note(
      place,
      `Postfix shows no milter a ${hidden} field of the message's header: this line finds none there`,
    );
  }
  if (sought.some((source) => startsWith(source, "Received"))) {
    report.note(
      place,
      "Postfix shows no milter the Received field that it adds itself, with the client's address and HELO: this line finds " +
        "only those of hosts before. For the client, add only-client or only-macro to the rule",
    );
  }
}

/** Whether an expression names a field, at its start or as one of several there. */
function startsWith(source: string, name: string): boolean {
  const [start = ""] = /^\^?[(?:|\w-]*/.exec(source) ?? [];
  return start.toLowerCase().split(/[^a-z-]+/).includes(name.toLowerCase()) && /^\^/.test(source);
}
