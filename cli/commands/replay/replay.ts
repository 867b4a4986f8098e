/**
 * Replays a trace, connection by connection.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import type { Address } from "../../../lib/net/address.ts";
import { wantsColours } from "../../terminal/colours.ts";
import { printMessage } from "../../terminal/messages.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import { print } from "../../terminal/standard_output.ts";
import { connectionDifferences, type Difference } from "./connection_differences.ts";
import { MilterLink } from "./milter_link.ts";
import { playConnection } from "./player.ts";
import type { RecordedConnection } from "./recording.ts";
import { differenceLine, type ReplaySummary, summaryLine, timingLines } from "./replay_report.ts";
import { Timing } from "./timing.ts";

/** Plays connections one after the other, prints the differences, and counts. */
export class Replay {
  readonly #milter: Address;
  readonly #timeout: number;
  readonly #ignored: ReadonlySet<string>;
  readonly #json: boolean;
  readonly #timing: Timing | undefined;
  readonly #unplayed: { connection: number; reason: string }[] = [];
  #counts = { connections: 0, messages: 0, events: 0, differences: 0 };

  /**
   * @param milter the milter's address
   * @param options of the command line
   */
  constructor(milter: Address, options: OptionValues) {
    this.#milter = milter;
    this.#timeout = options.get("duration", "answer-timeout")!;
    this.#ignored = new Set(options.all("header-name", "ignore-header").map((name) => name.toLowerCase()));
    this.#json = Boolean(options.get("flag", "json"));
    this.#timing = options.get("flag", "timing") ? new Timing() : undefined;
  }

  /** The totals so far. */
  get summary(): ReplaySummary {
    const timing = this.#timing && { timing: this.#timing.byEvent() };
    return { ...this.#counts, unplayed: this.#unplayed, ...timing };
  }

  /** Plays a connection as far as possible. */
  async play(recorded: RecordedConnection): Promise<void> {
    const { number, messages, unplayable } = recorded;
    if (unplayable !== undefined) {
      this.#unplayed.push({ connection: number, reason: unplayable });
      const what = isPlayable(recorded) ? "is played up to the problem" : "is not played";
      printMessage(`connection ${number} ${what}: ${unplayable}`);
    }
    if (!isPlayable(recorded)) return;
    const link = await MilterLink.open(this.#milter, this.#timeout);
    const played = await playConnection(recorded, link);
    this.#timing?.add(played.answers);
    const differences = connectionDifferences(recorded, played, this.#ignored);
    this.#counts.connections++;
    this.#counts.messages += messages;
    this.#counts.events += played.answers.length;
    this.#counts.differences += differences.length;
    for (const difference of differences) await this.#print(difference);
  }

  /** Prints the summary. */
  async end(): Promise<void> {
    const { summary } = this;
    const lines = this.#json
      ? [terminalSafeJson({ type: "summary", equal: summary.differences === 0, ...summary })]
      : [summaryLine(summary), ...(summary.timing ? timingLines(summary.timing) : [])];
    await print(`${lines.join("\n")}\n`);
  }

  #print(difference: Difference): Promise<void> {
    const line = this.#json
      ? terminalSafeJson({ type: "difference", ...difference })
      : differenceLine(difference, wantsColours(process.stdout));
    return print(`${line}\n`);
  }
}

function isPlayable({ steps, unplayable, terms }: RecordedConnection): boolean {
  return steps.length > 0 && (unplayable === undefined || terms !== undefined);
}
