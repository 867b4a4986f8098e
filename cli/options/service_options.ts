/**
 * Options for the process as a whole: workers, reloads, metrics, stopping.
 *
 * @module
 */

import { isAbsolute, join, resolve } from "node:path";
import type { Address } from "../../lib/net/address.ts";
import { invalidArgument } from "../terminal/arguments.ts";
import { httpAddress } from "./http_address.ts";
import { converted, optional, type ServeOption, type ServeOptionsOf, withDefault } from "./serve_option.ts";
import { parseWorkerCount } from "./worker_count.ts";

/** How the service runs; times in milliseconds. */
export interface ServiceSettings {
  /** The number of processes that serve. */
  readonly workers: number;
  /** Whether to reload when files change. */
  readonly watch?: boolean;
  /** The HTTP address of the status page, metrics and health checks. @default none */
  readonly metrics?: Address;
  /** The most messages that the status page keeps. */
  readonly statusMessages: number;
  /** How long a worker may take to answer its parent before it is killed. */
  readonly workerTimeout: number;
  /** How long connections between messages stay open after a stop. */
  readonly stopTimeout: number;
  /** The absolute path of a file with the id of the process. @default none */
  readonly pidFile?: string;
}

/** The options, by setting. */
export const SERVICE_OPTIONS: ServeOptionsOf<ServiceSettings> = {
  workers: converted({
    name: "workers",
    metavar: "N|auto",
    default: "1",
    description: "Processes that share the connections; auto: one per core",
    scope: "process",
    takesEffect: "reload",
  }, parseWorkerCount),
  watch: optional({
    name: "watch",
    kind: "flag",
    description:
      "Reload for new connections when a filter file, a file that it imports by a relative path, or a file that an option names changes",
    scope: "process",
    takesEffect: "restart",
  }),
  metrics: converted({
    name: "metrics",
    metavar: "ADDRESS",
    description:
      "Serve a status page, metrics and health checks over HTTP, at PORT (on 127.0.0.1), HOST:PORT or unix:/path; no login, so keep it private",
    example: "127.0.0.1:9465",
    scope: "process",
    takesEffect: "reload",
  }, (text) => httpAddress("milterkit serve", "--metrics", text)),
  statusMessages: withDefault({
    name: "status-messages",
    kind: "integer",
    metavar: "N",
    default: "10000",
    min: 0,
    max: 100_000,
    description:
      "Messages that the status page keeps for searches, in about 1.7 KB of memory each; 0 keeps none. Half of the space is for refused messages",
    scope: "process",
    takesEffect: "reload",
  }),
  workerTimeout: withDefault({
    name: "worker-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "60s",
    min: 1,
    max: 86_400_000,
    description:
      "Maximum time that a worker may take to answer its parent process; after that, as with an endless loop in a filter, it is killed and replaced",
    scope: "process",
    takesEffect: "restart",
  }),
  stopTimeout: withDefault({
    name: "stop-timeout",
    kind: "duration",
    metavar: "TIME",
    max: 86_400_000,
    default: "30s",
    description: "How long connections between messages stay open after SIGTERM",
    scope: "process",
    takesEffect: "restart",
  }),
  pidFile: converted({
    name: "pid-file",
    metavar: "FILE",
    description:
      "File that holds the process id while Milterkit serves, for systems without systemd; if it is that of a running milterkit, the start fails",
    example: "/run/milterkit/milterkit.pid",
    scope: "process",
    takesEffect: "restart",
  }, pidFilePath),
};

/**
 * Checks the path of a pid file. Its folder may be made later, with the service.
 *
 * @throws {UsageError} if it is not absolute
 */
function pidFilePath(path: string): string {
  const wrong = (reason: string) => invalidArgument("milterkit serve", "--pid-file", path, reason);
  if (!isAbsolute(path)) throw wrong(`the path must be absolute, such as ${resolve(path)}`);
  if (path.endsWith("/")) {
    throw wrong(`the path must be that of a file, such as ${join(path, "milterkit.pid")}`);
  }
  return path;
}

/**
 * Returns the settings that hold after a reload.
 *
 * @param before the settings in force
 * @param next the settings in the reloaded configuration file
 * @returns `next`, except for settings that only a restart can change: those from `before`
 */
export function settingsAfterReload(before: ServiceSettings, next: ServiceSettings): ServiceSettings {
  const kept = Object.entries<ServeOption>(SERVICE_OPTIONS)
    .filter(([, { takesEffect }]) => takesEffect === "restart").map(([name]) => name);
  const pick = (settings: ServiceSettings, wanted: boolean) =>
    Object.entries(settings).filter(([name]) => kept.includes(name) === wanted);
  return Object.fromEntries([...pick(before, true), ...pick(next, false)]) as unknown as ServiceSettings;
}
