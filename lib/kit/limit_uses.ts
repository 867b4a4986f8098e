/**
 * Tracks how much of their limits senders have used, for those near a limit, in bounded memory.
 *
 * @module
 */

import type { LimitUse } from "../filter/filter_kit.ts";

/** The maximum number of keys between two calls of `take`, and of keys known to be near a limit. */
export const MAX_USES = 200;
/** The fraction of a limit from which a key counts as near it. */
export const NEAR = 0.5;
/** The maximum number of characters of a key; longer ones are cut. */
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

/** The use of limits, as reported by the filters of one process. */
export class LimitUses {
  /** Converts keys for display, for readers who must not see them in full. */
  spelling: (key: string) => string = (key) => key;
  #noted = new Map<string, NotedUse>();
  /** Keys that were near a limit, so that it is noted when they no longer are. The oldest are dropped first. */
  readonly #near = new Set<string>();

  /**
   * Notes how much of a limit a key has used. Does nothing for a key that is not near it and was not near it before.
   */
  note(filter: string, { key, limit, rate, left, refused }: LimitUse): void {
    const most = rate.burst ?? rate.count;
    const used = Math.max(0, most - left);
    const isNear = refused || used >= most * NEAR;
    // The common case.
    if (!isNear && this.#near.size === 0) return;
    // Keys are compared in full, even if they are cut for display.
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

  /** Makes room for a key that has used this fraction of its limit; returns false if all others have used more. */
  #dropLeast(share: number): boolean {
    let [least, id] = [share, ""];
    for (const [each, { used, most, refused }] of this.#noted) {
      if (refused === 0 && used / most < least) [least, id] = [used / most, each];
    }
    return this.#noted.delete(id);
  }
}
