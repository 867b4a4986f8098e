/** Debian's opendkim as a verifier, and its pyspf-milter, each asking a given name server. */
import { join } from "node:path";
import type { Nsd } from "../dns/nsd.ts";
import { writeShared } from "./instance.ts";
import { type MilterDaemon, startMilterDaemon } from "./milter_daemon.ts";
import { resolverProblem, withResolver } from "./own_resolver.ts";
import { findCommand } from "./process.ts";

/** Why one of them cannot be run here, or undefined if both can. */
export async function debianChecksProblem(): Promise<string | undefined> {
  for (const name of ["opendkim", "pyspf-milter"]) {
    if (!findCommand(name)) return `needs ${name} (Debian: ${name})`;
  }
  return await resolverProblem("pyspf-milter");
}

/**
 * Starts one that adds a field with what it finds, under this authserv-id.
 *
 * @param settings more lines of its configuration, such as those of signing
 */
export function startOpendkim(
  authservId: string,
  nameServer: Nsd,
  settings: readonly string[] = ["Mode v"],
): Promise<MilterDaemon> {
  return startMilterDaemon("opendkim", (folder, socket) => {
    writeShared(
      join(folder, "unbound.conf"),
      `server:\n  do-not-query-localhost: no\n  module-config: "iterator"\n` +
        `forward-zone:\n  name: "."\n  forward-addr: ${nameServer.host}@${nameServer.port}\n`,
    );
    return `${
      settings.join("\n")
    }\nSocket local:${socket}\nUMask 0000\nBackground no\nSyslog no\nPidFile ${folder}/pid\n` +
      `AuthservID ${authservId}\nAlwaysAddARHeader yes\nResolverConfiguration ${folder}/unbound.conf\n`;
  }, (command, configuration) => [command, "-f", "-x", configuration]);
}

/** Starts one that refuses nothing and adds Authentication-Results. Its name server has to be at port 53. */
export function startPyspfMilter(authservId: string, nameServer: Nsd): Promise<MilterDaemon> {
  return startMilterDaemon("pyspf-milter", (folder, socket) => {
    writeShared(join(folder, "resolv.conf"), `nameserver ${nameServer.host}\n`);
    return `debugLevel = 1\nTestOnly = 0\nHELO_reject = False\nMail_From_reject = False\nPermError_reject = False\n` +
      `TempError_Defer = False\nHeader_Type = AR\nAuthserv_Id = ${authservId}\nskip_addresses = 192.0.2.255\n` +
      `InternalHosts = 192.0.2.255\nSocket = local:${socket}\nPidFile = ${folder}/pid\nUserID = root\nUMask = 000\n`;
  }, (command, configuration) => {
    return withResolver(join(configuration, "../resolv.conf"), [command, configuration]);
  });
}
