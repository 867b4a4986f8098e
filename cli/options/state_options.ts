/**
 * Options for the state that filters keep: where, and what happens when it is away.
 *
 * @module
 */

import { isAbsolute, resolve } from "node:path";
import type { OnStateError } from "../../lib/store/guarded_store.ts";
import {
  parseStateAddress,
  type StateAddress,
  StateAddressError,
  withoutPassword,
} from "../../lib/store/state_address.ts";
import { invalidArgument } from "../terminal/arguments.ts";
import { choice, converted, optional, type ServeOptionsOf, withDefault } from "./serve_option.ts";

/** Where filters keep state, and what happens when it is away. */
export interface StateSettings {
  /** Where it is kept. @default a file in the state directory of the service, or else memory */
  readonly address?: StateAddress | undefined;
  /** What happens to mail while it is away. */
  readonly onError: OnStateError;
  /** How long a call of it may take until it counts as away, in milliseconds. */
  readonly timeout: number;
  /** A file with a secret for the hashes of keys. */
  readonly secret?: string | undefined;
}

/** The options, by setting. */
export const STATE_OPTIONS: ServeOptionsOf<StateSettings> = {
  address: converted({
    name: "state",
    metavar: "ADDRESS",
    description:
      "Where filters such as rate-limit keep what they remember, for all workers: memory, the path of a file, or redis://HOST, rediss:// (TLS), redis+unix:///path for Valkey or Redis, which several machines can share; by default state.db in the state directory that systemd gives the service, or else memory",
    example: "/var/lib/milterkit/state.db",
    scope: "process",
    takesEffect: "restart",
    shown: withoutPassword,
  }, stateAddress),
  onError: choice({
    name: "on-state-error",
    metavar: "WHAT",
    choices: ["accept", "tempfail"],
    default: "accept",
    description:
      "What to do while the state does not answer in time: accept counts in memory meanwhile; tempfail makes filters that need it answer 451",
    scope: "process",
    takesEffect: "restart",
  }),
  timeout: withDefault({
    name: "state-timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 10_000,
    default: "200ms",
    description: "Longest wait for an answer from the state, and so the longest time that it can delay mail",
    scope: "process",
    takesEffect: "restart",
  }),
  secret: optional({
    name: "state-secret",
    kind: "file",
    metavar: "FILE",
    description:
      "A file with a secret, the same on all machines, for the hashes of addresses that a Valkey or Redis server keeps: without it, anyone who can read the hashes there can test which addresses they belong to",
    example: "/etc/milterkit/state-secret",
    scope: "process",
    takesEffect: "restart",
  }),
};

/**
 * Reads the address of a state.
 *
 * @param text the address
 * @param program what error messages begin with
 * @throws {UsageError} if it is invalid
 */
export function stateAddress(text: string, program: string = "milterkit serve"): StateAddress {
  let address: StateAddress;
  try {
    address = parseStateAddress(text);
  } catch (error) {
    if (!(error instanceof StateAddressError)) throw error;
    throw invalidArgument(program, "--state", error.value, error.reason);
  }
  if (address.kind === "file" && !isAbsolute(address.path)) {
    const reason = `the path must be absolute, such as ${resolve(address.path)}`;
    throw invalidArgument(program, "--state", text, reason);
  }
  return address;
}
