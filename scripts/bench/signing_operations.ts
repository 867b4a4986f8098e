/**
 * What the operations of a signature take by themselves: in a runtime, each way that `node:crypto` has, and in OpenSSL.
 *
 * A program too, which a benchmark runs with Bun: it prints the figures of the runtime as JSON.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createHash, createSign, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bunPath } from "../bun_path.ts";
import { median } from "./results.ts";

/** Milliseconds of processor time an operation. */
export interface SigningOperations {
  readonly rsa: number;
  readonly ed25519: number;
}

/** Those of the ways to sign with RSA that `node:crypto` has, too. */
export interface RuntimeOperations extends SigningOperations {
  readonly createSign: number;
  readonly asynchronous: number;
}

/** About the size of the canonical header that is signed. */
const DATA = new Uint8Array(700);
const ROUNDS = 9;

/** Measures this process. */
async function measureRuntime(): Promise<RuntimeOperations> {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ed25519 = generateKeyPairSync("ed25519").privateKey;
  const signLater = promisify(sign) as (
    hash: string,
    data: Uint8Array,
    key: KeyObject,
  ) => Promise<Uint8Array>;
  return {
    rsa: await cpuOf(100, () => sign("sha256", DATA, rsa)),
    createSign: await cpuOf(100, () => createSign("sha256").update(DATA).sign(rsa)),
    asynchronous: await cpuOf(100, () => signLater("sha256", DATA, rsa)),
    ed25519: await cpuOf(1000, () => sign(null, createHash("sha256").update(DATA).digest(), ed25519)),
  };
}

async function cpuOf(count: number, operation: () => unknown): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) await operation();
    const { user, system } = process.cpuUsage(before);
    // The first one warms up.
    if (round > 0) rounds.push((user + system) / 1000 / count);
  }
  return median(rounds) ?? NaN;
}

/** Measures Bun, on which the executable runs. */
export function bunOperations(): RuntimeOperations {
  return JSON.parse(output(bunPath(), [fileURLToPath(import.meta.url)]));
}

/** Measures the system's OpenSSL, which opendkim uses. */
export function opensslOperations(): SigningOperations {
  const lines = output("openssl", ["speed", "-mr", "-seconds", "2", "rsa2048", "ed25519"]);
  // Operations a second of processor time.
  const rate = (pattern: RegExp) => Number(pattern.exec(lines)?.[1]);
  return {
    rsa: 1000 / rate(/^\+F2:\d+:2048:([\d.]+)/m),
    ed25519: 1000 / rate(/^\+F6:\d+:253:[^:]*:([\d.]+)/m),
  };
}

function output(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run ${program}: ${error?.message ?? stderr}`);
  return stdout;
}

if (import.meta.main) console.log(JSON.stringify(await measureRuntime()));
