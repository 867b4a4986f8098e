/**
 * `milterkit check`: what filters, or a running milter, would do with messages.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { FiltersInProcess } from "../../../lib/mta/filters_in_process.ts";
import { formatAddress } from "../../../lib/net/address.ts";
import { hasColour, parseArguments, UsageError } from "../../terminal/arguments.ts";
import { showControls } from "../../terminal/controls.ts";
import {
  type ConfiguredFilter,
  cutAtFilters,
  loadDefinition,
  makeFilter,
  optionsOf,
  orderWarnings,
  refuseMisplaced,
} from "../../config/filter_arguments.ts";
import { milterAddress } from "../../terminal/milter_address.ts";
import { splitOperands } from "../../terminal/operands.ts";
import { paint } from "../../terminal/paint.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { print } from "../../terminal/standard_output.ts";
import { surviveStrayErrors } from "../../terminal/stray_errors.ts";
import { check, checkAll, type Checked, type NotChecked, type Target } from "./checked.ts";
import { checkEnvelope, envelopeOf, macrosOf, senderOf } from "./envelope.ts";
import { jsonReport } from "./json_report.ts";
import { filesOf, messagesOf } from "./mailbox.ts";
import { CHECK_HELP, CHECK_OPTIONS } from "./options.ts";
import { Progress } from "./progress.ts";
import { CheckSummary } from "./summary.ts";
import { fullReport, shortReport } from "./text_report.ts";

const PROGRAM = "milterkit check";

/** How long a milter is waited for where nobody says how long, in milliseconds; no filter's own time is longer. */
const LONGEST_WAIT = 240_000;

/**
 * Checks messages, and prints what became of them.
 *
 * @param args the command line behind `check`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out
 */
export async function runCheck(args: readonly string[]): Promise<number> {
  const { own, filters: pieces } = cutAtFilters(args, PROGRAM);
  refuseMisplaced(own, CHECK_OPTIONS, PROGRAM);
  const { operands, options: ownOptions } = splitOperands(CHECK_OPTIONS, own);
  const options = parseArguments(PROGRAM, CHECK_OPTIONS, ownOptions, CHECK_HELP);
  const files = [...operands];
  const filters: ConfiguredFilter[] = [];
  for (const { name, args } of pieces) {
    // Behind the options of the last filter is where files are most easily put.
    const definition = await loadDefinition(name, PROGRAM);
    const { operands, options } = splitOperands(optionsOf(definition), args);
    files.push(...operands);
    filters.push(makeFilter(definition, options, CHECK_OPTIONS, PROGRAM));
  }
  for (const warning of orderWarnings(filters)) process.stderr.write(`milterkit: ${warning}\n`);
  if (files.length === 0) files.push("-");
  return await checkFiles(files, targetOf(options, filters), options);
}

/** Where messages go to. */
function targetOf(options: OptionValues, filters: readonly ConfiguredFilter[]): Target {
  const milter = options.get("connect-address", "milter");
  if (milter === undefined && filters.length === 0) {
    throw new UsageError(
      "milterkit check: nothing to check with: give --filter NAME, or --milter ADDRESS; milterkit filters lists what there is",
    );
  }
  if (milter !== undefined && filters.length > 0) {
    throw new UsageError("milterkit check: --milter and --filter are one or the other");
  }
  checkEnvelope(options);
  const mta = options.get("enum", "mta") as MtaKind;
  const address = milter === undefined ? undefined : formatAddress(milterAddress(PROGRAM, milter));
  const dial = address === undefined ? inProcess(filters, mta, options) : () => address;
  return {
    dial,
    inProcess: milter === undefined,
    sender: senderOf(options),
    envelope: (message) => envelopeOf(options, message),
    macros: macrosOf(options),
    mta,
    // Filters in this process have their own end of waiting, which says more; so it must come first.
    timeout: (options.get("duration", "timeout") ?? LONGEST_WAIT) + (milter === undefined ? 5000 : 0),
  };
}

function inProcess(
  filters: readonly ConfiguredFilter[],
  mta: MtaKind,
  options: OptionValues,
): Target["dial"] {
  const timeout = options.get("duration", "timeout");
  const chain = new FiltersInProcess(
    filters.map(({ filter }) => filter),
    { mta, ...(timeout === undefined ? {} : { callback: timeout, message: timeout }) },
  );
  return (log) => chain.dial(log.take);
}

async function checkFiles(files: readonly string[], target: Target, options: OptionValues): Promise<number> {
  let strayErrors = 0;
  surviveStrayErrors((error) => {
    strayErrors++;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`milterkit: stray error, outside of any callback: ${showControls(message)}\n`);
  });
  const colours = paint(hasColour(process.stdout));
  const json = options.get("flag", "json") ?? false;
  const summary = new CheckSummary();
  const found = filesOf(files);
  const progress = new Progress(found.length);
  const jobs = options.get("integer", "jobs")!;
  const show = async (text: string) => {
    progress.clear();
    await print(text);
  };
  let only: Checked | undefined;
  let count = 0;
  for await (const checked of checkAll(messagesOf(found), jobs, (message) => check(message, target))) {
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
  return strayErrors > 0 ? 1 : summary.exitCode;
}

function notChecked({ name, error }: NotChecked, progress: Progress): void {
  progress.clear();
  const reason = systemErrorText(error, { ENOENT: "there is no such file or folder" });
  process.stderr.write(`milterkit: cannot check ${showControls(name)}: ${showControls(reason)}\n`);
}
