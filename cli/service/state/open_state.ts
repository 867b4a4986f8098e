/**
 * Opens the state that a service keeps, for commands that look at it or change it.
 *
 * @module
 */

import type { StateBackend } from "../../../lib/store/backend.ts";
import { KeeperClient } from "../../../lib/store/keeper/client.ts";
import { keeperPath } from "../../../lib/store/keeper/path.ts";
import type { KeyRules } from "../../../lib/store/namespace.ts";
import { SqliteStore } from "../../../lib/store/sqlite/sqlite_store.ts";
import { formatStateAddress, type StateAddress } from "../../../lib/store/state_address.ts";
import { ValkeyStore } from "../../../lib/store/valkey/valkey_store.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { keyRules } from "./key_rules.ts";

/** The state of a service, opened by a command. */
export interface OpenState {
  /** The store that all filters share; its keys are those of `fullKey` of `lib/store/namespace.ts`. */
  readonly backend: StateBackend;
  /** How its keys are made: pass them to `storeFor` and `fullKey`. */
  readonly rules: KeyRules;
  /** The address, without a password. */
  readonly address: string;
  /** Who answers: the service that runs, the file itself, or the server. */
  readonly by: "service" | "file" | "server";
}

/**
 * Opens the state at an address: asks the service that has the file, or opens the file if no service runs, or connects to the
 * server. Close `backend` in the end.
 *
 * @param address where the state is
 * @param secretFile the file of `--state-secret`, for a server
 * @throws {UsageError} for state in memory, which no other process can see, or a secret that cannot be read
 * @throws {StateFileError} if the file cannot be used; it is not made if there is none
 * @throws {StoreUnavailableError} if the server does not answer
 */
export async function openState(address: StateAddress, secretFile?: string): Promise<OpenState> {
  const rules = keyRules(address, secretFile);
  const shown = formatStateAddress(address);
  switch (address.kind) {
    case "memory":
      throw new UsageError(
        "milterkit: the state is in the memory of the service, which no other program can read; keep it in a file, or in Valkey or Redis",
      );
    case "file": {
      const client = await KeeperClient.find(keeperPath(address.path), address.path);
      if (client) return { backend: client, rules, address: shown, by: "service" };
      return { backend: SqliteStore.openExisting(address.path), rules, address: shown, by: "file" };
    }
    case "valkey": {
      const backend = new ValkeyStore(address);
      await backend.check();
      return { backend, rules, address: shown, by: "server" };
    }
  }
}
