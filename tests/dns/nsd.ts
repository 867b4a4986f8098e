// A private NSD (Debian: nsd) on the loopback, with a configuration and zones of its own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/ports.ts";
import { findCommand, startDaemon, SYSTEM_PATH } from "../support/process.ts";
import { retryPort, waitForLog } from "../support/instance.ts";

/** A running name server. */
export interface Nsd {
  /** As `--dns-server` takes it. */
  readonly address: string;
  /** The IPv4 address at which it listens. */
  readonly host: string;
  /** Where it listens there, over UDP and TCP. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Why NSD cannot be run here, or undefined if it can. */
export function nsdProblem(): string | undefined {
  return findCommand("nsd") ? undefined : "needs nsd (Debian: nsd)";
}

/**
 * Starts one which answers for these zones.
 *
 * @param zones the text of each zone file by the zone's name
 * @param wantedPort where to listen; any free port if left out
 * @param host the loopback address to listen at
 */
export function startNsd(
  zones: Readonly<Record<string, string>>,
  wantedPort?: number,
  host: string = "127.0.0.1",
): Promise<Nsd> {
  return retryPort(async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-nsd-"));
    const port = wantedPort ?? await freePort();
    const logFile = join(folder, "log");
    writeFileSync(join(folder, "nsd.conf"), configuration(folder, host, port, Object.keys(zones)));
    for (const [zone, text] of Object.entries(zones)) writeFileSync(join(folder, `${zone}.zone`), text);
    const argv = [findCommand("nsd") ?? "nsd", "-d", "-c", join(folder, "nsd.conf")] as const;
    const daemon = startDaemon(argv, { PATH: SYSTEM_PATH, LC_ALL: "C" }, logFile);
    const stop = async () => {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      await waitForLog(daemon, () => readFileSync(logFile, "utf8"), /nsd started/, 20_000);
    } catch (error) {
      await stop();
      throw error;
    }
    return { address: `${host}:${port}`, host, port, stop };
  });
}

/**
 * Starts one at port 53, the only one for a resolv.conf, of an address in 127/8 that hardly anybody else uses. It needs root.
 *
 * @param zones as for {@link startNsd}
 */
export function startNsdForSystem(zones: Readonly<Record<string, string>>): Promise<Nsd> {
  return retryPort(() => {
    const host = ["127", ...[1, 2, 3].map(() => 1 + Math.floor(Math.random() * 250))].join(".");
    return startNsd(zones, 53, host);
  });
}

/** The head of a zone file: serial, name server, and how long an absence may be kept. */
export function zoneHead(zone: string, ttl: number = 60): string {
  return `$ORIGIN ${zone}.
$TTL ${ttl}
@ IN SOA ns admin 1 3600 600 86400 ${ttl}
@ IN NS ns
ns IN A 127.0.0.1
`;
}

/** A TXT record whose text is cut into strings of at most 255 characters. */
export function txtLine(name: string, text: string, size: number = 255): string {
  const strings = text.match(new RegExp(`.{1,${size}}`, "g")) ?? [""];
  return `${name} IN TXT ${strings.map((string) => `"${string.replace(/["\\]/g, "\\$&")}"`).join(" ")}\n`;
}

function configuration(folder: string, host: string, port: number, zones: readonly string[]): string {
  return `server:
  ip-address: ${host}@${port}
  username: ""
  chroot: ""
  server-count: 1
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  verbosity: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map((zone) => `zone:\n  name: "${zone}"\n  zonefile: "${zone}.zone"\n`).join("")}`;
}
