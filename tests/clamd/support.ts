// The filter clamd as tests make it, and what it makes of messages.
import { loadFilters } from "../../cli/config/filter_arguments.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import type { KitParts } from "../../lib/kit/kit.ts";
import { deliver, type Delivered, type TestMail } from "../../lib/testing.ts";
import { inFolder } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { at } from "../support/present.ts";
import { CLEAN, type Reaction, ScriptedClamd } from "./scripted_clamd.ts";

/** Makes the filter with options as on a command line. */
export async function clamdFilter(options: string, parts: KitParts = {}): Promise<MadeFilter> {
  const args = options.split(" ").filter((word) => word !== "");
  const made = await loadFilters([{ name: "clamd", args }], [], "milterkit serve", parts);
  return at(made, 0).filter as MadeFilter;
}

/** A filter in front of scripted servers. */
export interface Rig {
  readonly filter: MadeFilter;
  readonly servers: readonly ScriptedClamd[];
  /** The only server, or the first one. */
  readonly server: ScriptedClamd;
  readonly clock: ManualClock;
  /** What the filter wrote to the log outside messages: its level and its text. */
  readonly log: string[];
  send(mail?: TestMail): Promise<Delivered>;
  /** How many messages came to a result. */
  count(result: string): number;
}

/**
 * Makes a filter in front of scripted servers, one for each reaction, and lets go of all.
 *
 * @param reactions what the servers do
 * @param use what the test does
 * @param options more options of the filter
 */
export async function withServers(
  reactions: readonly Reaction[],
  use: (rig: Rig) => Promise<void>,
  options: string = "",
): Promise<void> {
  await inFolder(async (folder) => {
    const servers: ScriptedClamd[] = [];
    for (const [i, react] of reactions.entries()) {
      servers.push(await ScriptedClamd.start(`${folder}/${i}`, react));
    }
    const clock = new ManualClock();
    const log: string[] = [];
    const addresses = servers.map(({ address }) => `--server ${address}`).join(" ");
    const filter = await clamdFilter(`${addresses} ${options}`, {
      clock,
      onLog: ({ level, text }) => void log.push(`${level}: ${text}`),
    });
    try {
      await use({
        filter,
        servers,
        server: at(servers, 0),
        clock,
        log,
        send: (mail = {}) => deliver(filter, { clock, ...mail }),
        count: (result) => filter.metrics.count("messages_total", { result }),
      });
    } finally {
      clock.letGo();
      for (const server of servers) await server.kill();
      await filter.dispose();
    }
  });
}

/** The same with one server. */
export function withServer(
  react: Reaction,
  use: (rig: Rig) => Promise<void>,
  options: string = "",
): Promise<void> {
  return withServers([react], use, options);
}

export { CLEAN };
