/**
 * What the executable tells the shell.
 *
 * @module
 */

/** Every exit code, by what it means. */
export const EXIT_CODES = {
  /** Done; of `check`: accepted. */
  done: 0,
  /** It could not be done. */
  failed: 1,
  /** The command line, or what it names, is wrong. */
  usage: 2,
  /** `replay`: something differs. */
  differs: 3,
  /** `check`: a message was rejected. */
  rejected: 3,
  /** `check`: a message was tempfailed, and none rejected. */
  tempfailed: 4,
  /** `check`: a message was discarded, and none rejected or tempfailed. */
  discarded: 5,
  /** Aborted by SIGINT: 128 and its number, as shells have it. */
  interrupted: 130,
  /** Nobody reads what is printed: 128 and the number of SIGPIPE. */
  outputClosed: 141,
  /** Aborted by a second SIGTERM. */
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

/** The same for readers of the manual page. */
export const EXIT_STATUS: readonly (readonly [codes: string, meaning: string])[] = [
  [`${done}`, "Done."],
  [`${failed}`, "It could not be done."],
  [`${usage}`, "The command line, or what it names, is wrong."],
  [
    `${rejected}, ${tempfailed}, ${discarded}`,
    `check: a message was rejected, tempfailed, discarded. replay: ${differs} where something differs.`,
  ],
  [`${interrupted}, ${terminated}`, "Aborted by a signal."],
  [`${outputClosed}`, "Nobody reads what is printed."],
];
