/**
 * `milterkit bench`: load from the MTA's side on any milter, and how it bears it.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { parseMessage } from "../../../lib/message/parse.ts";
import { type Address, formatAddress } from "../../../lib/net/address.ts";
import { parseArguments, UsageError } from "../../terminal/arguments.ts";
import { plural } from "../../terminal/plural.ts";
import { jsonLine } from "../../terminal/json_line.ts";
import { milterAddress } from "../../terminal/milter_address.ts";
import { splitOperands } from "../../terminal/operands.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { print } from "../../terminal/standard_output.ts";
import { Load, type LoadSettings } from "./load.ts";
import { BENCH_HELP, BENCH_OPTIONS } from "./options.ts";
import { showProgress } from "./progress.ts";
import { makeSample, type SampleMessage, sampleOf } from "./sample.ts";
import { MTA } from "./script.ts";
import { type LoadSummary, startClock, summarize } from "./summary.ts";
import { textReport } from "./text_report.ts";

const PROGRAM = "milterkit bench";

/** How long it runs where nothing else is said, in milliseconds. */
const DEFAULT_TIME = 10_000;

/**
 * Runs until everything is sent, or a signal; then reports.
 *
 * @param args the command line behind `bench`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out
 * @throws {AddressError} where nobody listens
 * @throws {LoadError} where somebody does, who is no milter
 */
export async function runBench(args: readonly string[]): Promise<number> {
  const { operands, options: given } = splitOperands(BENCH_OPTIONS, args);
  const options = parseArguments(PROGRAM, BENCH_OPTIONS, given, BENCH_HELP);
  const settings = settingsOf(operands, options);
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
    options.get("flag", "json") ? `${jsonLine({ address, ...summary })}\n` : textReport(address, summary),
  );
  return complain(summary) ? 1 : 0;
}

/** Says why the exit code is 1. */
function complain({ messages, errors }: LoadSummary): boolean {
  const count = Object.values(errors).reduce((sum, { count }) => sum + count, 0);
  if (messages === 0) process.stderr.write("milterkit: no message was measured\n");
  if (count > 0) {
    process.stderr.write(`milterkit: ${plural(count, "error")}; the figures are of the messages without\n`);
  }
  return messages === 0 || count > 0;
}

function settingsOf(operands: readonly string[], options: OptionValues): LoadSettings {
  // Nothing in a message is likely to be the same by chance.
  const queueId = randomBytes(6).toString("hex").toUpperCase();
  const messages = options.get("integer", "messages");
  const time = options.get("duration", "time");
  return {
    address: addressOf(operands),
    connections: options.get("integer", "connections")!,
    perConnection: options.get("integer", "messages-per-connection")!,
    timeout: options.get("duration", "timeout")!,
    warmUp: options.get("integer", "warm-up")!,
    messages,
    time: time ?? (messages === undefined ? DEFAULT_TIME : undefined),
    rate: options.get("integer", "rate"),
    sample: sampleFrom(options, queueId),
    queueId,
  };
}

function addressOf(operands: readonly string[]): Address {
  const [address, ...others] = operands;
  if (address === undefined) {
    throw new UsageError(PROGRAM + ": say which milter, such as milterkit bench inet:8891@localhost");
  }
  if (others.length > 0) {
    throw new UsageError(`${PROGRAM}: one milter at a time; ${others[0]} is one too many`);
  }
  return milterAddress(PROGRAM, address, "ADDRESS");
}

function sampleFrom(options: OptionValues, queueId: string): SampleMessage {
  const path = options.get("file", "message");
  const recipients = options.get("integer", "recipients")!;
  if (path === undefined) {
    return makeSample(options.get("size", "size")!, options.get("integer", "headers")!, recipients, queueId);
  }
  const other = options.given.find(({ name }) => name === "size" || name === "headers");
  if (other) {
    throw new UsageError(`${PROGRAM}: --message and --${other.name} are one or the other`);
  }
  try {
    return sampleOf(parseMessage(readFileSync(path), MTA), recipients);
  } catch (error) {
    throw new UsageError(`${PROGRAM}: Cannot read --message ${path}: ${systemErrorText(error)}`);
  }
}
