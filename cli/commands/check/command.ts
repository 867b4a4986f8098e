/**
 * `milterkit check`: shows what a configuration, filters, or a running milter would do with messages.
 *
 * @module
 */

import { VerdictWatch } from "../../../lib/mta/verdict_watch.ts";
import { type CommandLine, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { cutAtFilters, refuseMisplaced } from "../../config/filter_arguments.ts";
import { printMessage } from "../../terminal/messages.ts";
import type { CliCommand } from "../command.ts";
import { checkFiles } from "./check_files.ts";
import { compareFiles } from "./compare_files.ts";
import { checkEnvelope } from "./envelope.ts";
import { openFilters, openMilter } from "./filters_checker.ts";
import { CHECK_HELP, CHECK_OPTIONS } from "./options.ts";
import { openPolicy } from "./policy.ts";
import type { Checker } from "./checker.ts";
import { checkTarget } from "./target.ts";

/** Hands messages to filters, and shows what becomes of them. */
export const checkCommand: CliCommand = {
  help: CHECK_HELP,
  options: CHECK_OPTIONS,
  operandKind: "file",
  takesFilters: true,
  run,
};

/**
 * Checks messages, and prints what became of them.
 *
 * @throws {UsageError} if the command line is wrong
 * @throws {ConfigError} for a mistake in a configuration file
 */
async function run(invocation: Invocation): Promise<number> {
  const { program } = invocation;
  const { own, filters: pieces } = cutAtFilters(invocation.args, program);
  refuseMisplaced(own, CHECK_OPTIONS, program);
  const line = readCommandLine(checkCommand, { ...invocation, args: own });
  const { options } = line;
  refuseContradictions(line, pieces.length > 0);
  checkEnvelope(line);
  const [config, other] = [options.get("file", "config"), options.get("file", "compare")];
  const watch = new VerdictWatch();
  const checkers: Checker[] = [];
  try {
    const files = [...line.operands];
    if (config !== undefined) checkers.push(await openPolicy(config, line, watch));
    if (other !== undefined) checkers.push(await openPolicy(other, line, watch));
    if (config === undefined && pieces.length > 0) {
      const { operands, checker } = await openFilters(pieces, line, watch);
      files.push(...operands);
      checkers.push(checker);
    }
    if (checkers.length === 0) checkers.push(openMilter(line));
    for (const { warnings } of checkers) warnings.forEach(printMessage);
    if (files.length === 0) files.push("-");
    const [first, second] = checkers.map((checker) => checkTarget(line, checker));
    return second
      ? await compareFiles(files, first!, second, options)
      : await checkFiles(files, first!, options);
  } finally {
    for (const warning of watch.take()) printMessage(warning);
    await Promise.all(checkers.map((checker) => checker.dispose()));
  }
}

function refuseContradictions({ program, options }: CommandLine, hasFilters: boolean): void {
  const wrong = (reason: string): never => {
    throw new UsageError(`${program}: ${reason}`);
  };
  const isGiven = (name: string) => options.given.some((each) => each.name === name);
  const hasConfig = isGiven("config");
  const ways = [
    ...(hasConfig ? ["--config"] : []),
    ...(isGiven("milter") ? ["--milter"] : []),
    ...(hasFilters ? ["--filter"] : []),
  ];
  if (ways.length > 1) wrong(`give ${ways.join(" or ")}, not both`);
  if (ways.length === 0) {
    wrong(
      "nothing to check with: give --config FILE, --filter NAME or --milter ADDRESS; milterkit filters lists the filters",
    );
  }
  const stray = ["listener", "compare", "keep-state"].find((name) => !hasConfig && isGiven(name));
  if (stray !== undefined) wrong(`--${stray} is only for --config`);
  if (hasConfig && isGiven("list")) wrong("--list is not for --config; the file has its own [lists]");
  if (isGiven("milter") && isGiven("explain")) {
    wrong("--explain is not for --milter: a milter does not say why");
  }
  if (isGiven("compare") && isGiven("explain")) {
    wrong("--explain is not for --compare; check one of the messages with each file");
  }
  if (isGiven("keep-state") && isGiven("jobs") && options.get("integer", "jobs") !== 1) {
    wrong("--keep-state checks messages one after the other; leave out --jobs");
  }
}
