/**
 * `milterkit replay`: replays a trace file to a milter, and reports which answers differ.
 *
 * @module
 */

import { missingArgument, UsageError } from "../../terminal/arguments.ts";
import { type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { printMessage } from "../../terminal/messages.ts";
import { milterAddress } from "../../terminal/milter_address.ts";
import type { CliCommand } from "../command.ts";
import { REPLAY_HELP, REPLAY_OPTIONS } from "./options.ts";
import { readRecording } from "./recording.ts";
import { Replay } from "./replay.ts";

/** Replays a trace to a milter. */
export const replayCommand: CliCommand = {
  help: REPLAY_HELP,
  options: REPLAY_OPTIONS,
  operandKind: "file",
  run,
};

/** Nothing in the trace could be played. */
class NothingPlayed extends Error {
  override readonly name = "NothingPlayed";
  readonly code = "nothing-played";
}

/**
 * Replays a trace.
 *
 * @throws {UsageError} if the command line is wrong
 * @throws {RecordingError} if the file cannot be read or is not a trace
 * @throws {NothingPlayed} if the file has no connection to play
 * @throws {AddressError} if the milter cannot be reached
 */
async function run(invocation: Invocation): Promise<number> {
  const { program, options, operands } = readCommandLine(replayCommand, invocation);
  const [path, second] = operands;
  if (path === undefined) throw missingArgument(program, "FILE", "milterkit trace --write makes one");
  if (second !== undefined) {
    throw new UsageError(`${program}: want one FILE, not ${operands.join(" and ")}`);
  }
  const milter = milterAddress(program, options.get("connect-address", "milter"));
  const wanted = new Set(options.all("integer", "connection"));
  const { connections, cutOff } = await readRecording(path, wanted);
  const missing = [...wanted].find((number) => !connections.some((each) => each.number === number));
  if (missing !== undefined) {
    throw new NothingPlayed(`Cannot replay ${path}: it has no connection ${missing}`);
  }
  if (cutOff) printMessage(`the last line of ${path} is incomplete and was left out`);
  const replay = new Replay(milter, options);
  for (const connection of connections) await replay.play(connection);
  if (replay.summary.connections === 0) {
    throw new NothingPlayed(`Cannot replay ${path}: it has no connection that can be played`);
  }
  await replay.end();
  return replay.summary.differences === 0 ? EXIT_CODES.done : EXIT_CODES.differs;
}
