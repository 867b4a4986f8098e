/**
 * Every command with its options and operands, for what is made of them all: completion and the manual page.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";
import type { Help } from "../terminal/arguments.ts";
import { BENCH_HELP, BENCH_OPTIONS } from "./bench/options.ts";
import { CHECK_HELP, CHECK_OPTIONS } from "./check/options.ts";
import { COMPLETION_HELP, SHELLS } from "./completion/shells.ts";
import { CONFIG_CHECK_OPTIONS as CONFIG_CHECK_OPTIONS, CONFIG_HELP } from "./config/config.ts";
import { FILTERS_HELP, FILTERS_OPTIONS } from "./filters/filters.ts";
import { NEW_HELP } from "./new/new.ts";
import { REPLAY_HELP, REPLAY_OPTIONS } from "./replay/options.ts";
import { SERVE_HELP, SERVE_OPTIONS } from "../options/serve_options.ts";
import { TEST_HELP } from "./test/test.ts";
import { TRACE_HELP, TRACE_OPTIONS } from "./trace/options.ts";

/** What can stand on a command line where no option does. */
export type OperandKind = "none" | "file" | "filter" | readonly string[];

/** What a command's line is made of. */
export interface CommandLine {
  /** What help says. */
  readonly help: Help;
  /** Its own options, without those of filters. */
  readonly options: readonly OptionSpec[];
  /** What stands beside the options: files, a filter's name, or one of these words. */
  readonly operands: OperandKind;
  /** Whether there can be `--filter NAME` with options behind it. */
  readonly filters?: boolean;
  /** Where its first word is the name of a command again. */
  readonly actions?: Readonly<Record<string, CommandLine>>;
}

/** By name, in the order in which help lists them. */
export const COMMAND_LINES: Readonly<Record<string, CommandLine>> = {
  serve: { help: SERVE_HELP, options: SERVE_OPTIONS, operands: "none", filters: true },
  check: { help: CHECK_HELP, options: CHECK_OPTIONS, operands: "file", filters: true },
  trace: { help: TRACE_HELP, options: TRACE_OPTIONS, operands: "none" },
  replay: { help: REPLAY_HELP, options: REPLAY_OPTIONS, operands: "file" },
  new: { help: NEW_HELP, options: [], operands: "none" },
  test: { help: TEST_HELP, options: [], operands: "file" },
  bench: { help: BENCH_HELP, options: BENCH_OPTIONS, operands: "none" },
  filters: { help: FILTERS_HELP, options: FILTERS_OPTIONS, operands: "filter" },
  config: {
    help: CONFIG_HELP,
    options: [],
    operands: "none",
    actions: {
      check: { help: CONFIG_HELP, options: CONFIG_CHECK_OPTIONS, operands: "file" },
      example: { help: CONFIG_HELP, options: [], operands: "none" },
    },
  },
  completion: { help: COMPLETION_HELP, options: [], operands: SHELLS },
};
