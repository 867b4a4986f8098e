/**
 * How `serve` runs, whatever it serves.
 *
 * @module
 */

import type { Address } from "../../lib/net/address.ts";
import { httpAddress } from "./http_address.ts";
import { converted, optional, type OptionsOf, type ServeOption, withDefault } from "./serve_option.ts";
import { workersOf } from "./worker_count.ts";

/** How it runs; times in milliseconds. */
export interface ServiceSettings {
  /** How many processes serve. */
  readonly workers: number;
  /** Whether files that change are taken anew. */
  readonly watch?: boolean;
  /** Where a status page, figures and health can be asked for. @default nowhere */
  readonly metrics?: Address;
  /** How long a worker may take to answer before it is killed. */
  readonly workerTimeout: number;
  /** How long connections between messages go on after a stop. */
  readonly stopTimeout: number;
}

/** By the names of these settings. */
export const SERVICE_OPTIONS: OptionsOf<ServiceSettings> = {
  workers: converted({
    name: "workers",
    metavar: "N|auto",
    default: "1",
    description: "Processes that share the connections; auto: one for each core",
    scope: "process",
    takesEffect: "reload",
  }, workersOf),
  watch: optional({
    name: "watch",
    kind: "flag",
    description:
      "Take changed filter files, what they import by relative paths, and files that options name, for new connections",
    scope: "process",
    takesEffect: "restart",
  }),
  metrics: converted({
    name: "metrics",
    metavar: "ADDRESS",
    description:
      "Where a status page, figures and health can be asked for by HTTP: PORT (on 127.0.0.1), HOST:PORT, unix:/path; no login, so keep it private",
    example: "127.0.0.1:9465",
    scope: "process",
    takesEffect: "reload",
  }, (text) => httpAddress("milterkit serve: --metrics", text)),
  workerTimeout: withDefault({
    name: "worker-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "60s",
    min: 1,
    max: 86_400_000,
    description:
      "Longest time that a worker may not answer its parent, such as for a filter that computes on; it is killed then, and replaced",
    scope: "process",
    takesEffect: "restart",
  }),
  stopTimeout: withDefault({
    name: "stop-timeout",
    kind: "duration",
    metavar: "TIME",
    max: 86_400_000,
    default: "30s",
    description: "How long connections between messages go on after SIGTERM",
    scope: "process",
    takesEffect: "restart",
  }),
};

/**
 * The settings after a reload.
 *
 * @param before those in force
 * @param next those that the configuration file says
 * @returns of `next` what a reload can change, of `before` what takes a restart
 */
export function settingsAfterReload(before: ServiceSettings, next: ServiceSettings): ServiceSettings {
  const kept = Object.entries<ServeOption>(SERVICE_OPTIONS)
    .filter(([, { takesEffect }]) => takesEffect === "restart").map(([name]) => name);
  const pick = (settings: ServiceSettings, wanted: boolean) =>
    Object.entries(settings).filter(([name]) => kept.includes(name) === wanted);
  return Object.fromEntries([...pick(before, true), ...pick(next, false)]) as unknown as ServiceSettings;
}
