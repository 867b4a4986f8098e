/** Reproducible random values. */
import process from "node:process";
import { at } from "./present.ts";

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

  /**
   * One element of a list.
   *
   * @throws {RangeError} if the list is empty
   */
  pick<T>(list: readonly T[]): T {
    return at(list, this.below(list.length));
  }
}

/**
 * The seed of a test: always the same for the same name, so that a run of the tests says the same each time.
 * MILTERKIT_SEED (`deno task test --seed`) sets another for all tests.
 *
 * @param name tells the seeds of several tests apart
 */
export function testSeed(name: string): number {
  const given = Number(process.env.MILTERKIT_SEED);
  if (given) return given;
  // FNV-1a
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A seed of this run alone, for work that is to find what no run found before. Whoever takes it prints it. */
export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 31) + 1;
}
