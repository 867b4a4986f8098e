/** The observed results of a case on one side, without anything that may differ between runs. */
import type { ReceivedMessage } from "../next_hop.ts";
import type { Aspect } from "./case_file.ts";
import type { Exchange } from "./dialogue.ts";
import { escapeText, latin1Text } from "./escapes.ts";
import type { Held } from "./mta.ts";

/** The lines that are compared, by aspect. */
export type Observation = Readonly<Record<Aspect, readonly string[]>>;

/** What is known of a run. */
export interface Run {
  readonly exchanges: readonly Exchange[];
  readonly received: readonly ReceivedMessage[];
  readonly held: readonly Held[];
  readonly events: readonly string[];
  /** Whether the MTA tells the next hop a size that it has not measured. */
  readonly guessedSize: boolean;
  /** All queue ids that the MTA made in the meantime, this run's among them. */
  readonly ids: readonly string[];
  /** When it began and ended, in milliseconds. */
  readonly began: number;
  readonly ended: number;
}

/** The run as lines, with times and queue ids replaced by what they are. */
export function observe(run: Run): Observation {
  const neutral = neutralizer(run);
  const shown = (text: string) => escapeText(neutral(text));
  return {
    replies: run.exchanges.flatMap(({ said, reply }) => [
      `C: ${said}`,
      ...reply.map((line) => `S: ${shown(line)}`),
    ]),
    message: run.received.flatMap(({ data }, i) => [`--- message ${i + 1}`, ...linesOf(data).map(shown)]),
    envelope: [
      ...run.held.map(({ reason }) => `held: ${shown(reason)}`),
      ...run.received.flatMap(({ helo, mail, rcpts }, i) => [
        `--- message ${i + 1}`,
        `helo ${helo}`,
        `mail ${shown(run.guessedSize ? mail.replace(/\bSIZE=\d+/, "SIZE=GUESS") : mail)}`,
        ...rcpts.map((rcpt) => `rcpt ${shown(rcpt)}`),
      ]),
    ],
    events: run.events.map(neutral),
  };
}

/** The lines of the message, with their line ends. */
function linesOf(data: Uint8Array): string[] {
  return latin1Text(data).split(/(?<=\n)/);
}

/** Replaces queue ids by their number in order of appearance, and the times of the run. */
function neutralizer({ ids, began, ended }: Run): (line: string) => string {
  const numbers = new Map<string, number>();
  // the longest first: one may begin as another does
  const known = [...ids].sort((a, b) => b.length - a.length);
  const idPattern = known.length > 0
    ? new RegExp(`(?<![0-9A-Za-z])(?:${known.join("|")})(?![0-9A-Za-z])`, "g")
    : undefined;
  const nameOf = (id: string) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
    return `ID${numbers.get(id)}`;
  };
  const now = (time: number) => time > began - 2000 && time < ended + 2000;
  return (line) => {
    const named = idPattern ? line.replace(idPattern, nameOf) : line;
    return named
      .replace(
        /(?:\b\w{3}, )?\b\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT)(?: \(\w+\))?/g,
        (date) => now(Date.parse(date.replace(/ \(.*/, ""))) ? "TIME" : date,
      )
      // in the boundaries of bounces
      .replace(/(?<=ID\d+\.)\d{10}(?=\/)/g, "SECONDS")
      // of the message ids that Sendmail makes
      .replace(/\b20\d{10}\.(?=ID\d)/g, "MINUTE.");
  };
}
