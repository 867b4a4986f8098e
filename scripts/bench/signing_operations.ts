/**
 * What the operations of a signature take by themselves, in a runtime and in OpenSSL, and what the library takes with them.
 *
 * A program too, which a benchmark runs with Bun: it prints the figures of the runtime as JSON.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createSign, type KeyObject, sign } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type DkimPrivateKey, generateDkimKey } from "../../lib/auth/dkim/private_key.ts";
import { signBytes } from "../../lib/auth/dkim/sign_bytes.ts";
import { DkimSigner } from "../../lib/auth/dkim/signer.ts";
import type { DkimSigningKey } from "../../lib/auth/dkim/signing_options.ts";
import { bytes } from "../../tests/auth/dkim/support.ts";
import { at } from "../../tests/support/present.ts";
import { bunPath } from "../bun_path.ts";
import { unsignedMessage } from "./dkim_filters.ts";
import { median } from "./results.ts";

/** Milliseconds of processor time an operation. */
export interface SigningOperations {
  readonly rsa: number;
  readonly ed25519: number;
}

/** What the library takes for a message, with neither a filter nor a socket. */
export interface LibraryCosts extends SigningOperations {
  /** Both signatures. */
  readonly both: number;
  /** Both signatures against that of RSA and the operation of Ed25519: both operations and one pass over the message. */
  readonly ratio: number;
}

/** Those of a runtime. */
export interface RuntimeOperations extends SigningOperations {
  /** RSA by other ways that `node:crypto` has. */
  readonly createSign: number;
  readonly asynchronous: number;
  /** By the bytes of the body. */
  readonly library: Readonly<Record<number, LibraryCosts>>;
}

/** About the size of the canonical header that is signed. */
const DATA = new Uint8Array(700);
const ROUNDS = 9;
const CHUNK = 65_535;

/** Milliseconds an operation, in each round. */
type Rounds = readonly number[];

/** Measures this process. */
async function measureRuntime(sizes: readonly number[]): Promise<RuntimeOperations> {
  const rsa = (await generateDkimKey("rsa")).key;
  const ed25519 = (await generateDkimKey("ed25519")).key;
  const rsaKey = rsa.privateKey as KeyObject;
  const signLater = promisify(sign) as (
    hash: string,
    data: Uint8Array,
    key: KeyObject,
  ) => Promise<Uint8Array>;
  const operations = {
    rsa: () => signBytes(DATA, rsa),
    ed25519: () => signBytes(DATA, ed25519),
    createSign: () => createSign("sha256").update(DATA).sign(rsaKey),
    asynchronous: () => signLater("sha256", DATA, rsaKey),
  };
  const { rsa: rsaRounds, ...others } = await cpuOf(100, operations);
  const library: Record<number, LibraryCosts> = {};
  const signingKey = (key: DkimPrivateKey): DkimSigningKey => ({
    domain: "example.org",
    selector: key.type,
    key,
  });
  const keys = [signingKey(rsa), signingKey(ed25519)];
  for (const size of sizes) {
    const message = unsignedMessage("example.org", size);
    const fields = message.headers.map((field) => field.map(bytes));
    const body = bytes(message.body);
    const costs = await cpuOf(size > 100_000 ? 30 : 200, {
      operation: operations.ed25519,
      rsa: () => signed(fields, body, keys.slice(0, 1)),
      ed25519: () => signed(fields, body, keys.slice(1)),
      both: () => signed(fields, body, keys),
    });
    const ratios = costs.both.map((both, i) => both / (at(costs.rsa, i) + at(costs.operation, i)));
    library[size] = {
      rsa: middle(costs.rsa),
      ed25519: middle(costs.ed25519),
      both: middle(costs.both),
      ratio: middle(ratios),
    };
  }
  return {
    rsa: middle(rsaRounds),
    ed25519: middle(others.ed25519),
    createSign: middle(others.createSign),
    asynchronous: middle(others.asynchronous),
    library,
  };
}

function signed(fields: readonly Uint8Array[][], body: Uint8Array, keys: readonly DkimSigningKey[]): unknown {
  const signer = new DkimSigner(keys, { now: () => 1_760_000_000 });
  for (const field of fields) signer.header(at(field, 0), at(field, 1));
  signer.endOfHeaders();
  for (let start = 0; start < body.length; start += CHUNK) signer.body(body.subarray(start, start + CHUNK));
  return signer.finish();
}

/** Measures operations in turn, so that a machine that slows down affects all of them. */
async function cpuOf<Name extends string>(
  count: number,
  operations: Readonly<Record<Name, () => unknown>>,
): Promise<Record<Name, Rounds>> {
  const names = Object.keys(operations) as Name[];
  const rounds = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const before = process.cpuUsage();
      for (let i = 0; i < count; i++) await operations[name]();
      const { user, system } = process.cpuUsage(before);
      // The first one warms up.
      if (round > 0) rounds[name].push((user + system) / 1000 / count);
    }
  }
  return rounds;
}

function middle(rounds: Rounds): number {
  return median(rounds) ?? NaN;
}

/**
 * Measures Bun, on which the executable runs.
 *
 * @param sizes the bytes of the bodies that the library is measured with
 */
export function bunOperations(sizes: readonly number[]): RuntimeOperations {
  return JSON.parse(output(bunPath(), [fileURLToPath(import.meta.url), ...sizes.map(String)]));
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

if (import.meta.main) console.log(JSON.stringify(await measureRuntime(process.argv.slice(2).map(Number))));
