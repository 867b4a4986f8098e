/**
 * A server process started for one measurement.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Transport } from "./options.ts";
import { type Running, start } from "./processes.ts";
import { onCore, type Rig } from "./rig.ts";
import type { Server } from "./servers.ts";
import type { Variant } from "./workloads.ts";

/** Maximum time until a server accepts connections, in milliseconds. */
const START_LIMIT = 10_000;
/** How often to try connecting, and how long to pause after the first success, in milliseconds. */
const PAUSE = 50;

export interface ServerProcess {
  readonly pid: number;
  /** Its address in milter notation. */
  readonly address: string;
  readonly errors: string;
  /** Stops it until {@link resume}, so that it takes no time. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

type Target = { readonly path: string } | { readonly host: string; readonly port: number };

let started = 0;

/**
 * Starts a server and waits until it accepts connections.
 *
 * @returns undefined if the server does not support the variant
 * @throws if it does not start
 */
export async function startServer(
  rig: Rig,
  server: Server,
  transport: Transport,
  variant: Variant,
): Promise<ServerProcess | undefined> {
  const target = await freeTarget(rig.folder, transport);
  const address = "path" in target ? `unix:${target.path}` : `inet:${target.port}@${target.host}`;
  const command = server.command(rig.programs, address, variant);
  if (!command) return undefined;
  const errorFile = join(rig.folder, `${++started}.log`);
  const child = start(onCore(rig.cores?.server, command), { errorFile });
  const stop = async (): Promise<void> => {
    await child.kill();
    rmSync(errorFile, { force: true });
    if ("path" in target) rmSync(target.path, { force: true });
  };
  if (!await comesUp(child, target)) {
    await stop();
    throw new Error(`${server.title} does not start: ${child.errors.trim() || "it accepts no connection"}`);
  }
  return {
    pid: child.pid,
    address,
    get errors() {
      return child.errors;
    },
    pause: child.pause,
    resume: child.resume,
    stop,
  };
}

async function comesUp(child: Running, target: Target): Promise<boolean> {
  for (let waited = 0; waited < START_LIMIT && !child.ended; waited += PAUSE) {
    const up = await accepts(target);
    await sleep(PAUSE);
    if (up) return true;
  }
  return false;
}

function accepts(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** Returns an unused address to listen on. */
async function freeTarget(folder: string, transport: Transport): Promise<Target> {
  if (transport === "unix") return { path: join(folder, `${++started}.sock`) };
  const host = "127.0.0.1";
  const finder = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    finder.on("error", reject);
    finder.listen(0, host, () => resolve((finder.address() as AddressInfo).port));
  });
  await new Promise((resolve) => finder.close(resolve));
  return { host, port };
}
