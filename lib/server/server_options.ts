/**
 * The options of a server, and their validation before anything listens.
 *
 * @module
 */

import { type ChainTimeouts, checkSpool, MTAS } from "../chain/chain_options.ts";
import { DEFAULT_MESSAGE_LIMITS } from "../chain/message_limits.ts";
import type { Clock } from "../time/clock.ts";
import type { Filter } from "../filter/filter.ts";
import { Settings } from "../options/settings.ts";
import { DEFAULT_CONNECTION_LIMITS } from "./connection_limits.ts";
import type { MtaKind } from "../message/mta.ts";
import type { SpoolOptions } from "../message/spool.ts";
import type { UnixSocketOptions } from "../net/unix_socket.ts";
import type { ServerEvent, ServerLimits } from "./server_events.ts";

/** Time-outs of a server, in milliseconds. */
export interface ServerTimeouts extends ChainTimeouts {
  /** From connecting to option negotiation: port scanners connect, too. @default 30000 */
  readonly negotiation?: number;
  /** Between two packets from the MTA. libmilter's is 7210 s, longer than any SMTP session waits. @default 7210000 */
  readonly idle?: number;
  /**
   * While the MTA reads nothing of what was sent to it. Postfix itself waits at most 300 s for a filter.
   * @default 300000
   */
  readonly send?: number;
}

/** The options of a server. */
export interface ServeOptions extends UnixSocketOptions {
  /** The addresses to listen on, see `parseAddress`. */
  readonly listen: string | readonly string[];
  /**
   * The filters, in the order in which they are called. Those with `create` that were not made are made, without options.
   * When the server has ended, it disposes its filters, unless another server still uses them.
   */
  // deno-lint-ignore no-explicit-any -- each filter has state types of its own
  readonly filters: readonly Filter<any, any>[];
  /** The time-outs. */
  readonly timeouts?: ServerTimeouts;
  /**
   * Which MTA the filters talk to, see `ChainOptions`.
   * @default "auto"
   */
  readonly mta?: MtaKind | "auto";
  /** Where bodies are kept for filters that see them later. */
  readonly spool?: SpoolOptions;
  /**
   * Whether to ask the MTA for the header of each message even if no filter reads it, so that reports include the
   * Message-ID.
   * @default false
   */
  readonly messageIds?: boolean;
  /** Limits on connections and messages. */
  readonly limits?: ServerLimits;
  /**
   * The clock for all time-outs and measurements of the server; with your own clock, tests of time-outs run fast.
   * @default the system's
   */
  readonly clock?: Clock;
  /** Called for every event worth logging. @default writes errors and stalls to standard error */
  readonly onEvent?: (event: ServerEvent) => void;
  /**
   * A unique name of this service; processes of the same service share it. It is used to detect milters that lead back
   * here.
   * @default a generated name for each server
   */
  readonly service?: string;
  /**
   * Whether `onEvent` gets each message, with the time that each filter took; measuring that has a small cost.
   * @default true
   */
  readonly reports?: boolean;
}

// Records, so that the compiler reports a missing option.
const SERVE_OPTIONS = {
  listen: true,
  filters: true,
  mode: true,
  group: true,
  timeouts: true,
  mta: true,
  spool: true,
  limits: true,
  messageIds: true,
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
const LIMITS: Required<ServerLimits> = { ...DEFAULT_MESSAGE_LIMITS, ...DEFAULT_CONNECTION_LIMITS };

/**
 * Validates a server's options, except for filters and addresses, which are validated separately.
 *
 * @throws {InvalidSettingError} naming the setting and what is valid
 */
export function checkServeOptions(options: ServeOptions): void {
  const settings = new Settings("serve", options, SERVE_OPTIONS);
  settings.needs("listen", '"inet:8825@localhost"');
  settings.needs("filters", "[myFilter]");
  const { listen, filters, mode } = options;
  const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
  if (typeof listen !== "string" && !(isList(listen) && listen.every((each) => typeof each === "string"))) {
    settings.fail("listen", "listen must be an address, or a list of them");
  }
  if (listen.length === 0) settings.fail("listen", "there is no address to listen on");
  if (!isList(filters)) settings.fail("filters", "filters must be a list, even of one filter");
  // All mail would pass unfiltered, which is surely a mistake.
  if (filters.length === 0) settings.fail("filters", "there is no filter to serve");
  settings.isNumber("mode", 0, "permission bits", 0o7777);
  if (mode !== undefined && mode > 0o777) {
    const octal = /^[0-7]{3}$/.test(String(mode)) ? `; did you mean 0o${mode}?` : "";
    settings.fail("mode", `mode ${mode} is 0o${mode.toString(8)}, and permissions are 0o777 at most${octal}`);
  }
  settings.isType("group", "string");
  settings.isOneOf("mta", ["auto", ...MTAS]);
  settings.isType("messageIds", "boolean");
  settings.isType("onEvent", "function");
  settings.isType("reports", "boolean");
  settings.isType("service", "string");
  settings.isClock("clock");
  const timeouts = settings.group("timeouts", TIMEOUTS);
  for (const name of ["negotiation", "idle", "send"]) timeouts?.isNumber(name, 1, "milliseconds");
  settings.group("limits", LIMITS);
  checkSpool(settings, options.spool);
}
