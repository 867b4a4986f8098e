/**
 * A keeper's process: opens the store, answers the workers, and ends when the process that has started it closes its standard
 * input.
 *
 * @module
 */

import process from "node:process";
import { MAX_UNIX_PATH } from "../../../lib/net/address.ts";
import { isInUse, Keeper } from "../../../lib/store/keeper/keeper.ts";
import type { KeptStore } from "../../../lib/store/keeper/kept_store.ts";
import { MemoryBackend } from "../../../lib/store/memory_backend.ts";
import { StateFileError } from "../../../lib/store/sqlite/file_error.ts";
import { SqliteStore } from "../../../lib/store/sqlite/sqlite_store.ts";
import { leaveEarlyExitToParent } from "../../terminal/early_exit.ts";
import { errorData } from "../workers/error_data.ts";
import type { KeeperMessage, KeeperTask } from "./keeper_task.ts";

/** How long to wait for the keeper of a service that has just ended, in milliseconds. */
const PATIENCE = 5000;
/** How often to look whether it has gone, in milliseconds. */
const RETRY = 50;
/**
 * How long workers may still ask after the process that has started all has gone, in milliseconds: less than the next service
 * waits.
 */
const LINGER = 2000;
/** How often to look whether what is kept can be made safe, in milliseconds. */
const LOOK = 1000;

/** Keeps until standard input ends; returns the exit code. */
export async function runKeeper(task: KeeperTask): Promise<number> {
  // Signals may reach the whole process group; workers still ask then.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  leaveEarlyExitToParent();
  const orphaned = new Promise<void>((resolve) => {
    process.stdin.on("data", () => {}).on("end", resolve).on("error", () => resolve());
    process.on("disconnect", () => resolve());
  });
  let opened: { readonly store: KeptStore; readonly keeper: Keeper };
  try {
    opened = await open(task);
  } catch (error) {
    await tell({ type: "failed", error: errorData(error) });
    return 1;
  }
  const { store, keeper } = opened;
  void tell({ type: "ready" });
  const looking = watchSaving(store);
  await orphaned;
  clearInterval(looking);
  const limit = new Promise<void>((resolve) => setTimeout(resolve, LINGER));
  await Promise.race([keeper.idle(), limit]);
  await keeper.close();
  await store.close();
  return 0;
}

async function open({ file, socket }: KeeperTask): Promise<{ store: KeptStore; keeper: Keeper }> {
  if (file !== undefined && new TextEncoder().encode(socket).length > MAX_UNIX_PATH) {
    const most = MAX_UNIX_PATH - (socket.length - file.length);
    throw new StateFileError(
      file,
      `the path is too long for a socket beside it, which allows ${most} bytes at most`,
    );
  }
  const end = performance.now() + PATIENCE;
  while (true) {
    const store = file === undefined ? new MemoryBackend() : SqliteStore.open(file);
    try {
      return { store, keeper: await Keeper.listen(store, socket) };
    } catch (error) {
      await store.close();
      if (!isInUse(error)) throw error;
      if (performance.now() > end) {
        const reason =
          "another service uses it, and answers at the socket beside it; give each service a file of its own";
        throw new StateFileError(file ?? socket, reason, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY));
  }
}

function watchSaving(store: KeptStore): ReturnType<typeof setInterval> {
  let before: string | undefined;
  return setInterval(() => {
    const { saveProblem: problem } = store;
    if (problem === before) return;
    before = problem;
    void tell({ type: "saving", problem });
  }, LOOK);
}

function tell(message: KeeperMessage): Promise<void> {
  return new Promise((resolve) => {
    try {
      process.send!(message, undefined, undefined, () => resolve());
    } catch {
      // Nobody listens any more.
      resolve();
    }
  });
}
