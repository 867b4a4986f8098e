/**
 * How much of their limits senders have used: those who come near one, in bounded memory.
 *
 * @module
 */

import type { LimitUse } from "../filter/filter_kit.ts";

/** The most keys between two calls of `take`, and the most that are known to be near a limit. */
export const MAX_USES = 200;
/** The share of a limit from which on somebody is near it. */
export const NEAR = 0.5;
/** The most characters of a key; longer ones are cut. */
const MAX_KEY = 300;

/** How much of a limit a key has used. */
export interface NotedUse {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** Whose limit it is. */
  readonly key: string;
  /** The limit. */
  readonly limit: string;
  /** How much of it is used. */
  used: number;
  /** How much can be used at once. */
  readonly most: number;
  /** How much comes back in a second. */
  readonly perSecond: number;
  /** How often it was exceeded since the last call of `take`. */
  refused: number;
}

/** What the filters of one process show of limits. */
export class LimitUses {
  /** Spells the keys, for whoever must not see all of them. */
  spelling: (key: string) => string = (key) => key;
  #noted = new Map<string, NotedUse>();
  /** Keys that were near a limit, so that it is noted when they no longer are. The oldest go first. */
  readonly #near = new Set<string>();

  /** Notes how much of a limit somebody has used. Does nothing for somebody far from it who was not near it before. */
  note(filter: string, { key, limit, rate, left, refused }: LimitUse): void {
    const most = rate.burst ?? rate.count;
    const used = Math.max(0, most - left);
    const isNear = refused || used >= most * NEAR;
    // Almost everybody, almost always.
    if (!isNear && this.#near.size === 0) return;
    // Of a key that is cut, the rest still counts.
    const id = `${filter}\0${limit}\0${key}`;
    if (!isNear && !this.#near.delete(id)) return;
    if (isNear) this.#remember(id);
    const known = this.#noted.get(id);
    if (known) {
      known.used = used;
      if (refused) known.refused++;
      return;
    }
    if (this.#noted.size >= MAX_USES && !this.#dropLeast(used / most)) return;
    const shown = this.spelling(key).slice(0, MAX_KEY).toWellFormed();
    const perSecond = rate.count / rate.per * 1000;
    this.#noted.set(id, { filter, key: shown, limit, used, most, perSecond, refused: refused ? 1 : 0 });
  }

  /** Returns what was noted since the last call. */
  take(): NotedUse[] {
    if (this.#noted.size === 0) return [];
    const taken = [...this.#noted.values()];
    this.#noted = new Map();
    return taken;
  }

  #remember(id: string): void {
    if (this.#near.delete(id) || this.#near.size < MAX_USES) {
      this.#near.add(id);
      return;
    }
    const [oldest = ""] = this.#near;
    this.#near.delete(oldest);
    this.#near.add(id);
  }

  /** Makes room for a key that has used this share of its limit; false if all others have used more. */
  #dropLeast(share: number): boolean {
    let [least, id] = [share, ""];
    for (const [each, { used, most, refused }] of this.#noted) {
      if (refused === 0 && used / most < least) [least, id] = [used / most, each];
    }
    return this.#noted.delete(id);
  }
}
