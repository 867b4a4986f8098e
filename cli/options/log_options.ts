/**
 * Options for the log.
 *
 * @module
 */

import { LOG_LEVELS, type LogLevel } from "../../lib/filter/logger.ts";
import { type LogTarget, logTarget } from "./log_target.ts";
import { choice, choices, converted, type ServeOptionsOf } from "./serve_option.ts";

/** Log formats: text for people, one JSON object per line, or lines with priorities for the systemd journal. */
export const LOG_FORMATS = ["text", "json", "journal"] as const;

/** One of {@linkcode LOG_FORMATS}. */
export type LogFormat = typeof LOG_FORMATS[number];

/**
 * What the log can leave out: local parts of addresses, whole addresses, or everything about clients except their network
 * (24 bits of IPv4, 48 bits of IPv6: too wide to identify one person).
 */
export const REDACTIONS = ["local-parts", "addresses", "clients"] as const;

/** One of {@linkcode REDACTIONS}. */
export type RedactionKind = typeof REDACTIONS[number];

/** Settings of the log. */
export interface LogSettings {
  /** The format of lines. */
  readonly format: LogFormat;
  /** The lowest level that is written. */
  readonly level: LogLevel;
  /** What to leave out. */
  readonly redact: readonly RedactionKind[];
  /** Where it goes. */
  readonly to: LogTarget;
}

/** The options, by setting. */
export const LOG_OPTIONS: ServeOptionsOf<LogSettings> = {
  to: converted({
    name: "log-to",
    metavar: "WHERE",
    default: "stderr",
    example: "syslog:local0",
    description:
      "Where the log goes: stderr, syslog (facility mail), or syslog:FACILITY, for systems without the systemd journal",
    scope: "process",
    takesEffect: "reload",
  }, logTarget),
  format: choice({
    name: "log-format",
    metavar: "FORMAT",
    choices: LOG_FORMATS,
    default: "text",
    description:
      "Format of the log: text for people, one JSON object per line, or lines with priorities for the systemd journal, which is detected",
    scope: "process",
    takesEffect: "reload",
  }),
  level: choice({
    name: "log-level",
    metavar: "LEVEL",
    choices: LOG_LEVELS,
    default: "info",
    description: "Lowest level to log; info has a line per message",
    scope: "process",
    takesEffect: "reload",
  }),
  redact: choices({
    name: "log-redact",
    metavar: "WHAT",
    choices: REDACTIONS,
    description:
      "What the log leaves out: local parts of addresses, whole addresses, or everything about clients except their network",
    scope: "process",
    takesEffect: "reload",
  }),
};
