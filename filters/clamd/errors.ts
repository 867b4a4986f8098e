/**
 * What goes wrong between the filter and clamd.
 *
 * @module
 */

/** A clamd did not scan a message. */
export class ClamdError extends Error {
  override readonly name = "ClamdError";
  /**
   * `unreachable`: no connection. `timeout`: too late. `connection-lost`: it closed the connection. `refused`: it answered that
   * it cannot. `no-server`: none of several could.
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

/** What to look at, by the words for the system's error. */
const HINTS: readonly (readonly [text: string, hint: string])[] = [
  ["no such file", "check that clamd runs, and that this is the LocalSocket in its clamd.conf"],
  [
    "permission denied",
    "the user of this service needs the group of the socket (LocalSocketGroup in clamd.conf)",
  ],
  [
    "nobody listens",
    "check that clamd runs, with this address in its clamd.conf; it listens once its signatures are loaded",
  ],
];

/**
 * What to look at if clamd cannot be reached.
 *
 * @param problem why not, in words
 * @returns the same, with a hint if there is one
 */
export function withHint(problem: string): string {
  const hint = HINTS.find(([text]) => problem.includes(text))?.[1];
  return hint === undefined ? problem : `${problem}; ${hint}`;
}
