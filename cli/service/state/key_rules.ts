/**
 * How the keys of a store are made: hashed where machines share the store, with the secret of `--state-secret` if there is
 * one.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { KeyRules } from "../../../lib/store/namespace.ts";
import type { StateAddress } from "../../../lib/store/state_address.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { invalidArgument } from "../../terminal/arguments.ts";

/** The shortest secret, in bytes: others can be guessed. */
const SHORTEST = 16;

/**
 * Returns how keys are made.
 *
 * @param address where the state is
 * @param secretFile the file with the secret; undefined without one
 * @throws {UsageError} if the file cannot be read, or the secret is too short
 */
export function keyRules({ kind }: StateAddress, secretFile?: string): KeyRules {
  if (kind !== "valkey") return {};
  return { hashed: true, secret: secretFile === undefined ? undefined : secretIn(secretFile) };
}

function secretIn(file: string): Uint8Array {
  const fail = (reason: string): never => {
    throw invalidArgument("milterkit", "--state-secret", file, reason);
  };
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return fail(systemErrorText(error));
  }
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--;
  if (end < SHORTEST) fail(`want at least ${SHORTEST} bytes, such as those that openssl rand -hex 32 writes`);
  return bytes.subarray(0, end);
}
