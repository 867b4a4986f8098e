/**
 * What the log says, and how.
 *
 * @module
 */

import { choice, choices, type OptionsOf } from "./serve_option.ts";

/** How a log is written: for people, a JSON object a line, or for the journal of systemd. */
export const LOG_FORMATS = ["text", "json", "journal"] as const;

/** One of {@linkcode LOG_FORMATS}. */
export type LogFormat = typeof LOG_FORMATS[number];

/** The levels, from all to nearly nothing. */
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;

/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = typeof LOG_LEVELS[number];

/**
 * What can be left out: what stands before the `@` of addresses, whole addresses, or all of a client but its network (24
 * bits of IPv4, 48 of IPv6, which are no longer one person's).
 */
export const REDACTIONS = ["local-parts", "addresses", "clients"] as const;

/** One of {@linkcode REDACTIONS}. */
export type RedactionKind = typeof REDACTIONS[number];

/** What the log says, and how. */
export interface LogSettings {
  /** How lines are written. */
  readonly format: LogFormat;
  /** The least level that is written. */
  readonly level: LogLevel;
  /** What is left out. */
  readonly redact: readonly RedactionKind[];
}

/** By the names of these settings. */
export const LOG_OPTIONS: OptionsOf<LogSettings> = {
  format: choice({
    name: "log-format",
    metavar: "FORMAT",
    choices: LOG_FORMATS,
    default: "text",
    description:
      "How the log is written: for people, a JSON object a line, or with the priorities that systemd's journal reads, which is found out where it is the reader",
    scope: "process",
    takesEffect: "reload",
  }),
  level: choice({
    name: "log-level",
    metavar: "LEVEL",
    choices: LOG_LEVELS,
    default: "info",
    description: "The least level that is logged; info has a line per message",
    scope: "process",
    takesEffect: "reload",
  }),
  redact: choices({
    name: "log-redact",
    metavar: "WHAT",
    choices: REDACTIONS,
    description:
      "What the log leaves out: what stands before the @ of addresses, whole addresses, or all of a client but its network",
    scope: "process",
    takesEffect: "reload",
  }),
};
