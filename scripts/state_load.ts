/**
 * One process of the measurements of `state_bench.ts`: fills a file, or is a worker that asks a keeper.
 *
 *     bun scripts/state_load.ts fill FILE KEYS AGE       entries of a life of an hour, made AGE milliseconds ago
 *     bun scripts/state_load.ts ask SOCKET KEYS COUNT    takes and look-ups, one after the other
 *     bun scripts/state_load.ts load SOCKET KEYS RATE MS takes at a rate
 *     bun scripts/state_load.ts idle MS                  nothing, to see how long this machine holds up a process
 *
 * Prints what it measured as JSON.
 *
 * @module
 */

import process from "node:process";
import { KeeperClient } from "../lib/store/keeper/client.ts";
import { fullKey } from "../lib/store/namespace.ts";
import { SqliteStore } from "../lib/store/sqlite/sqlite_store.ts";
import type { StoreCall } from "../lib/store/calls.ts";

const RATE = { count: 100, per: 3_600_000, burst: 100 };
/** How often the event loop is looked at, in milliseconds. */
const TICK = 1;

/** What a process measured. Times in milliseconds. */
export interface Measured {
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Processor time of a call, in microseconds. */
  readonly cpu: number;
  /** How long the event loop was held up: the longest time beyond a tick, and how often it was above 5 ms. */
  readonly loop: { readonly longest: number; readonly above5: number };
}

/** Keys in an order that jumps about. */
const keyOf = (i: number) =>
  fullKey("rate-limit", "logins", `user${(i * 2_654_435_761) % 4_294_967_296}@example.org`);

class LoopWatch {
  longest = 0;
  above5 = 0;
  #last = performance.now();
  readonly #timer = setInterval(() => {
    const now = performance.now();
    const late = now - this.#last - TICK;
    this.#last = now;
    this.longest = Math.max(this.longest, late);
    if (late > 5) this.above5++;
  }, TICK);

  stop(): Measured["loop"] {
    clearInterval(this.#timer);
    return { longest: this.longest, above5: this.above5 };
  }
}

function measured(times: number[], cpu: NodeJS.CpuUsage, loop: Measured["loop"]): Measured {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    calls: times.length,
    p50: at(0.5),
    p99: at(0.99),
    longest: at(1),
    cpu: (cpu.user + cpu.system) / Math.max(1, times.length),
    loop,
  };
}

async function fill(file: string, keys: number, age: number): Promise<unknown> {
  const store = SqliteStore.open(file, { today: () => Date.now() - age });
  const start = performance.now();
  for (let i = 0; i < keys; i += 1000) {
    const calls = Array.from(
      { length: Math.min(1000, keys - i) },
      (_, j): StoreCall => ["take", keyOf(i + j), RATE, 99],
    );
    await store.carryOut(calls);
  }
  await store.close();
  return { seconds: (performance.now() - start) / 1000 };
}

async function ask(socket: string, keys: number, count: number): Promise<unknown> {
  const client = new KeeperClient(socket, socket);
  const results: Record<string, Measured> = {};
  const kinds = { "look-up": 0, take: 1 };
  for (const [name, amount] of Object.entries(kinds)) {
    for (let i = 0; i < 2000; i++) await client.take(keyOf(i), RATE, amount);
    const times: number[] = [];
    const watch = new LoopWatch();
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      await client.take(keyOf((i * 7919) % keys), RATE, amount);
      times.push(performance.now() - start);
    }
    results[name] = measured(times, process.cpuUsage(before), watch.stop());
  }
  await client.close();
  return results;
}

async function load(socket: string, keys: number, rate: number, milliseconds: number): Promise<unknown> {
  const client = new KeeperClient(socket, socket);
  await client.take(keyOf(0), RATE);
  const times: number[] = [];
  const watch = new LoopWatch();
  const before = process.cpuUsage();
  const begin = performance.now();
  const pending = new Set<Promise<void>>();
  let sent = 0;
  while (performance.now() - begin < milliseconds) {
    const due = Math.floor((performance.now() - begin) * rate / 1000);
    for (; sent < due; sent++) {
      const start = performance.now();
      const key = keyOf((sent * 104_729 + process.pid) % keys);
      const call: Promise<void> = client.take(key, RATE).then(() => {
        times.push(performance.now() - start);
        pending.delete(call);
      });
      pending.add(call);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  const result = measured(times, process.cpuUsage(before), watch.stop());
  await client.close();
  return result;
}

async function idle(milliseconds: number): Promise<unknown> {
  const watch = new LoopWatch();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return watch.stop();
}

const [mode, place = "", ...numbers] = process.argv.slice(2);
const [a = 0, b = 0, c = 0] = numbers.map(Number);
const modes: Record<string, () => Promise<unknown>> = {
  fill: () => fill(place, a, b),
  ask: () => ask(place, a, b),
  load: () => load(place, a, b, c),
  idle: () => idle(Number(place)),
};
process.stdout.write(`${JSON.stringify(await modes[mode ?? ""]!())}\n`);
process.exit(0);
