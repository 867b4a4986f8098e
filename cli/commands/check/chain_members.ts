/**
 * Names the filters of a chain apart, and has them say what they are asked.
 *
 * @module
 */

import type { Filter } from "../../../lib/filter/filter.ts";
import type { LeftOut } from "../../../lib/filter/report.ts";
import type { FilterLog } from "../../../lib/mta/filter_log.ts";
import type { VerdictWatch } from "../../../lib/mta/verdict_watch.ts";
import type { OptionValues } from "../../../lib/options/options.ts";
import type { ConfiguredFilter } from "../../config/filter_arguments.ts";
import type { ChainMember } from "./check_message.ts";

/**
 * Gives filters of the same name numbers, so that a report can tell one from the other.
 *
 * @param filters the filters
 * @param watch watches their verdicts
 */
export function namedApart(
  filters: readonly ConfiguredFilter[],
  watch: VerdictWatch,
): { readonly members: readonly ChainMember[]; readonly filters: readonly Filter[] } {
  const counts = new Map<string, number>();
  const members = filters.map(({ filter: { name, dryRun } }): ChainMember => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return {
      name: count === 1 ? name : `${name} (${count})`,
      givenName: name,
      ...(dryRun ? { dryRun } : {}),
    };
  });
  return {
    members,
    filters: filters.map(({ filter }, i) => {
      const name = members[i]?.name ?? filter.name;
      return watch.watch(name === filter.name ? filter : { ...filter, name });
    }),
  };
}

/** What a chain is to say beside what a server logs: why filters were left out, and with `--explain` why they decided so. */
export function askedOf(log: FilterLog, options: OptionValues): {
  readonly leftOut: (leftOut: LeftOut) => void;
  readonly explained?: (filter: string, text: string) => void;
} {
  const { leftOut, explained } = log;
  return { leftOut, ...(options.get("flag", "explain") ? { explained } : {}) };
}
