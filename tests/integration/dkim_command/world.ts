// A new user's world: an empty folder, a name server whose zone they write, and the executable.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Nsd, startNsd, startNsdForSystem, zoneHead } from "../../dns/nsd.ts";
import { newFolder } from "../../support/instance.ts";
import { milterkitBinary, runMilterkit } from "../../support/milterkit.ts";
import { withResolver } from "../../support/own_resolver.ts";
import { type CommandResult, run } from "../../support/process.ts";

export const DOMAIN = "example.org";

export const MESSAGE = [
  "From: Joe <joe@example.org>",
  "To: ann@example.net",
  "Subject: a  folded",
  "\tsubject",
  "Date: Mon, 30 Nov 2026 04:00:00 +0000",
  "Message-ID: <1@example.org>",
  "",
  "Hello,",
  "  there \t",
  "",
  "",
].join("\r\n");

export class World {
  readonly folder: string = newFolder("milterkit-dkim-command-");
  readonly keys: string = join(this.folder, "keys");
  /** At port 53 of an address of its own, for programs that take no port. */
  #server: Nsd | undefined;

  /** Writes a file and returns its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Serves a zone for the domain that has these lines: what was there before goes. */
  async publish(lines: string): Promise<void> {
    const zones = { [DOMAIN]: zoneHead(DOMAIN, 5) + lines };
    const server = this.#server;
    if (server === undefined) {
      this.#server = await startNsdForSystem(zones);
      return;
    }
    await server.stop();
    this.#server = await startNsd(zones, 53, server.host);
  }

  get host(): string {
    if (this.#server === undefined) throw new Error("publish something first");
    return this.#server.host;
  }

  /** Runs an action. */
  dkim(...args: string[]): Promise<CommandResult> {
    return runMilterkit(["dkim", ...args]);
  }

  /** Runs an action that asks the name server. */
  asks(...args: string[]): Promise<CommandResult> {
    return this.dkim(...args, "--dns-server", this.host);
  }

  /** Signs a file with the keys that sign now, and returns the path of the result. */
  async signed(file: string, ...args: string[]): Promise<string> {
    const path = `${file}.signed`;
    const command = `"$1" dkim sign --keys "$2" "$3" ${args.join(" ")} > "$4"`;
    const { code, stderr } = await run(["sh", "-c", command, "sh", milterkitBinary(), this.keys, file, path]);
    if (code !== 0) throw new Error(stderr);
    return path;
  }

  /** Runs a program of others, whose resolver asks the name server. */
  other(argv: readonly [string, ...string[]], input?: string): Promise<CommandResult> {
    const resolver = this.file("resolv.conf", `nameserver ${this.host}\n`);
    return run(withResolver(resolver, argv), input === undefined ? {} : { input: readFileSync(input) });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
