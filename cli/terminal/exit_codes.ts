/**
 * The exit codes of the executable.
 *
 * @module
 */

/** The exit codes by meaning. */
export const EXIT_CODES = {
  /** Success; of `check`: all messages were accepted. */
  done: 0,
  /** Failure. */
  failed: 1,
  /** The command line, or a file that it names, is wrong. */
  usage: 2,
  /** `replay`: something differs. */
  differs: 3,
  /** `check`: a message was rejected. `explain`: it does not authenticate. `dkim`: a record is wrong, or no signature verifies. */
  rejected: 3,
  /** `check`: a message was tempfailed, none rejected. `explain`, `dkim`: a lookup failed, so it is not known. */
  tempfailed: 4,
  /** `check`: a message was discarded, none rejected or tempfailed. */
  discarded: 5,
  /** Aborted by SIGINT: 128 plus its number, as in shells. */
  interrupted: 130,
  /** Nobody reads standard output: 128 plus the number of SIGPIPE. */
  outputClosed: 141,
  /** Aborted by a second SIGTERM: 128 plus its number. */
  terminated: 143,
} as const;

const {
  done,
  failed,
  usage,
  differs,
  rejected,
  tempfailed,
  discarded,
  interrupted,
  outputClosed,
  terminated,
} = EXIT_CODES;

/** The exit codes as the manual page lists them. */
export const EXIT_STATUS: readonly (readonly [codes: string, meaning: string])[] = [
  [`${done}`, "Success."],
  [`${failed}`, "Failure."],
  [`${usage}`, "The command line, or a file that it names, is wrong."],
  [
    `${rejected}, ${tempfailed}, ${discarded}`,
    `check: a message was rejected, tempfailed, discarded. explain: ${rejected} if it does not authenticate, ` +
    `${tempfailed} if a lookup failed. dkim: ${rejected} if a record is wrong or no signature verifies, ${tempfailed} if ` +
    `a lookup failed. replay: ${differs} if something differs.`,
  ],
  [`${interrupted}, ${terminated}`, "Aborted by a signal."],
  [`${outputClosed}`, "Nobody reads standard output."],
];
