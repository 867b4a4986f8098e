/**
 * The options of the filter, and the settings that follow from them.
 *
 * @module
 */

import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { type Address, parseAddress } from "../../lib/net/address.ts";

/** What can be done with a message in which something was found. */
export type OnVirus = "reject" | "quarantine" | "discard" | "mark";
/** What can be done with a message that was not scanned as a whole. */
export type OnOversize = "tempfail" | "reject" | "quarantine" | "accept";
/** What can be done with a message that clamd failed to scan. */
export type OnClamdError = "tempfail" | "reject" | "accept";

const ON_VIRUS = ["reject", "quarantine", "discard", "mark"] as const satisfies readonly OnVirus[];
const ON_OVERSIZE = ["tempfail", "reject", "quarantine", "accept"] as const satisfies readonly OnOversize[];
const ON_ERROR = ["tempfail", "reject", "accept"] as const satisfies readonly OnClamdError[];

/** The options. */
export const CLAMD_OPTIONS: readonly OptionSpec[] = [
  {
    name: "server",
    kind: "connect-address",
    metavar: "ADDRESS",
    repeatable: true,
    required: true,
    example: "unix:/run/clamav/clamd.ctl",
    description:
      "Where clamd listens: unix:/path (LocalSocket in clamd.conf) or inet:port@host (TCPSocket); with several, the next one is used if one fails",
  },
  {
    name: "on-virus",
    kind: "enum",
    metavar: "ACTION",
    choices: ON_VIRUS,
    default: "reject",
    description: "What happens to a message in which clamd finds something",
  },
  {
    name: "on-error",
    kind: "enum",
    metavar: "ACTION",
    choices: ON_ERROR,
    default: "tempfail",
    description: "What happens to a message that no server scans; accept: it passes, marked as not scanned",
  },
  {
    name: "on-oversize",
    kind: "enum",
    metavar: "ACTION",
    choices: ON_OVERSIZE,
    default: "tempfail",
    description:
      "What happens to a message that is not scanned completely: larger than --max-size or clamd's StreamMaxLength, or beyond a limit that clamd reports (AlertExceedsMax); accept: it passes, marked as not scanned",
  },
  {
    name: "max-size",
    kind: "size",
    min: 1,
    max: 4_000_000_000,
    default: "25MB",
    description: "Largest message to scan; not more than StreamMaxLength in clamd.conf",
  },
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    within: "callback-timeout",
    default: "3s",
    description: "Longest wait for a connection, and for a server that accepts no data",
  },
  {
    name: "scan-timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    within: "message-timeout",
    default: "120s",
    description:
      "Longest wait for the result at the end of a message; several servers have equal shares of it",
  },
  {
    name: "header",
    kind: "header-name",
    metavar: "NAME",
    default: "X-Virus-Status",
    description: "The header for the result; headers of this name from the sender are removed",
  },
];

/** What the options say. */
export interface ClamdSettings {
  /** Where the servers listen, the preferred one first; at least one. */
  readonly servers: readonly Address[];
  readonly onVirus: OnVirus;
  readonly onError: OnClamdError;
  readonly onOversize: OnOversize;
  /** The largest message to scan, in bytes, and as it was written. */
  readonly maxSize: number;
  readonly maxSizeText: string;
  /** In milliseconds. */
  readonly timeout: number;
  /** In milliseconds. */
  readonly scanTimeout: number;
  /** The name of the header with the result. */
  readonly header: string;
}

/**
 * Reads the settings from options.
 *
 * @throws {OptionError} for a server that was given twice
 */
export function clamdSettings(options: OptionValues): ClamdSettings {
  const servers = options.all("connect-address", "server");
  const texts = options.given.filter(({ name }) => name === "server").map(({ text }) => text);
  const twice = servers.findIndex((server, i) => servers.indexOf(server) < i);
  if (twice >= 0) throw new OptionError("server", texts[twice], "it is given twice");
  return {
    servers: servers.map(parseAddress),
    onVirus: options.get("enum", "on-virus") as OnVirus,
    onError: options.get("enum", "on-error") as OnClamdError,
    onOversize: options.get("enum", "on-oversize") as OnOversize,
    maxSize: options.get("size", "max-size")!,
    maxSizeText: options.text("max-size")!,
    timeout: options.get("duration", "timeout")!,
    scanTimeout: options.get("duration", "scan-timeout")!,
    header: options.get("header-name", "header")!,
  };
}
