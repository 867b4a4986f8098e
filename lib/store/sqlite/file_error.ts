/**
 * A file that cannot be used to keep state.
 *
 * @module
 */

/** A file that cannot be used to keep state. */
export class StateFileError extends Error {
  override readonly name = "StateFileError";
  /** Always `invalid-state-file`. */
  readonly code = "invalid-state-file";
  /** The path of the file. */
  readonly value: string;
  /** What is wrong and what to do. */
  readonly reason: string;

  /**
   * @param path the path of the file
   * @param reason what is wrong and what to do
   * @param options the error that led to this one
   */
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`Cannot keep state in ${path}: ${reason}`, options);
    this.value = path;
    this.reason = reason;
  }
}

/** What SQLite says, and what it means. */
const MEANINGS: readonly (readonly [says: RegExp, means: string])[] = [
  [
    /malformed|not a database|corrupt/,
    "the file is damaged; move it away (with -wal and -shm) and start again with an empty one",
  ],
  [/disk is full|SQLITE_FULL/, "the disk is full"],
  [/readonly|read-only/, "the file, or its folder, is read-only"],
  [/disk I\/O error/, "the disk cannot be read or written, or is full"],
  [/database (table )?is locked|busy/, "another program has it locked"],
  [/unable to open/, "it, or its folder, cannot be opened: permission denied?"],
];

/** Says what an error of SQLite means, in words that follow the path of the file. */
export function sqliteErrorText(error: unknown): string {
  const { message } = error as Error;
  return MEANINGS.find(([says]) => says.test(message))?.[1] ?? message;
}
