/**
 * Filters that check signatures or sign, started for a benchmark, and the message that they are given.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Message, signMessage, type TestKey } from "../../tests/auth/dkim/support.ts";
import type { Argv } from "../../tests/support/process.ts";
import { bunPath } from "../bun_path.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The client that a load plays. */
const CLIENT = "192.0.2.1";
const LINE = "The quick brown fox jumps over the lazy dog, then rests a while.\r\n";

/** A running filter. */
export interface BenchFilter {
  readonly name: string;
  readonly pid: number;
  readonly socket: string;
  stop(): Promise<void>;
}

/** What is measured: the executable, or the sources. */
export interface MilterkitProgram {
  readonly binary: string;
  readonly runtime?: string | undefined;
}

/**
 * Starts Milterkit with one filter that asks DNS.
 *
 * @param folder where its socket is
 * @param dns the name server
 */
export function startMilterkit(
  filter: string,
  { binary, runtime }: MilterkitProgram,
  folder: string,
  dns: string,
): Promise<BenchFilter> {
  const socket = join(folder, `${filter}.sock`);
  const program: Argv = runtime === "deno"
    ? [process.execPath, "run", "-A", join(root, "cli/main.ts")]
    : runtime === "bun"
    ? [bunPath(), join(root, "cli/main.ts")]
    : [binary];
  return startBenchFilter(filter, [
    ...program,
    ...["serve", "--listen", `unix:${socket}`, "--log-level", "error"],
    ...["--filter", filter, "--dns-server", dns, "--authserv-id", "mx.example.test"],
  ], socket);
}

/**
 * Starts Debian's opendkim to verify.
 *
 * @param folder where its files are
 * @param dnsPort the port of the name server on 127.0.0.1
 */
export function startOpendkim(folder: string, dnsPort: number): Promise<BenchFilter> {
  const socket = join(folder, "opendkim.sock");
  const unbound = join(folder, "unbound.conf");
  writeFileSync(
    unbound,
    `server:\n  do-not-query-localhost: no\n  module-config: "iterator"\nforward-zone:\n  name: "."\n` +
      `  forward-addr: 127.0.0.1@${dnsPort}\n`,
  );
  const command = opendkimToVerify(
    folder,
    `local:${socket}`,
    `ResolverConfiguration ${unbound}`,
    "mx.example.test",
  );
  return startBenchFilter("opendkim", command, socket);
}

/**
 * The command that starts Debian's opendkim to verify.
 *
 * @param folder where its files are
 * @param socket where it listens, in Sendmail's notation
 * @param dns the line of its configuration that names the name server. `ResolverConfiguration` allows one connection only:
 *   opendkim reads that file for each, and not with several threads at once
 * @param authservId the id of its results
 */
export function opendkimToVerify(folder: string, socket: string, dns: string, authservId: string): Argv {
  const conf = join(folder, "opendkim.conf");
  writeFileSync(
    conf,
    `Mode v\nSocket ${socket}\nBackground no\nSyslog no\nAuthservID ${authservId}\nAlwaysAddARHeader yes\n` +
      `${dns}\nPidFile ${join(folder, "opendkim.pid")}\n`,
  );
  return ["/usr/sbin/opendkim", "-f", "-x", conf];
}

/**
 * The command that starts Debian's opendkim to sign for the client of a benchmark.
 *
 * @param folder where its files are
 * @param socket where it listens, in Sendmail's notation
 * @param key its RSA key: the domain, the file, the selector
 */
export function opendkimToSign(
  folder: string,
  socket: string,
  key: { readonly domain: string; readonly file: string; readonly selector: string },
): Argv {
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, `${CLIENT}\n`);
  const conf = join(folder, "opendkim.conf");
  writeFileSync(
    conf,
    `Mode s\nSocket ${socket}\nBackground no\nSyslog no\nPidFile ${join(folder, "opendkim.pid")}\n` +
      `Domain ${key.domain}\nSelector ${key.selector}\nKeyFile ${key.file}\nInternalHosts ${hosts}\n` +
      // Keys below /tmp are not safe for it.
      `Canonicalization relaxed/relaxed\nOversignHeaders From\nRequireSafeKeys no\n`,
  );
  return ["/usr/sbin/opendkim", "-f", "-x", conf];
}

/**
 * Starts a filter and waits until its socket is there.
 *
 * @param name what the figures call it
 * @param command the program and its arguments
 * @param socket the path of its socket
 * @param logFile where its standard error goes; with this script's own if left out
 */
export async function startBenchFilter(
  name: string,
  [program, ...args]: Argv,
  socket: string,
  logFile?: string,
): Promise<BenchFilter> {
  rmSync(socket, { force: true });
  const log = logFile === undefined ? undefined : openSync(logFile, "a");
  const child = spawn(program, args, { stdio: ["ignore", "inherit", log ?? "inherit"] });
  if (log !== undefined) closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${program}`);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  for (let waited = 0; !existsSync(socket); waited += 20) {
    if (waited > 20_000 || child.exitCode !== null) throw new Error(`${name} does not listen`);
    await sleep(20);
  }
  await sleep(200);
  return {
    name,
    pid,
    socket,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * A message to sign.
 *
 * @param author the domain of From
 * @param size the bytes of its body, at least
 */
export function unsignedMessage(author: string, size: number): Message {
  return {
    headers: [
      ["Received", " from a.example by b.example;\r\n\tMon, 6 Oct 2025 10:00:00 +0000"],
      ["Received", " from c.example by a.example;\r\n\tMon, 6 Oct 2025 10:00:00 +0000"],
      ["From", ` Someone <someone@${author}>`],
      ["To", " Other <other@example.test>"],
      ["Subject", " a message of some size"],
      ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
      ["Message-ID", " <1234567890@example.org>"],
      ["MIME-Version", " 1.0"],
      ["Content-Type", " text/plain; charset=utf-8"],
    ],
    body: LINE.repeat(Math.ceil(size / LINE.length)),
  };
}

/**
 * A signed message.
 *
 * @param domain that of the signature
 * @param author that of From
 * @param size the bytes of its body, at least
 */
export function signedMessage(key: TestKey, domain: string, author: string, size: number): Message {
  const tags = { d: domain, h: "from:to:subject:date:message-id:mime-version:content-type" };
  return signMessage(unsignedMessage(author, size), { key, tags });
}
