/**
 * A chain of scripted filters on Milterkit's public API alone. It is the counterpart of refmilter, a single filter on C
 * libmilter, and uses the same scripts and log format.
 *
 *     scripted_filter -p ADDR [--mta auto|postfix|sendmail] -n NAME -s SCRIPT -l LOG [-n NAME -s SCRIPT -l LOG ...]
 *
 * ADDR is `unix:/path` or `inet:port@host`. Prints `listening ADDR` to standard output once it listens. SIGTERM ends it
 * when no message is open; a second SIGTERM ends it at once. Exit codes follow sysexits(3).
 */

import process from "node:process";
import { AddressError, parseAddress, serve } from "../../mod.ts";
import { type Arguments, parseArguments, USAGE, UsageError } from "./scripted/arguments.ts";
import { scriptedFilter } from "./scripted/filter.ts";
import { Log } from "./scripted/log.ts";

const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;
const EX_CANTCREAT = 73;

/** How long a callback may take, in milliseconds: the longest that there is, since the script says how long it sleeps. */
const PATIENCE = 600_000;

main(process.argv.slice(2)).then((code) => process.exit(code));

async function main(words: readonly string[]): Promise<number> {
  let settings: Arguments;
  try {
    settings = parseArguments(words);
    settings.addresses.forEach(parseAddress);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof AddressError)) throw error;
    complain(`${error.message}\n${USAGE}`);
    return EX_USAGE;
  }
  const { addresses, mta, filters } = settings;
  const scripted: { name: string; scriptPath: string; log: Log }[] = [];
  try {
    for (const { name, scriptPath, logPath } of filters) {
      scripted.push({ name, scriptPath, log: new Log(logPath, name) });
    }
  } catch (error) {
    complain((error as Error).message);
    return EX_CANTCREAT;
  }
  try {
    const server = await serve({
      listen: addresses,
      mode: 0o666,
      mta,
      timeouts: { callback: PATIENCE, message: PATIENCE },
      filters: scripted.map((filter) => scriptedFilter({ ...filter, mta, warn: complain })),
    });
    let stopping = false;
    process.on("SIGTERM", () => {
      void (stopping ? server.abort() : server.stop(0));
      stopping = true;
    });
    for (const address of server.addresses) process.stdout.write(`listening ${address}\n`);
    await server.finished;
    return 0;
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    complain(error.message);
    return EX_UNAVAILABLE;
  } finally {
    for (const { log } of scripted) log.close();
  }
}

function complain(text: string): void {
  process.stderr.write(`scripted_filter: ${text}\n`);
}
