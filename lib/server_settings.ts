/**
 * Whether the settings of a server can be served; asked before anything listens.
 *
 * @module
 */

import { CHAIN_LIMITS, checkSpool, MTAS } from "./filter/chain_settings.ts";
import { Settings } from "./filter/settings.ts";
import type { ConnectionLimits } from "./connection_limits.ts";
import type { ServeOptions, ServerTimeouts } from "./server.ts";

// Records, so that the compiler says when one is missing.
const SERVE_OPTIONS = {
  listen: true,
  filters: true,
  mode: true,
  group: true,
  timeouts: true,
  mta: true,
  spool: true,
  limits: true,
  onEvent: true,
  reports: true,
  service: true,
  clock: true,
} satisfies Record<keyof ServeOptions, true>;
const TIMEOUTS = {
  callback: true,
  message: true,
  negotiation: true,
  idle: true,
  send: true,
} satisfies Record<keyof ServerTimeouts, true>;
const LIMITS = {
  ...CHAIN_LIMITS,
  connections: true,
  connectionsPerClient: true,
} satisfies Record<keyof ConnectionLimits, true> & typeof CHAIN_LIMITS;

/**
 * Makes sure of all that can be known of a server's settings, but for filters and addresses, which are looked at on their
 * own.
 *
 * @throws {InvalidSettingError} naming the setting, and what would be right
 */
export function checkServeOptions(options: ServeOptions): void {
  const settings = new Settings("serve", options, SERVE_OPTIONS);
  settings.needs("listen", '"inet:8891@localhost"');
  settings.needs("filters", "[myFilter]");
  const { listen, filters, mode } = options;
  const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
  if (typeof listen !== "string" && !(isList(listen) && listen.every((each) => typeof each === "string"))) {
    settings.fail("listen", "listen must be an address, or a list of them");
  }
  if (listen.length === 0) settings.fail("listen", "there is no address to listen on");
  if (!isList(filters)) settings.fail("filters", "filters must be a list, even of one filter");
  // All mail would pass, which is what nobody sets up a server for.
  if (filters.length === 0) settings.fail("filters", "there is no filter to serve");
  settings.isNumber("mode", 0, "permission bits", 0o7777);
  if (mode !== undefined && mode > 0o777) {
    const octal = /^[0-7]{3}$/.test(String(mode)) ? `; did you mean 0o${mode}?` : "";
    settings.fail("mode", `mode ${mode} is 0o${mode.toString(8)}, and permissions are 0o777 at most${octal}`);
  }
  settings.isType("group", "string");
  settings.isOneOf("mta", ["auto", ...MTAS]);
  settings.isType("onEvent", "function");
  settings.isType("reports", "boolean");
  settings.isType("service", "string");
  settings.isClock("clock");
  const timeouts = settings.group("timeouts", TIMEOUTS);
  for (const name of ["negotiation", "idle", "send"]) timeouts?.isNumber(name, 1, "milliseconds");
  settings.group("limits", LIMITS);
  checkSpool(settings, options.spool);
}
