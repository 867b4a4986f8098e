/**
 * How many lookups may be on the network at a time: each has a socket.
 *
 * @module
 */

import { lookupsByDescriptors } from "../net/descriptors.ts";
import type { Clock } from "../time/clock.ts";

/** The most lookups at a time, where there are descriptors for more. */
const MOST = 256;

/** Places for lookups; who finds none waits for one, within his time. */
export class LookupSlots {
  static #ofProcess: LookupSlots | undefined;
  readonly #most: number;
  readonly #queue: (() => void)[] = [];
  #taken = 0;

  /** @param most how many places there are */
  constructor(most: number) {
    this.#most = most;
  }

  /** Those of all resolvers of this process, which share its descriptors. */
  static get ofProcess(): LookupSlots {
    return this.#ofProcess ??= new LookupSlots(Math.min(MOST, lookupsByDescriptors()));
  }

  /**
   * Takes a place.
   *
   * @param milliseconds how long to wait
   * @param clock what tells the time
   * @param signal ends the wait
   * @returns false where none became free before; true: {@linkcode leave} is to follow
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

  /** Gives a place back. */
  leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#taken--;
    else next();
  }
}
