/**
 * Files of messages, checked and reported on.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
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
import { filesOf, messagesOf } from "./mailbox.ts";
import { Progress } from "./progress.ts";
import { CheckSummary } from "./summary.ts";
import { fullReport, shortReport } from "./text_report.ts";

/**
 * Checks all messages of files, and prints what became of them.
 *
 * @param files paths of messages, of mailboxes and of folders; `-` for standard input
 * @param target where the messages are handed to
 * @param options of the command line
 * @returns the exit code
 */
export async function checkFiles(
  files: readonly string[],
  target: Target,
  options: OptionValues,
): Promise<number> {
  let strayErrors = 0;
  reportUncaughtErrors((error) => {
    strayErrors++;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `milterkit: stray error, outside of any callback: ${escapeControlCharacters(message)}\n`,
    );
  });
  const colours = terminalColours(wantsColours(process.stdout));
  const json = options.get("flag", "json") ?? false;
  const summary = new CheckSummary();
  const found = filesOf(files);
  const progress = new Progress(found.length);
  const jobs = options.get("integer", "jobs")!;
  const show = async (text: string) => {
    progress.clear();
    await print(text);
  };
  let only: CheckedMessage | undefined;
  let count = 0;
  for await (
    const checked of checkConcurrently(messagesOf(found), jobs, (message) => checkMessage(message, target))
  ) {
    count++;
    summary.add(checked);
    progress.step();
    if (json) await show(jsonReport(checked));
    else if ("error" in checked) notChecked(checked, progress);
    else if (count === 1) only = checked;
    else {
      // One message is shown in full; that there are more is known with the second.
      if (only) await show(shortReport(only, colours));
      only = undefined;
      await show(shortReport(checked, colours));
    }
  }
  progress.clear();
  if (only && count === 1) await show(fullReport(only, colours));
  else if (only) await show(shortReport(only, colours));
  if (count !== 1 && !json) await show(`${summary.text}\n`);
  return strayErrors > 0 ? EXIT_CODES.failed : summary.exitCode;
}

function notChecked({ name, error }: UncheckedMessage, progress: Progress): void {
  progress.clear();
  const reason = systemErrorText(error, { ENOENT: "there is no such file or folder" });
  process.stderr.write(
    `milterkit: cannot check ${escapeControlCharacters(name)}: ${escapeControlCharacters(reason)}\n`,
  );
}
