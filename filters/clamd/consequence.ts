/**
 * What follows from the result of a scan: the header field, and what happens to the message.
 *
 * @module
 */

import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { discard, reject, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { ClamdSettings } from "./options.ts";

type Final = Verdict<"reject" | "tempfail" | "discard"> | undefined;

/** Headers by which scanners tell their results. From a sender, they mean nothing. */
const RESULT_HEADERS: readonly string[] = ["X-Virus-Status", "X-Virus-Scanned"];

const TOO_LARGE = "Message cannot be scanned for viruses as a whole";

/** The changes that the settings need. */
export function clamdChanges({ onVirus, onOversize }: ClamdSettings): readonly Change[] {
  const holds = onVirus === "quarantine" || onOversize === "quarantine";
  return ["insertHeader", "deleteHeader", ...(holds ? ["quarantine"] as const : [])];
}

/** The events with verdicts. If there is none, the MTA need not wait for an answer. */
export function clamdVerdicts({ onVirus, onOversize }: ClamdSettings): readonly VerdictEvent[] {
  const refuses = onVirus === "reject" || onVirus === "discard" || onOversize === "tempfail" ||
    onOversize === "reject";
  return refuses ? ["eom"] : [];
}

/** Lets a message pass in which nothing was found. */
export function passClean(message: EndOfMessage, { header }: ClamdSettings): void {
  setStatus(message, header, "Clean");
}

/**
 * Does what is to be done with a message in which something was found.
 *
 * @param name the name of the signature: printable ASCII, 200 characters at most
 */
export function actOnVirus(message: EndOfMessage, name: string, { onVirus, header }: ClamdSettings): Final {
  if (onVirus === "reject") return reject(550, "5.7.1", `Virus found: ${name}`);
  if (onVirus === "discard") return discard();
  setStatus(message, header, `Infected (${name})`);
  if (onVirus === "quarantine") message.quarantine(`virus found: ${name}`);
  return undefined;
}

/**
 * Does what is to be done with a message that was not scanned as a whole.
 *
 * @param reason why not: printable ASCII
 */
export function actOnOversize(
  message: EndOfMessage,
  reason: string,
  { onOversize, header }: ClamdSettings,
): Final {
  if (onOversize === "tempfail") return tempfail(452, "4.3.4", TOO_LARGE);
  if (onOversize === "reject") return reject(552, "5.3.4", TOO_LARGE);
  setStatus(message, header, `Not Scanned (${reason})`);
  if (onOversize === "quarantine") message.quarantine(`not scanned for viruses: ${reason}`);
  return undefined;
}

/** Lets a message pass that no server scanned. */
export function passUnscanned(message: EndOfMessage, { header }: ClamdSettings): void {
  setStatus(message, header, "Not Scanned (the scanner failed)");
}

function setStatus(message: EndOfMessage, header: string, status: string): void {
  for (const field of message.headers) {
    if (field.is(header) || RESULT_HEADERS.some((name) => field.is(name))) message.deleteHeader(field);
  }
  message.insertHeader(0, header, status);
}
