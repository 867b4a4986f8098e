/**
 * Parses the value of `--log-to`.
 *
 * @module
 */

import process from "node:process";
import { nearest } from "../../lib/options/nearest.ts";
import { invalidArgument } from "../terminal/arguments.ts";

/** Facilities of syslog(3) that a program may use, with their codes. */
const FACILITIES: Readonly<Record<string, number>> = {
  user: 1,
  mail: 2,
  daemon: 3,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`local${i}`, 16 + i])),
};

/** Where the log goes: standard error, or syslog with the code of a facility. */
export type LogTarget = "stderr" | number;

/**
 * Parses a target.
 *
 * @param text `stderr`, `syslog` (facility mail), or `syslog:FACILITY`
 * @param platform the operating system
 * @throws {UsageError} for anything else, and for syslog on a system other than Linux
 */
export function logTarget(text: string, platform: string = process.platform): LogTarget {
  const fail = (reason: string): never => {
    throw invalidArgument("milterkit serve", "--log-to", text, reason);
  };
  if (text === "stderr") return text;
  const [, name = "mail"] = /^syslog(?::(.*))?$/s.exec(text) ??
    fail("want stderr, syslog or syslog:FACILITY, such as syslog:local0");
  const facility = Object.hasOwn(FACILITIES, name) ? FACILITIES[name] : undefined;
  if (facility === undefined) {
    const similar = name === "" ? undefined : nearest(name, Object.keys(FACILITIES));
    const names = "want mail, daemon, user, or local0 to local7";
    return fail(similar === undefined ? names : `${names}; did you mean ${similar}?`);
  }
  if (platform !== "linux") return fail("only Milterkit on Linux can write to syslog; leave it at stderr");
  return facility;
}
