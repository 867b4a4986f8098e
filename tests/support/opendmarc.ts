/** A private opendmarc (Debian: opendmarc) with its own name server. */
import { join } from "node:path";
import { type Nsd, nsdProblem, startNsdForSystem, zoneHead } from "../dns/nsd.ts";
import { writeShared } from "./instance.ts";
import { resolverProblem, withResolver } from "./own_resolver.ts";
import { type MilterDaemon, startMilterDaemon } from "./milter_daemon.ts";
import { findCommand } from "./process.ts";

/** The domain whose mail opendmarc refuses unless a result that it trusts says that it is signed. */
export const GUARDED_DOMAIN = "bank.example";

const GUARDED_ZONES = {
  [GUARDED_DOMAIN]: `${zoneHead(GUARDED_DOMAIN)}_dmarc IN TXT "v=DMARC1; p=reject"\n`,
};

/** Why opendmarc cannot be run here, or undefined if it can. */
export async function opendmarcProblem(): Promise<string | undefined> {
  if (!findCommand("opendmarc")) return "needs opendmarc (Debian: opendmarc)";
  const problem = nsdProblem();
  if (problem) return problem;
  return await resolverProblem("opendmarc");
}

/** A running opendmarc. */
export interface Opendmarc extends MilterDaemon {
  /** The server that it asks. */
  readonly nameServer: Nsd;
}

/** Settings for {@link startOpendmarc}. */
export interface OpendmarcOptions {
  /** Those of its name server; if left out, that of the guarded domain. */
  readonly zones?: Readonly<Record<string, string>>;
  /** More lines of its configuration. */
  readonly settings?: readonly string[];
}

/**
 * Starts one that refuses mail as policies say, and trusts results of this authserv-id alone.
 *
 * @param authservId the id, also of its own results
 */
export async function startOpendmarc(
  authservId: string,
  { zones = GUARDED_ZONES, settings = [] }: OpendmarcOptions = {},
): Promise<Opendmarc> {
  const nameServer = await startNsdForSystem(zones);
  try {
    const { address, stop } = await startMilterDaemon("opendmarc", (folder, socket) => {
      writeShared(join(folder, "resolv.conf"), `nameserver ${nameServer.host}\n`);
      // It leaves clients at 127.0.0.1 alone unless it is told of others.
      writeShared(join(folder, "ignored"), "192.0.2.255\n");
      return `AuthservID ${authservId}\nTrustedAuthservIDs ${authservId}\nIgnoreHosts ${folder}/ignored\n` +
        `RejectFailures true\nSyslog false\nUMask 0000\nSocket local:${socket}\nPidFile ${folder}/pid\n` +
        settings.map((line) => `${line}\n`).join("");
    }, (command, configuration) => {
      return withResolver(join(configuration, "../resolv.conf"), [command, "-f", "-c", configuration]);
    });
    return {
      address,
      nameServer,
      async stop() {
        await stop();
        await nameServer.stop();
      },
    };
  } catch (error) {
    await nameServer.stop();
    throw error;
  }
}
