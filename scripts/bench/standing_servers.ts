/**
 * Servers that are measured in several rounds, each stopped while others are measured.
 *
 * @module
 */

import type { ServerProcess } from "./server_process.ts";

/** The servers of one section. */
export class StandingServers {
  readonly #standing = new Map<string, ServerProcess>();

  /**
   * Measures a server. It is started for the first time and waits, stopped, for the next.
   *
   * @param key tells it from others
   * @param start starts it; returns undefined if it cannot be measured
   * @param measure measures it while it runs; `isNew` if it was just started
   * @returns what `measure` returns; undefined if it was not started
   * @throws what they throw; the next round then starts it anew
   */
  async measure<R>(
    key: string,
    start: () => Promise<ServerProcess | undefined>,
    measure: (serving: ServerProcess, isNew: boolean) => Promise<R>,
  ): Promise<R | undefined> {
    const standing = this.#standing.get(key);
    const serving = standing ?? await start();
    if (!serving) return undefined;
    this.#standing.set(key, serving);
    serving.resume();
    try {
      const result = await measure(serving, serving !== standing);
      serving.pause();
      return result;
    } catch (error) {
      this.#standing.delete(key);
      await serving.stop();
      throw error;
    }
  }

  /** Stops all for good. */
  async close(): Promise<void> {
    for (const serving of this.#standing.values()) await serving.stop();
  }
}
