/** What the private mail servers have in common. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Daemon, sleep } from "./process.ts";
import { NextHop } from "./next_hop.ts";

/** A running mail server. */
export interface MailServer {
  /** Its SMTP port on 127.0.0.1. */
  readonly port: number;
  /** Where it delivers everything to. */
  readonly nextHop: NextHop;
  /** Everything it has logged, also after it was stopped. */
  logs(): Promise<string>;
  /** Ends all its processes and removes its folder. */
  stop(): Promise<void>;
}

/**
 * The value for a test's `skip`. The reason is printed, since neither Deno nor Bun shows it, or written
 * to the file that MILTERKIT_SKIPS names. If MILTERKIT_NO_SKIPS is set in the environment, it throws instead.
 */
export function skipFor(problem: string | undefined): string | undefined {
  if (problem && process.env.MILTERKIT_NO_SKIPS) throw new Error(`a test cannot run: ${problem}`);
  const file = process.env.MILTERKIT_SKIPS;
  if (problem && file) appendFileSync(file, `${problem}\n`);
  else if (problem) console.log(`tests are skipped: ${problem}`);
  return problem;
}

/** The name by which the private servers call themselves. */
export const HOST_NAME = "mx.example.test";

/** The servers refuse this recipient by policy (550 5.7.1), and it as a sender too. */
export const REFUSED_RECIPIENT = "denied@example.test";

/** The servers know no such user (550 5.1.1). */
export const UNKNOWN_RECIPIENT = "nouser@example.test";

/** A new folder that an MTA's unprivileged processes can get through. */
export function newFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o755);
  return folder;
}

/** Creates a folder that everyone can read and only this user can write to, independent of the umask. */
export function makeFolder(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o755);
}

/** Writes a file that everyone can read and only this user can write to, independent of the umask. */
export function writeShared(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o644);
}

/** The texts of those of these files that exist. */
export function readLogs(...files: string[]): string {
  return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8")).join("");
}

/**
 * Waits until a line of the log matches. A connection to the port would tell the same, but the filters
 * would see it as a session.
 */
export async function waitForLog(
  daemon: Daemon,
  read: () => string,
  ready: RegExp,
  timeoutMs: number,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!ready.test(read())) {
    if (!daemon.running()) throw new Error(`${await daemon.ended} before it was ready:\n${read()}`);
    if (Date.now() > end) throw new Error(`not ready in ${timeoutMs} ms:\n${read()}`);
    await sleep(20);
  }
}

/** Another process may take a free port before the server does: then a new one is tried. */
export async function retryPort<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 3 || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

/**
 * Starts a server in a folder of its own, with a next hop of its own; again where its port was taken meanwhile.
 *
 * @param name what errors call it
 * @param start makes the server; the folder goes if it fails
 */
export async function startPrivately<T>(
  name: string,
  start: (folder: string, nextHop: NextHop) => Promise<T>,
): Promise<T> {
  const nextHop = await NextHop.start();
  try {
    return await retryPort(async () => {
      const folder = newFolder(`milterkit-${name.toLowerCase()}-`);
      try {
        return await start(folder, nextHop);
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        throw new Error(`${name}: ${(error as Error).message}`);
      }
    });
  } catch (error) {
    await nextHop.stop();
    throw error;
  }
}
