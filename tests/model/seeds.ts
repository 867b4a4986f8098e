/** Which seeds a test plays. */
import process from "node:process";

/** Seeds from the first to the last. */
export interface Seeds {
  readonly first: number;
  readonly last: number;
}

/**
 * The seeds of a test: Bun plays on where Deno ends, so that both together play twice as many.
 *
 * MILTERKIT_MODEL_CASES sets how many; MILTERKIT_SEED sets the first one; MILTERKIT_MODEL_SEED sets the only one.
 *
 * @param cases how many each runtime plays
 */
export function seedsOf(cases: number): Seeds {
  const { MILTERKIT_MODEL_SEED: only, MILTERKIT_SEED: start, MILTERKIT_MODEL_CASES: count } = process.env;
  if (only) return { first: Number(only), last: Number(only) };
  const played = Number(count) || cases;
  const first = (Number(start) || 1) + (process.versions.bun ? played : 0);
  return { first, last: first + played - 1 };
}
