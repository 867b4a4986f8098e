/**
 * The cases of a target: each follows from a seed and its number alone.
 *
 * @module
 */
import { latin1Bytes } from "../../../lib/message/text.ts";
import { Random } from "../../support/random.ts";
import { grown, mutated } from "./mutate.ts";
import type { Target } from "./target.ts";

/** Of how many cases one is grown. */
const GROWN = 100;

/** Makes the cases of a target. */
export class Cases {
  readonly #target: Target;
  readonly #seeds: readonly Uint8Array[];
  readonly #words: readonly Uint8Array[];

  /** @param target whose cases */
  constructor(target: Target) {
    this.#target = target;
    this.#seeds = target.seeds?.() ?? [];
    this.#words = (target.words ?? []).map(latin1Bytes);
  }

  /**
   * A case.
   *
   * @param seed the seed
   * @param number from 0; the first ones are the seeds as they are
   */
  of(seed: number, number: number): Uint8Array {
    const given = this.#seeds[number];
    if (given) return given.slice();
    const random = new Random(Math.imul(seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b));
    // Seeds that are near each other begin alike.
    random.next();
    const bytes = this.#kindOf(random);
    return random.below(GROWN) === 0 ? grown(bytes, random) : bytes;
  }

  #kindOf(random: Random): Uint8Array {
    const kind = random.below(20);
    if (kind < 2) return noise(random);
    const { make } = this.#target;
    const structured = make && (kind < 12 || this.#seeds.length === 0);
    if (!structured && this.#seeds.length === 0) return noise(random);
    const base = structured ? make(random) : random.pick(this.#seeds);
    if (structured && kind % 2) return base;
    return mutated(base, random, this.#seeds, this.#words);
  }
}

function noise(random: Random): Uint8Array {
  const letters = random.below(2) ? 256 : 1 + random.below(6);
  const first = letters === 256 ? 0 : random.below(256 - letters);
  return Uint8Array.from({ length: random.below(200) }, () => first + random.below(letters));
}
