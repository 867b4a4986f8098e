/** Chance that can be repeated. */
import process from "node:process";

/** Numbers that follow from a seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1, without 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to `end`, without `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }
}

/** A seed, printed; MILTERKIT_SEED sets it, to see a run again. */
export function newSeed(what: string): number {
  const seed = Number(process.env.MILTERKIT_SEED) || Math.floor(Math.random() * 2 ** 31) + 1;
  console.log(`${what}: MILTERKIT_SEED=${seed}`);
  return seed;
}
