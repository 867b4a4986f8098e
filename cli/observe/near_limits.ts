/**
 * Who has used up much of a limit: plain data in bounded memory, whatever senders call themselves.
 *
 * @module
 */

import { NEAR, type NotedUse } from "../../lib/kit/limit_uses.ts";

/** The most keys to keep. */
export const MOST_KEPT = 200;
/** How long somebody who exceeded a limit is kept although it has room again, in milliseconds. */
const KEPT_AFTER = 30 * 60_000;

/** How much of a limit somebody has used. */
export interface NearLimit {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** Whose limit it is. */
  readonly key: string;
  /** The limit. */
  readonly limit: string;
  /** How much of it is used by now. */
  readonly used: number;
  /** How much can be used at once. */
  readonly most: number;
  /** How often it was exceeded since it has been kept. */
  readonly refused: number;
  /** The milliseconds since it was last used. */
  readonly age: number;
}

interface Kept {
  use: NotedUse;
  at: number;
  refused: number;
  refusedAt: number;
}

/** Keeps who is near a limit, over all processes. */
export class NearLimits {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  /** @param now returns the time in milliseconds, by a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Adds what a process has noted since its previous report. */
  add(uses: readonly NotedUse[]): void {
    const now = this.#now();
    for (const use of uses) {
      const id = `${use.filter}\0${use.limit}\0${use.key}`;
      const known = this.#kept.get(id);
      const refused = (known?.refused ?? 0) + use.refused;
      const refusedAt = use.refused > 0 ? now : known?.refusedAt ?? -Infinity;
      this.#kept.set(id, { use, at: now, refused, refusedAt });
      if (this.#kept.size > MOST_KEPT) this.#dropLeast(now);
    }
  }

  /** Forgets everybody. */
  forget(): void {
    this.#kept.clear();
  }

  /** Those who are near a limit, and those who exceeded one a short time ago; the fullest ones first. */
  get list(): readonly NearLimit[] {
    const now = this.#now();
    for (const [id, kept] of this.#kept) if (!isShown(kept, now)) this.#kept.delete(id);
    return [...this.#kept.values()].map((kept) => ({
      filter: kept.use.filter,
      key: kept.use.key,
      limit: kept.use.limit,
      used: usedAt(kept, now),
      most: kept.use.most,
      refused: kept.refused,
      age: now - kept.at,
    })).sort((a, b) =>
      b.used / b.most - a.used / a.most || b.refused - a.refused || (a.key < b.key ? -1 : 1)
    );
  }

  #dropLeast(now: number): void {
    let [least, dropped] = [Infinity, ""];
    for (const [id, kept] of this.#kept) {
      const rank = usedAt(kept, now) / kept.use.most + (now - kept.refusedAt < KEPT_AFTER ? 1 : 0);
      if (rank < least) [least, dropped] = [rank, id];
    }
    this.#kept.delete(dropped);
  }
}

/** How much is still used, as time has passed since the report. */
function usedAt({ use, at }: Kept, now: number): number {
  return Math.max(0, use.used - (now - at) / 1000 * use.perSecond);
}

function isShown(kept: Kept, now: number): boolean {
  return usedAt(kept, now) >= kept.use.most * NEAR || now - kept.refusedAt < KEPT_AFTER;
}
