/**
 * Where the processes of a service find its state: what the process that starts the others tells them.
 *
 * @module
 */

import type { OnStateError } from "../../../lib/store/guarded_store.ts";
import type { StateAddress, ValkeyAddress } from "../../../lib/store/state_address.ts";

/** Where the state is: in this process, with a keeper, or on a server. */
export type StateLocation =
  | { readonly kind: "here" }
  | { readonly kind: "keeper"; readonly socket: string; readonly address: StateAddress }
  | { readonly kind: "server"; readonly address: ValkeyAddress };

/** Where the state is, and how it is used: the settings with which the service was started. */
export interface StatePlace {
  readonly location: StateLocation;
  readonly onError: OnStateError;
  /** How long a call may take, in milliseconds. */
  readonly timeout: number;
  /** The file with the secret for the hashes of keys. */
  readonly secret?: string | undefined;
}
