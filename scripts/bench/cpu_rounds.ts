/**
 * Measures the processor time per message of filters that get the same message in turn.
 *
 * @module
 */

import type { Message } from "../../tests/auth/dkim/support.ts";
import { MilterLoad, type PreparedMessage } from "../dkim_load.ts";
import type { BenchFilter } from "./dkim_filters.ts";
import { cpuSeconds } from "./proc.ts";

/** How filters are measured. */
export interface CpuRounds {
  /** What they get. */
  readonly message: Message;
  /** How many rounds. */
  readonly rounds: number;
  /** How many messages in a round. */
  readonly count: number;
  /** How many before the first round, until the runtime has compiled what is used. */
  readonly warmUp: number;
  /** Looks at what a filter did with the message, and throws if that is not its work. */
  check?(filter: BenchFilter, load: MilterLoad): void;
}

/** Milliseconds a message in each round, of each filter. */
export async function cpuPerMessage(
  filters: readonly BenchFilter[],
  { message, rounds, count, warmUp, check }: CpuRounds,
): Promise<readonly (readonly number[])[]> {
  const sides = [];
  for (const filter of filters) {
    const load = await MilterLoad.open(filter.socket);
    const prepared = load.prepare(message);
    await cpuOf(filter, load, prepared, warmUp);
    check?.(filter, load);
    sides.push({ filter, load, prepared, times: [] as number[] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { filter, load, prepared, times } of sides) {
      times.push(await cpuOf(filter, load, prepared, count));
    }
  }
  for (const { load } of sides) load.close();
  return sides.map(({ times }) => times);
}

async function cpuOf(
  { pid }: BenchFilter,
  load: MilterLoad,
  message: PreparedMessage,
  count: number,
): Promise<number> {
  const before = cpuSeconds(pid);
  for (let i = 0; i < count; i++) await load.send(message);
  return (cpuSeconds(pid) - before) * 1000 / count;
}
