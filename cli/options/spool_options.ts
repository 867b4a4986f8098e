/**
 * Where the content of messages is kept that filters wait for.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import type { SpoolOptions } from "../../lib/message/spool.ts";
import { systemErrorText } from "../../lib/system_errors.ts";
import { UsageError } from "../terminal/arguments.ts";
import { converted, type OptionsOf, withDefault } from "./serve_option.ts";

/** By the names of the library's settings. */
export const SPOOL_OPTIONS: OptionsOf<SpoolOptions> = {
  memory: withDefault({
    name: "spool-memory",
    kind: "size",
    metavar: "SIZE",
    within: "spool-total",
    default: "256KiB",
    description:
      "Most of one message in memory where a filter must wait for an earlier one; more goes to a file",
    scope: "process",
    takesEffect: "reload",
  }),
  total: withDefault({
    name: "spool-total",
    kind: "size",
    metavar: "SIZE",
    default: "64MiB",
    description: "The same for all messages together",
    scope: "process",
    takesEffect: "reload",
  }),
  folder: converted({
    name: "spool-folder",
    metavar: "FOLDER",
    description: "Where these files are, which nobody else can open and which are gone with the process",
    example: "/var/tmp",
    scope: "process",
    takesEffect: "reload",
  }, spoolFolder),
};

/**
 * A folder that somebody chose: it must be there when the first large message comes.
 *
 * @throws {UsageError} where it is not, or cannot be written to
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
