/** Starts third-party milters for a test. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newFolder, writeShared } from "./instance.ts";
import { type Argv, findCommand, sleep, startDaemon, SYSTEM_PATH } from "./process.ts";

/** A running milter. */
export interface MilterDaemon {
  /** Where it listens, as milterkit names it. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Starts a milter that is configured by a file, and waits until it listens.
 *
 * @param name the command
 * @param configure makes the text of its configuration, of the folder for its files and of the path for its socket
 * @param argv makes the command line, of the path of the command and of that of its configuration
 */
export async function startMilterDaemon(
  name: string,
  configure: (folder: string, socket: string) => string,
  argv: (command: string, configuration: string) => Argv,
): Promise<MilterDaemon> {
  const folder = newFolder(`milterkit-${name}-`);
  const socket = join(folder, "socket");
  const configuration = join(folder, "conf");
  writeShared(configuration, configure(folder, socket));
  const daemon = startDaemon(
    argv(findCommand(name) ?? name, configuration),
    { PATH: SYSTEM_PATH, LC_ALL: "C" },
    join(folder, "log"),
  );
  const stop = async () => {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const end = Date.now() + 40_000; !existsSync(socket); await sleep(20)) {
    const problem = daemon.running() ? Date.now() > end && "does not listen" : await daemon.ended;
    if (!problem) continue;
    await stop();
    throw new Error(`${name}: ${problem}`);
  }
  return { address: `unix:${socket}`, stop };
}
