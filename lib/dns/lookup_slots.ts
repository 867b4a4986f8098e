/**
 * Limits how many lookups are in progress at a time, since each needs a socket.
 *
 * @module
 */

import { lookupsByDescriptors } from "../net/descriptors.ts";
import type { Clock } from "../time/clock.ts";

/** The maximum number of lookups at a time, even if there are descriptors for more. */
const MOST = 512;

/** For signals whose lookups count as those of another signal, that signal. */
const OWNERS = new WeakMap<AbortSignal, AbortSignal>();

/**
 * Makes the lookups of one signal count as those of another, such as when the check of a message has its own deadline.
 *
 * @param signal the signal passed to lookups
 * @param owner the signal of the message
 */
export function countLookupsFor(signal: AbortSignal, owner: AbortSignal): void {
  OWNERS.set(signal, OWNERS.get(owner) ?? owner);
}

/** The owner of a lookup: the signal of a message, or the lookup itself. */
export type LookupOwner = object;

/** The owner of a lookup with this signal. */
export function lookupOwner(signal: AbortSignal | undefined): LookupOwner {
  return signal === undefined ? {} : OWNERS.get(signal) ?? signal;
}

interface Waiter {
  readonly owner: LookupOwner;
  enter(): void;
}

/**
 * Slots for lookups. If all are taken, a lookup waits for one, up to its deadline.
 *
 * A few messages whose lookups get no answers must not take all slots, or other mail would have to wait for their
 * deadlines. So the first half is open to all; in the third quarter, an owner gets another slot only while it holds
 * less than a sixteenth of the slots left in that quarter; the last quarter is for owners that hold none. With 512
 * slots, twenty owners that take as many as they can leave six at a time for the next one.
 */
export class LookupSlots {
  static #ofProcess: LookupSlots | undefined;
  readonly #most: number;
  readonly #queue: Waiter[] = [];
  readonly #held = new Map<LookupOwner, number>();
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
   * @param owner who takes it
   * @param milliseconds how long to wait
   * @param clock the clock for the wait
   * @param signal ends the wait
   * @returns true if it got one, which {@linkcode leave} must give back; false if none became free in time
   */
  async enter(
    owner: LookupOwner,
    milliseconds: number,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.#mayEnter(owner)) {
      this.#take(owner);
      return true;
    }
    return await new Promise((resolve) => {
      const end = (entered: boolean): void => {
        callOff();
        signal.removeEventListener("abort", giveUp);
        resolve(entered);
      };
      const waiter: Waiter = { owner, enter: () => end(true) };
      const giveUp = (): void => {
        const index = this.#queue.indexOf(waiter);
        if (index >= 0) this.#queue.splice(index, 1);
        end(false);
      };
      const callOff = clock.after(milliseconds, giveUp);
      signal.addEventListener("abort", giveUp);
      this.#queue.push(waiter);
    });
  }

  /**
   * Gives a slot back.
   *
   * @param owner who took it
   */
  leave(owner: LookupOwner): void {
    this.#taken--;
    const left = (this.#held.get(owner) ?? 0) - 1;
    if (left > 0) this.#held.set(owner, left);
    else this.#held.delete(owner);
    // One freed slot can admit several owners, since an owner's share grows with the number of free slots.
    for (;;) {
      const index = this.#queue.findIndex((waiter) => this.#mayEnter(waiter.owner));
      const [next] = index < 0 ? [] : this.#queue.splice(index, 1);
      if (next === undefined) return;
      this.#take(next.owner);
      next.enter();
    }
  }

  #mayEnter(owner: LookupOwner): boolean {
    const free = this.#most - this.#taken;
    const held = this.#held.get(owner) ?? 0;
    if (held === 0 || this.#taken < this.#most / 2) return free > 0;
    return held < (free - this.#most / 4) / 16;
  }

  #take(owner: LookupOwner): void {
    this.#taken++;
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
  }
}
