/** The MTAs of a comparison, each with six listeners, and how to detect that it has processed all accepted mail. */
import type { NextHop } from "../next_hop.ts";
import { type Postfix, startPostfix } from "../postfix.ts";
import { sleep } from "../process.ts";
import { type Sendmail, startSendmail } from "../sendmail.ts";
import type { MtaName } from "./case_file.ts";

/** A message that a filter had put aside, and its reason. */
export interface Held {
  readonly id: string;
  readonly reason: string;
}

/** A running MTA. */
export interface ComparedMta {
  readonly nextHop: NextHop;
  /** The ports of its ways in. */
  readonly ports: readonly number[];
  /**
   * Whether the SIZE that it tells the next hop is not the size of the message. Sendmail adds up what it was told to change,
   * and by how it was told: a field that is added and deleted leaves a byte, one that is added by a change counts nothing.
   */
  readonly guessesSize: boolean;
  /** Forgets what is in the log so far. */
  mark(): void;
  /** Waits until everything that was taken has gone wherever it goes. Messages on hold are let go. */
  settle(): Promise<Held[]>;
  /** All queue ids in the log since {@link mark}. */
  queueIds(): string[];
  /** The log since {@link mark}. */
  log(): string;
  stop(): Promise<void>;
}

/** Matches the reply that contains the queue id of an accepted message. */
export const QUEUED = /^250 2\.0\.0 (?:Ok: (?:\d+ bytes )?queued as )?(\w{9,})\b/;

/** How long an MTA may take for the messages of one case. */
const PATIENCE = 40_000;

/** Starts an MTA with these ways in: the addresses of milters, for each. */
export function startMta(name: MtaName, ways: string[][]): Promise<ComparedMta> {
  return name === "postfix" ? startComparedPostfix(ways) : startComparedSendmail(ways);
}

async function startComparedPostfix(ways: string[][]): Promise<ComparedMta> {
  const mta = await startPostfix({ milters: [], ways });
  const log = logSince(mta);
  return {
    nextHop: mta.nextHop,
    ports: mta.wayPorts,
    guessesSize: false,
    mark: log.mark,
    async settle() {
      await mta.idle(PATIENCE);
      const ids = mta.held();
      for (const id of ids) await mta.release(id);
      if (ids.length > 0) await mta.idle(PATIENCE);
      const reasonOf = (id: string) =>
        new RegExp(`: ${id}: milter-hold: \\S+ from \\S+: (.*?); from=`).exec(log.text())?.[1];
      // a process of its own writes the log, and may be behind
      for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(5)) {
        if (ids.every((id) => reasonOf(id) !== undefined)) break;
      }
      return ids.map((id) => ({ id, reason: reasonOf(id) ?? "" }));
    },
    queueIds: () => firstGroups(log.text(), /: ([0-9A-F]{9,}): /g),
    log: log.text,
    stop: () => mta.stop(),
  };
}

async function startComparedSendmail(ways: string[][]): Promise<ComparedMta> {
  const mta = await startSendmail({ milters: [], ways });
  const log = logSince(mta);
  return {
    nextHop: mta.nextHop,
    ports: mta.wayPorts,
    guessesSize: true,
    mark: log.mark,
    async settle() {
      await mta.idle(PATIENCE);
      // a later reason replaces an earlier one
      const held = new Map<string, string>();
      for (
        const [, id = "", reason = ""] of (log.text()).matchAll(
          /: (\w+): to=.*, quarantine=(.*), stat=quarantined/g,
        )
      ) {
        held.set(id, reason);
      }
      if (held.size > 0) await mta.release();
      if (mta.queued().length > 0) throw new Error(`Sendmail keeps ${mta.queued()}:\n${log.text()}`);
      return [...held].map(([id, reason]) => ({ id, reason }));
    },
    queueIds: () => firstGroups(log.text(), /\]: (\w{14}): /g),
    log: log.text,
    stop: () => mta.stop(),
  };
}

/** The part of a server's log that came since the last mark. */
function logSince(mta: Postfix | Sendmail): { mark: () => void; text: () => string } {
  const more = mta.follow();
  let text = "";
  return {
    mark() {
      more();
      text = "";
    },
    text: () => text += more(),
  };
}

function firstGroups(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, group = ""]) => group))];
}
