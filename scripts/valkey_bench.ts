/**
 * Measures what a call of a store in a Valkey server costs our process: over TCP on loopback, on Bun and on Deno.
 *
 *     deno run -A scripts/valkey_bench.ts [--rounds 3]
 *
 * Needs valkey-server or redis-server; an idle machine gives steadier figures.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { present } from "../tests/support/present.ts";
import { type Argv, runOrThrow } from "../tests/support/process.ts";
import { redisProblem, startRedis } from "../tests/support/redis.ts";
import { findBun, findDeno } from "../tests/support/runtime.ts";
import { median } from "./bench/results.ts";
import type { ValkeyCost } from "./valkey_load.ts";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "3" } } });
const LOAD = fileURLToPath(new URL("valkey_load.ts", import.meta.url));
/** The most that a call may cost us, in microseconds of processor time. */
const MOST = 60;

const problem = redisProblem();
if (problem) throw new Error(problem);
const runtimes: readonly [name: string, command: Argv][] = [
  ["Bun", [present(findBun(), "Bun"), LOAD]],
  ["Deno", [present(findDeno(), "Deno"), "run", "--quiet", "-A", LOAD]],
];
const server = await startRedis();
try {
  console.log(
    "| | call | elapsed, one by one | elapsed, 50 at once | processor time, one by one | 50 at once |",
  );
  console.log("|---|---|--:|--:|--:|--:|");
  for (const [name, command] of runtimes) await measure(name, command);
} finally {
  await server.stop();
}

async function measure(name: string, command: Argv): Promise<void> {
  const rounds: ValkeyCost[][] = [];
  for (let i = 0; i < Number(options.rounds); i++) {
    rounds.push(JSON.parse(await runOrThrow([...command, `redis://127.0.0.1:${server.port}`])));
  }
  const costs = rounds.flat();
  const of = (call: string, atOnce: number, property: "elapsed" | "cpu"): number => {
    const found = costs.filter((cost) => cost.call === call && cost.atOnce === atOnce);
    return median(found.map((cost) => cost[property])) ?? NaN;
  };
  for (const call of new Set(costs.map((cost) => cost.call))) {
    const figures = [
      of(call, 1, "elapsed"),
      of(call, 50, "elapsed"),
      of(call, 1, "cpu"),
      of(call, 50, "cpu"),
    ];
    console.log(
      `| ${name} | ${call} | ${figures.map(shown).join(" | ")} |`,
    );
    if (of(call, 1, "cpu") > MOST) console.log(`(${call} costs more than ${MOST} µs)`);
  }
}

function shown(microseconds: number): string {
  return Number.isNaN(microseconds) ? "" : `${microseconds.toFixed(0)} µs`;
}
