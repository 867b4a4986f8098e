/**
 * Options for the spool, which keeps messages while filters wait for earlier ones.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import type { SpoolOptions } from "../../lib/message/spool.ts";
import { systemErrorText } from "../../lib/system_errors.ts";
import { UsageError } from "../terminal/arguments.ts";
import { converted, type ServeOptionsOf, withDefault } from "./serve_option.ts";

/** The options, by the library's settings. */
export const SPOOL_OPTIONS: ServeOptionsOf<SpoolOptions> = {
  memory: withDefault({
    name: "spool-memory",
    kind: "size",
    metavar: "SIZE",
    within: "spool-total",
    default: "256KiB",
    description:
      "Maximum size of a message in memory while a filter waits for an earlier one; a larger message goes to a file",
    scope: "process",
    takesEffect: "reload",
  }),
  total: withDefault({
    name: "spool-total",
    kind: "size",
    metavar: "SIZE",
    default: "64MiB",
    description: "The same for all messages of a process together",
    scope: "process",
    takesEffect: "reload",
  }),
  folder: converted({
    name: "spool-folder",
    metavar: "FOLDER",
    description:
      "Folder for these files; no other process can open them, and they vanish when the process ends",
    example: "/var/tmp",
    scope: "process",
    takesEffect: "reload",
  }, spoolFolder),
};

/**
 * Checks the folder at startup, rather than when the first large message arrives.
 *
 * @throws {UsageError} if it is not a folder or not writable
 */
function spoolFolder(folder: string): string {
  try {
    if (!statSync(folder).isDirectory()) throw new Error("it is not a folder");
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw new UsageError(
      `milterkit serve: Cannot use --spool-folder ${folder}: ${
        systemErrorText(error, { ENOENT: "there is no such folder" })
      }`,
    );
  }
}
