/**
 * The short benchmark, for before and after a change: the main workloads against C libmilter in the same rounds, and the
 * memory of idle connections. Prints ratios and writes nothing but what `--save` names.
 *
 *     deno task bench:quick [--save FILE] [--against FILE]
 *
 * It measures with the same code, programs and limits as `deno task bench`, in less time: its figures vary more, and lie higher, as
 * compilers are still at work.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { BenchRun, tell } from "./bench.ts";
import { CannotRun } from "./failure.ts";
import { exitCodeOf, inFolder } from "./folder.ts";
import { MemorySection } from "./memory_section.ts";
import { MessagesSection } from "./messages_section.ts";
import { HELP, type QuickOptions, quickOptions, readQuickOptions } from "./quick_options.ts";
import { comparison, parseRun, type QuickRow, savedRun } from "./quick_table.ts";
import { isMet } from "./results.ts";
import { makeRig } from "./rig.ts";
import { SERVERS } from "./servers.ts";
import { HELD_LIMITS } from "./workloads.ts";

/** Of those with limits of memory, after work, which is how services are for most of their time. */
const HELD = SERVERS.filter((server) => server.memoryLimits)
  .map((server) => ({ server, state: "worked" }) as const);

process.exit(
  await exitCodeOf(async () => {
    const options = readQuickOptions(process.argv.slice(2));
    if (options) return await inFolder((folder) => quick(options, folder));
    process.stdout.write(HELP);
    return 0;
  }),
);

async function quick({ save, against, check }: QuickOptions, folder: string): Promise<number> {
  // Read first, so that a wrong path costs no time.
  const earlier = against === undefined ? undefined : parseRun(read(against), against);
  const started = performance.now();
  const options = quickOptions();
  tell("Building the programs ...");
  const rig = await makeRig(options, folder);
  for (const note of rig.notes) tell(note);
  const run = new BenchRun(options, rig, { progress: false });
  const messages = new MessagesSection(
    run,
    // Deno's figures follow the compiled filter's but for a large body.
    ({ name }, server) => server.name !== "deno" || name === "body1m",
  );
  const memory = new MemorySection(run, HELD);
  try {
    for (let round = 1; round <= options.rounds; round++) {
      tell(`Round ${round} of ${options.rounds} ...`);
      await messages.measureRound(round);
    }
  } finally {
    await messages.close();
  }
  await memory.measureRound(1);
  const rows = [...rowsOf(messages), ...memoryRows(memory)];
  process.stdout.write(`\n${comparison(rows, earlier)}\n`);
  tell(`\n${((performance.now() - started) / 1000).toFixed(0)} s.`);
  for (const failure of run.failures) tell(`FAILED: ${failure}`);
  if (save !== undefined) write(save, savedRun(rows));
  const kept = rows.every(({ figure, limit }) => limit === undefined || isMet({ what: "", figure, limit }));
  return run.failures.length > 0 || (check && !kept) ? 1 : 0;
}

/** The ratios to the reference. */
function rowsOf(messages: MessagesSection): QuickRow[] {
  return messages.ratioRows("unix").flatMap(({ name, ratios }) =>
    ratios.map(({ server, ratio, rounds, limit }) => ({
      name: server === "deno" ? `${name} on Deno` : name,
      figure: ratio,
      rounds,
      limit,
    }))
  );
}

function memoryRows(memory: MemorySection): QuickRow[] {
  return HELD.flatMap((row) => {
    const { held, idleMb, moreMb, kbPerConnection } = memory.figures(row);
    const one = (name: string, figure?: number, limit?: number): QuickRow[] =>
      figure === undefined ? [] : [{ name, figure, rounds: [figure], limit }];
    return [
      ...one("MB idle", idleMb),
      ...one(`MB more for ${held} connections`, moreMb, HELD_LIMITS.moreMb),
      ...one("kB per connection", kbPerConnection, HELD_LIMITS.kbPerConnection),
    ];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CannotRun(`--against ${path}: cannot read it: ${(error as Error).message}`);
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CannotRun(`--save ${path}: cannot write it: ${(error as Error).message}`);
  }
}
