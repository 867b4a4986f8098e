/**
 * The filters that hostile peers attack.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Argv, findCommand } from "../../tests/support/process.ts";

/** A filter, and how it is started. */
export interface Contestant {
  readonly name: string;
  /** What is measured, with its version. */
  readonly version: string;
  /** The command that serves at a port of 127.0.0.1. */
  command(port: number): Argv;
}

/**
 * All that can be had here.
 *
 * @param folder where what is made for them goes
 * @param binary our executable
 * @param missing told of those that cannot be had
 */
export function contestants(folder: string, binary: string, missing: (reason: string) => void): Contestant[] {
  const all: Contestant[] = [{
    name: "Milterkit",
    version: firstLine(binary, "--version"),
    command: (port) => [
      binary,
      ...["serve", "--listen", `inet:${port}@127.0.0.1`],
      ...["--filter", "size-limit", "--max", "25MB", "--filter", "header-rewrite", "--add", "X-Checked: {i}"],
    ],
  }];
  const noop = join(folder, "noop-libmilter");
  const source = fileURLToPath(new URL("../bench/noop-libmilter.c", import.meta.url));
  const built = spawnSync("gcc", ["-O2", "-o", noop, source, "-lmilter", "-lpthread"], { encoding: "utf8" });
  if (built.status === 0) {
    all.push({
      name: "C libmilter",
      version: `libmilter ${packageVersion("libmilter-dev")}, a filter that does nothing`,
      command: (port) => [noop, "-p", `inet:${port}@127.0.0.1`, "-a"],
    });
  } else missing("C libmilter is left out: it needs gcc and libmilter-dev (Debian)");
  const opendkim = findCommand("opendkim");
  if (opendkim) {
    const config = join(folder, "opendkim.conf");
    writeFileSync(config, "Mode v\nSyslog no\nBackground no\nNameservers 127.0.0.1\nDNSTimeout 1\n");
    all.push({
      name: "opendkim",
      version: `opendkim ${packageVersion("opendkim")}, verifying`,
      command: (port) => [opendkim, "-f", "-x", config, "-p", `inet:${port}@127.0.0.1`],
    });
  } else missing("opendkim is left out: it needs opendkim (Debian)");
  return all;
}

function packageVersion(name: string): string {
  return firstLine("dpkg-query", "--show", "--showformat", "${Version}", name);
}

function firstLine(program: string, ...args: string[]): string {
  const { stdout } = spawnSync(program, args, { encoding: "utf8" });
  return (stdout ?? "").trim().split("\n")[0] || "of an unknown version";
}
