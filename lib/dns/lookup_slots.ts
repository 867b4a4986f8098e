/**
 * Limits how many lookups are on the network at a time, since each needs a socket.
 *
 * @module
 */

import { lookupsByDescriptors } from "../net/descriptors.ts";
import type { Clock } from "../time/clock.ts";

/** The most lookups at a time, even if there are descriptors for more. */
const MOST = 256;

/** Slots for lookups. If all are taken, a lookup waits for one, up to its deadline. */
export class LookupSlots {
  static #ofProcess: LookupSlots | undefined;
  readonly #most: number;
  readonly #queue: (() => void)[] = [];
  #taken = 0;

  /** @param most the number of slots */
  constructor(most: number) {
    this.#most = most;
  }

  /** The slots of all resolvers of this process, which share its descriptors. */
  static get ofProcess(): LookupSlots {
    return this.#ofProcess ??= new LookupSlots(Math.min(MOST, lookupsByDescriptors()));
  }

  /**
   * Takes a slot.
   *
   * @param milliseconds how long to wait
   * @param clock the clock for the wait
   * @param signal ends the wait
   * @returns true if it got one, which {@linkcode leave} must give back; false if none became free in time
   */
  async enter(milliseconds: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
    if (this.#taken < this.#most) {
      this.#taken++;
      return true;
    }
    return await new Promise((resolve) => {
      const leave = (entered: boolean): void => {
        callOff();
        signal.removeEventListener("abort", giveUp);
        resolve(entered);
      };
      const enter = (): void => leave(true);
      const giveUp = (): void => {
        const index = this.#queue.indexOf(enter);
        if (index >= 0) this.#queue.splice(index, 1);
        leave(false);
      };
      const callOff = clock.after(milliseconds, giveUp);
      signal.addEventListener("abort", giveUp);
      this.#queue.push(enter);
    });
  }

  /** Gives a slot back. */
  leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#taken--;
    else next();
  }
}
