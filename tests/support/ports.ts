/** Reserves ports for servers that cannot choose a free one themselves. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { lock } from "./lock.ts";
import { at } from "./present.ts";

/** Below the ports that systems give to clients and to servers that want any: Linux begins at 32768. */
const FIRST = 20_000;
const COUNT = 10_000;
/** The port that was given out last, to whichever process. */
const LAST = join(tmpdir(), `milterkit-last-port-${process.getuid?.() ?? ""}`);

/** A TCP port of 127.0.0.1 that is free, and that no other test is given for a long time. */
export async function freePort(): Promise<number> {
  return at(await freePorts(1), 0);
}

/** Several of them. */
export async function freePorts(count: number): Promise<number[]> {
  const unlock = await lock(`${LAST}.lock`);
  try {
    const ports: number[] = [];
    for (let tries = 0; tries < COUNT && ports.length < count; tries++) {
      const port = FIRST + (lastPort() + 1 - FIRST) % COUNT;
      writeFileSync(LAST, String(port));
      if (await isFree(port)) ports.push(port);
    }
    if (ports.length < count) throw new Error(`of ports ${FIRST} to ${FIRST + COUNT - 1} too few are free`);
    return ports;
  } finally {
    unlock();
  }
}

function lastPort(): number {
  try {
    return Number(readFileSync(LAST, "utf8")) || FIRST;
  } catch {
    // Elsewhere than whoever has another folder for temporary files begins.
    return FIRST + process.pid % COUNT;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
