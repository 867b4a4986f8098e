/**
 * A chain of filters that are each a milter of its own: refmilter (C libmilter), asked by `--filter milter`. Called as
 * `tests/support/scripted_filter.ts` is, so that the same cases can be run with either:
 *
 *     gateway -p ADDR -n NAME -s SCRIPT -l LOG [-n NAME -s SCRIPT -l LOG ...]
 *
 * The compiled refmilter lies beside the scripts.
 */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { milter } from "../../filters/milter/milter.ts";
import { serve } from "../../lib/server/server.ts";
import { madeFilter } from "../support/made_filter.ts";
import { parseArguments } from "../support/scripted/arguments.ts";

const { addresses, mta, filters } = parseArguments(process.argv.slice(2));

const sockets = await Promise.all(filters.map(async ({ name, scriptPath, logPath }) => {
  const socket = `${logPath}.sock`;
  const program = join(dirname(scriptPath), "refmilter");
  spawn(program, ["-p", `unix:${socket}`, "-n", name, "-s", scriptPath, "-l", logPath], { stdio: "inherit" });
  while (!existsSync(socket)) await sleep(5);
  return { name, socket };
}));
const server = await serve({
  listen: addresses,
  mode: 0o666,
  mta,
  filters: await Promise.all(
    sockets.map(({ name, socket }) => madeFilter(milter, [["address", `unix:${socket}`]], { name })),
  ),
  onEvent(event) {
    if (event.type === "filter-error") {
      process.stdout.write(`${event.filter} ${event.event}: ${event.error}\n`);
    }
  },
});
process.on("SIGTERM", () => process.exit(0));
for (const address of server.addresses) process.stdout.write(`listening ${address}\n`);
