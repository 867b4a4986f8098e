/** A private opendkim (Debian: opendkim). */
import { join } from "node:path";
import { type MilterDaemon, startMilterDaemon } from "./milter_daemon.ts";
import { findCommand } from "./process.ts";

/** Why opendkim cannot be run here, or undefined if it can. */
export function opendkimProblem(): string | undefined {
  return findCommand("opendkim") ? undefined : "needs opendkim (Debian: opendkim)";
}

/**
 * Starts one with a configuration, whose Socket and PidFile it does not use.
 *
 * @param configuration the path of its opendkim.conf
 */
export function startOpendkim(configuration: string): Promise<MilterDaemon> {
  return startMilterDaemon("opendkim", () => "", (command, conf) => {
    const folder = join(conf, "..");
    const socket = `local:${join(folder, "socket")}`;
    return [command, "-f", "-x", configuration, "-p", socket, "-P", join(folder, "pid")];
  });
}
