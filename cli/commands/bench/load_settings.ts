/**
 * Makes the settings of the load from the command line of `milterkit bench`.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseMessage } from "../../../lib/message/parse.ts";
import type { Address } from "../../../lib/net/address.ts";
import { missingArgument, UsageError } from "../../terminal/arguments.ts";
import type { CommandLine } from "../../terminal/command_line.ts";
import { milterAddress } from "../../terminal/milter_address.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import type { LoadSettings } from "./load.ts";
import { makeSample, type SampleMessage, sampleOf } from "./sample.ts";
import { MTA } from "./script.ts";

/** Default length of a run, in milliseconds. */
const DEFAULT_TIME = 10_000;

/**
 * Makes the settings.
 *
 * @param line the command line
 * @throws {UsageError} if it is wrong
 */
export function loadSettings(line: CommandLine): LoadSettings {
  const { options } = line;
  // Random, so that nothing else in a message is likely to equal it.
  const queueId = randomBytes(6).toString("hex").toUpperCase();
  const messages = options.get("integer", "messages");
  const time = options.get("duration", "time");
  return {
    address: addressOf(line),
    connections: options.get("integer", "connections")!,
    perConnection: options.get("integer", "messages-per-connection")!,
    timeout: options.get("duration", "timeout")!,
    warmUp: options.get("integer", "warm-up")!,
    messages,
    time: time ?? (messages === undefined ? DEFAULT_TIME : undefined),
    rate: options.get("integer", "rate"),
    sample: sampleFrom(line, queueId),
    queueId,
  };
}

function addressOf({ program, operands }: CommandLine): Address {
  const [address, ...others] = operands;
  if (address === undefined) {
    throw missingArgument(program, "ADDRESS", `give it, for example ${program} inet:8825@localhost`);
  }
  if (others.length > 0) {
    throw new UsageError(`${program}: one ADDRESS at a time; ${others[0]} is one too many`);
  }
  return milterAddress(program, address, "ADDRESS");
}

function sampleFrom({ program, options }: CommandLine, queueId: string): SampleMessage {
  const path = options.get("file", "message");
  const recipients = options.get("integer", "recipients")!;
  if (path === undefined) {
    return makeSample(options.get("size", "size")!, options.get("integer", "headers")!, recipients, queueId);
  }
  const other = options.given.find(({ name }) => name === "size" || name === "headers");
  if (other) {
    throw new UsageError(`${program}: give --message or --${other.name}, not both`);
  }
  try {
    return sampleOf(parseMessage(readFileSync(path), MTA), recipients);
  } catch (error) {
    throw new UsageError(`${program}: Cannot read --message ${path}: ${systemErrorText(error)}`);
  }
}
