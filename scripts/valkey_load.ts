/**
 * Calls a store in a Valkey server as fast as it answers, and prints what each call costs this process.
 *
 *     bun scripts/valkey_load.ts ADDRESS   (or deno run -A)
 *
 * The output is JSON: for each way to call, the microseconds of a call, and the processor time of it.
 *
 * @module
 */

import { connect } from "node:net";
import process from "node:process";
import { parseStateAddress, type ValkeyAddress } from "../lib/store/state_address.ts";
import { ValkeyStore } from "../lib/store/valkey/valkey_store.ts";

/** What calls of one kind cost, in microseconds each. */
export interface ValkeyCost {
  readonly call: string;
  /** How many calls wait at the same time. */
  readonly atOnce: number;
  readonly elapsed: number;
  readonly cpu: number;
}

const CALLS = 20_000;
const HOUR = 3_600_000;
const KEYS = 1000;

if (import.meta.main) {
  const address = parseStateAddress(process.argv[2] ?? "");
  if (address.kind !== "valkey") throw new Error("want the address of a Valkey server");
  const store = new ValkeyStore(address, { timeout: 10_000 });
  const rate = { count: 100, per: HOUR };
  const calls: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    take: (key) => store.take(`rate ${key}`, rate),
    seen: (key) => store.seen(`sighting ${key}`, HOUR),
    set: (key) => store.set(`text ${key}`, "text", HOUR),
    get: (key) => store.get(`text ${key}`),
  };
  const socket = await plainSocket(address);
  const costs: ValkeyCost[] = [{ call: "nothing but a socket", atOnce: 1, ...await measured(socket.ask, 1) }];
  socket.end();
  for (const [name, call] of Object.entries(calls)) {
    await repeated(call, CALLS / 10, 50);
    for (const atOnce of [1, 50]) costs.push({ call: name, atOnce, ...await measured(call, atOnce) });
  }
  await store.close();
  console.log(JSON.stringify(costs));
}

/** Sends PING and waits for bytes, for comparison: what no client can save. */
async function plainSocket(
  { endpoint }: ValkeyAddress,
): Promise<{ ask: () => Promise<unknown>; end: () => void }> {
  const socket = connect(endpoint.kind === "unix" ? { path: endpoint.path } : endpoint);
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.setNoDelay(true);
  let heard = (): void => {};
  socket.on("data", () => heard());
  const ping = new TextEncoder().encode("*1\r\n$4\r\nPING\r\n");
  const ask = () =>
    new Promise<void>((resolve) => {
      heard = resolve;
      socket.write(ping);
    });
  for (let i = 0; i < CALLS / 10; i++) await ask();
  return { ask, end: () => void socket.destroy() };
}

async function measured(
  call: (key: string) => Promise<unknown>,
  atOnce: number,
): Promise<{ elapsed: number; cpu: number }> {
  const before = process.cpuUsage();
  const start = performance.now();
  await repeated(call, CALLS, atOnce);
  const elapsed = (performance.now() - start) * 1000 / CALLS;
  const { user, system } = process.cpuUsage(before);
  return { elapsed, cpu: (user + system) / CALLS };
}

async function repeated(
  call: (key: string) => Promise<unknown>,
  count: number,
  atOnce: number,
): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) await call(String(next++ % KEYS));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
