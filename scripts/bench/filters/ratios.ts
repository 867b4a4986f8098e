/**
 * What filters and their rivals took, by rounds, and the ratios between them.
 *
 * @module
 */

import type { LoadResult } from "../results.ts";
import type { Rival } from "./contests.ts";
import type { MailName } from "./mail.ts";
import type { FilterProgram } from "./programs.ts";

/** Milliseconds of processor time per message, by round. */
export type Times = ReadonlyMap<number, number>;

/** Those of a program with a kind of messages. */
export function timesOf(
  results: readonly LoadResult[],
  mail: MailName,
  { name }: Pick<FilterProgram, "name">,
): Times {
  return new Map(
    results.filter((result) => result.workload === mail && result.server === name)
      .map((result) => [result.round, result.cpuMsPerMessage]),
  );
}

/** Those of all parts of a rival together, for the rounds that have every part. */
export function rivalTimes(results: readonly LoadResult[], { parts }: Pick<Rival, "parts">): Times {
  const times = parts.map(({ mail, program }) => timesOf(results, mail, program));
  const rounds = [...times[0]?.keys() ?? []].filter((round) => times.every((each) => each.has(round)));
  return new Map(
    rounds.map((round) => [round, times.reduce((total, each) => total + (each.get(round) ?? 0), 0)]),
  );
}

/** The ratio of each round that has both. */
export function ratiosByRound(ours: Times, theirs: Times): number[] {
  return [...ours].flatMap(([round, time]) => {
    const other = theirs.get(round);
    return other === undefined ? [] : [time / other];
  });
}
