/** Which seeds a test plays. */
import process from "node:process";

/** Seeds from the first to the last. */
export interface Seeds {
  readonly first: number;
  readonly last: number;
}

/**
 * The seeds of a test: Bun plays on where Deno ended, so that both together play twice as many.
 *
 * MILTERKIT_MODEL_SEED sets the first one, which is then the only one; MILTERKIT_MODEL_CASES sets how many.
 *
 * @param cases how many each runtime plays
 */
export function seedsOf(cases: number): Seeds {
  const { MILTERKIT_MODEL_SEED: seed, MILTERKIT_MODEL_CASES: count } = process.env;
  const played = Number(count) || (seed ? 1 : cases);
  const first = Number(seed) || (process.versions.bun ? played + 1 : 1);
  return { first, last: first + played - 1 };
}
