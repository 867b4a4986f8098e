/**
 * `milterkit replay`: plays a written trace to a filter, and says what it answers otherwise.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import type { Address } from "../../../lib/net/address.ts";
import { hasColour, parseArguments, UsageError } from "../../terminal/arguments.ts";
import { showControls } from "../../terminal/controls.ts";
import { jsonLine } from "../../terminal/json_line.ts";
import { milterAddress } from "../../terminal/milter_address.ts";
import { splitOperands } from "../../terminal/operands.ts";
import { print } from "../../terminal/standard_output.ts";
import { type Difference, differencesOf } from "./compare.ts";
import { MilterLink } from "./milter_link.ts";
import { REPLAY_HELP, REPLAY_OPTIONS } from "./options.ts";
import { playConnection } from "./player.ts";
import { readRecording, type RecordedConnection } from "./recording.ts";
import { differenceLine, type ReplaySummary, summaryLine, timingLines } from "./replay_report.ts";
import { Timing } from "./timing.ts";

const PROGRAM = "milterkit replay";

/** The exit code where something differs. */
const DIFFERS = 3;

/** A trace of which nothing could be played. */
class NothingPlayed extends Error {
  override readonly name = "NothingPlayed";
  readonly code = "nothing-played";
}

/**
 * Replays a trace.
 *
 * @param args the command line behind `replay`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out
 * @throws {RecordingError} for a file that is no trace
 * @throws {AddressError} for a filter that is not there
 */
export async function runReplay(args: readonly string[]): Promise<number> {
  const { operands, options: rest } = splitOperands(REPLAY_OPTIONS, args);
  const options = parseArguments(PROGRAM, REPLAY_OPTIONS, rest, REPLAY_HELP);
  if (operands.length !== 1) {
    const what = operands.length === 0 ? "FILE is missing" : `want one FILE, not ${operands.join(" and ")}`;
    throw new UsageError(`milterkit replay: ${what}; milterkit trace --write makes one`);
  }
  const [path] = operands;
  const milter = milterAddress(PROGRAM, options.get("connect-address", "milter"));
  const wanted = new Set(options.all("integer", "connection"));
  const { connections, cutOff } = await readRecording(path, wanted);
  const missing = [...wanted].find((number) => !connections.some((each) => each.number === number));
  if (missing !== undefined) {
    throw new NothingPlayed(`Cannot replay ${path}: it has no connection ${missing}`);
  }
  if (cutOff) warn(`the last line of ${path} is cut off, and left out`);
  const replay = new Replay(milter, options);
  for (const connection of connections) await replay.play(connection);
  if (replay.summary.connections === 0) {
    throw new NothingPlayed(`Cannot replay ${path}: there is no connection that can be played`);
  }
  await replay.end();
  return replay.summary.differences === 0 ? 0 : DIFFERS;
}

class Replay {
  readonly #milter: Address;
  readonly #timeout: number;
  readonly #ignored: ReadonlySet<string>;
  readonly #json: boolean;
  readonly #timing: Timing | undefined;
  readonly #unplayed: { connection: number; reason: string }[] = [];
  #counts = { connections: 0, messages: 0, events: 0, differences: 0 };

  constructor(milter: Address, options: OptionValues) {
    this.#milter = milter;
    this.#timeout = options.get("duration", "answer-timeout")!;
    this.#ignored = new Set(options.all("header-name", "ignore-header").map((name) => name.toLowerCase()));
    this.#json = Boolean(options.get("flag", "json"));
    this.#timing = options.get("flag", "timing") ? new Timing() : undefined;
  }

  get summary(): ReplaySummary {
    const timing = this.#timing && { timing: this.#timing.byEvent() };
    return { ...this.#counts, unplayed: this.#unplayed, ...timing };
  }

  async play(recorded: RecordedConnection): Promise<void> {
    const { number, messages, unplayable } = recorded;
    if (unplayable !== undefined) {
      this.#unplayed.push({ connection: number, reason: unplayable });
      const what = isPlayable(recorded) ? "is played as far as that" : "is not played";
      warn(`connection ${number} ${what}: ${unplayable}`);
    }
    if (!isPlayable(recorded)) return;
    const link = await MilterLink.open(this.#milter, this.#timeout);
    const played = await playConnection(recorded, link);
    this.#timing?.add(played.answers);
    const differences = differencesOf(recorded, played, this.#ignored);
    this.#counts.connections++;
    this.#counts.messages += messages;
    this.#counts.events += played.answers.length;
    this.#counts.differences += differences.length;
    for (const difference of differences) await this.#print(difference);
  }

  async end(): Promise<void> {
    const { summary } = this;
    const lines = this.#json
      ? [jsonLine({ type: "summary", equal: summary.differences === 0, ...summary })]
      : [summaryLine(summary), ...(summary.timing ? timingLines(summary.timing) : [])];
    await print(`${lines.join("\n")}\n`);
  }

  #print(difference: Difference): Promise<void> {
    const line = this.#json
      ? jsonLine({ type: "difference", ...difference })
      : differenceLine(difference, hasColour(process.stdout));
    return print(`${line}\n`);
  }
}

function isPlayable({ steps, unplayable, terms }: RecordedConnection): boolean {
  return steps.length > 0 && (unplayable === undefined || terms !== undefined);
}

function warn(text: string): void {
  process.stderr.write(`milterkit: ${showControls(text)}\n`);
}
