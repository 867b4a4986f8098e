/**
 * `milterkit bench`: puts load on any milter from the MTA's side, and measures throughput and latency.
 *
 * @module
 */

import process from "node:process";
import { formatAddress } from "../../../lib/net/address.ts";
import { type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { printMessage } from "../../terminal/messages.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import { plural } from "../../terminal/plural.ts";
import { print } from "../../terminal/standard_output.ts";
import type { CliCommand } from "../command.ts";
import { Load } from "./load.ts";
import { loadSettings } from "./load_settings.ts";
import { BENCH_HELP, BENCH_OPTIONS } from "./options.ts";
import { showProgress } from "./progress.ts";
import { type LoadSummary, startClock, summarize } from "./summary.ts";
import { textReport } from "./text_report.ts";

/** Puts load on a milter. */
export const benchCommand: CliCommand = {
  help: BENCH_HELP,
  options: BENCH_OPTIONS,
  operandKind: "any",
  run,
};

/**
 * Runs until everything is sent or a signal comes, then reports.
 *
 * @throws {UsageError} if the command line is wrong
 * @throws {AddressError} if nobody listens
 * @throws {LoadError} if it is not a milter that listens, or its first connection fails otherwise
 */
async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(benchCommand, invocation);
  const settings = loadSettings(line);
  const load = new Load(settings);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => load.stop());
  const clock = startClock();
  const clearProgress = showProgress(load);
  try {
    await load.run();
  } finally {
    clearProgress();
  }
  const summary = summarize(load, settings, clock());
  const address = formatAddress(settings.address);
  await print(
    line.options.get("flag", "json")
      ? `${terminalSafeJson({ address, ...summary })}\n`
      : textReport(address, summary),
  );
  return reportFailure(summary) ? EXIT_CODES.failed : EXIT_CODES.done;
}

/** Says on standard error why the exit code is 1. @returns whether it is */
function reportFailure({ messages, errors }: LoadSummary): boolean {
  const count = Object.values(errors).reduce((sum, { count }) => sum + count, 0);
  if (messages === 0) printMessage("no message was measured");
  if (count > 0) {
    printMessage(`${plural(count, "error")}; the figures are for messages without errors`);
  }
  return messages === 0 || count > 0;
}
