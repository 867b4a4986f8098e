/**
 * Checks the messages in files, and prints the reports.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { printMessage } from "../../terminal/messages.ts";
import { terminalColours, wantsColours } from "../../terminal/colours.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { print } from "../../terminal/standard_output.ts";
import { reportUncaughtErrors } from "../../terminal/uncaught_errors.ts";
import {
  checkConcurrently,
  type CheckedMessage,
  checkMessage,
  type Target,
  type UncheckedMessage,
} from "./check_message.ts";
import { jsonReport } from "./json_report.ts";
import { filesOf, type FoundMessage, messagesOf } from "./mailbox.ts";
import { Progress } from "./progress.ts";
import { CheckSummary } from "./summary.ts";
import { explainedReport, fullReport, shortReport } from "./text_report.ts";

/**
 * Checks all messages in files, and prints what became of each.
 *
 * @param files paths of messages, mboxes and folders; `-` is standard input
 * @param target the filters or the milter that get the messages
 * @param options of the command line
 * @returns the exit code
 */
export async function checkFiles(
  files: readonly string[],
  target: Target,
  options: OptionValues,
): Promise<number> {
  const strayErrors = countStrayErrors();
  const colours = terminalColours(wantsColours(process.stdout));
  const json = options.get("flag", "json") ?? false;
  const summary = new CheckSummary();
  const found = filesOf(files);
  const progress = new Progress(found.length);
  const show = async (text: string) => {
    progress.clear();
    await print(text);
  };
  const reportOf = options.get("flag", "explain") ? explainedReport : shortReport;
  const short = (checked: CheckedMessage) => reportOf(checked, colours);
  let only: CheckedMessage | undefined;
  let count = 0;
  const work = (message: FoundMessage) => checkMessage(message, target);
  for await (const checked of checkConcurrently(messagesOf(found), jobsOf(options), work)) {
    count++;
    summary.add(checked);
    progress.step();
    if (json) await show(jsonReport(checked));
    else if ("error" in checked) notChecked(checked, progress);
    else if (count === 1) only = checked;
    else {
      // A single message is shown in full. Whether it is the only one shows only when a second one comes.
      if (only) await show(short(only));
      only = undefined;
      await show(short(checked));
    }
  }
  progress.clear();
  if (only && count === 1) await show(fullReport(only, colours));
  else if (only) await show(short(only));
  if (count !== 1 && !json) await show(`${summary.text}\n`);
  return strayErrors() > 0 ? EXIT_CODES.failed : summary.exitCode;
}

/**
 * Reports errors outside any callback from now on.
 *
 * @returns a function that says how many there were
 */
export function countStrayErrors(): () => number {
  let count = 0;
  reportUncaughtErrors((error) => {
    count++;
    const message = error instanceof Error ? error.message : String(error);
    printMessage(`uncaught error outside any callback: ${message}`);
  });
  return () => count;
}

/** How many messages to check at a time. */
export function jobsOf(options: OptionValues): number {
  // What one message leaves behind must be there for the next.
  return options.get("flag", "keep-state") ? 1 : options.get("integer", "jobs")!;
}

/** Says why a message could not be checked. */
export function notChecked({ name, error }: UncheckedMessage, progress: Progress): void {
  progress.clear();
  const reason = systemErrorText(error, { ENOENT: "there is no such file or folder" });
  printMessage(`cannot check ${name}: ${reason}`);
}
