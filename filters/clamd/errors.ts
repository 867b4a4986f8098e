/**
 * Errors between the filter and clamd.
 *
 * @module
 */

import type { AddressError } from "../../lib/net/address.ts";

/** A clamd did not scan a message. */
export class ClamdError extends Error {
  override readonly name = "ClamdError";
  /**
   * `unreachable`: no connection. `timeout`: no answer in time. `connection-lost`: it closed the connection. `refused`:
   * it replied with an error. `no-server`: none of several servers could scan it.
   */
  readonly code: "unreachable" | "timeout" | "connection-lost" | "refused" | "no-server";
  /** Its address; of several, all of them. */
  readonly value: string;

  /**
   * @param code what happened
   * @param value the address
   * @param message one line that says what happened, and where
   */
  constructor(code: ClamdError["code"], value: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.value = value;
    // A stack trace explains nothing about a server that failed.
    this.stack = `${this.name}: ${message}`;
  }
}

/** What to look at, by the system's code for why clamd cannot be reached. */
const HINTS: Readonly<Record<string, string>> = {
  ENOENT: "check that clamd runs, and that this is the LocalSocket in its clamd.conf",
  EACCES: "the user of this service needs the group of the socket (LocalSocketGroup in clamd.conf)",
  ECONNREFUSED:
    "check that clamd runs, with this address in its clamd.conf; it listens once its signatures are loaded",
};

/** Says why clamd cannot be reached, and what to look at. */
export function unreachableText({ message, systemCode }: AddressError): string {
  const hint = HINTS[systemCode ?? ""];
  return hint === undefined ? message : `${message}; ${hint}`;
}
