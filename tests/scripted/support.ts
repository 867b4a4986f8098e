import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import { type Served, served } from "../server/support.ts";
import { at } from "../support/present.ts";
import { scriptedFilter } from "../support/scripted/filter.ts";
import { Log } from "../support/scripted/log.ts";
import type { MtaChoice } from "../support/scripted/mta.ts";

/** Scripted filters in a test, served as one chain. */
export interface Scripted extends Served {
  /** The lines of a filter's log so far, as they are. */
  lines(filter?: number): string[];
  /** The same in short: event, arguments, operations, verdict. */
  summary(filter?: number): string[];
  /** Replaces a filter's script. */
  rewrite(script: string, filter?: number): void;
  /** What could not be made out in the scripts. */
  readonly warnings: string[];
}

/** Serves filters called A, B and so on that follow these scripts, while a test uses them. */
export async function scripted(
  scripts: readonly string[],
  use: (scripted: Scripted) => Promise<void>,
  mta: MtaChoice = "auto",
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-scripted-"));
  const warnings: string[] = [];
  const places = scripts.map((script, i) => {
    const name = at("ABC", i);
    const [scriptPath, logPath] = [join(folder, `${name}.script`), join(folder, `${name}.log`)];
    writeFileSync(scriptPath, script, "latin1");
    return { name, scriptPath, logPath, log: new Log(logPath, name) };
  });
  const rewrite = (script: string, filter = 0) =>
    writeFileSync(at(places, filter).scriptPath, script, "latin1");
  const filters = places.map(({ name, scriptPath, log }) =>
    scriptedFilter({ name, scriptPath, log, mta, warn: (text) => warnings.push(text) })
  );
  const lines = (filter = 0) => readFileSync(at(places, filter).logPath, "latin1").split("\n").slice(0, -1);
  const summary = (filter = 0) => lines(filter).map(inShort);
  try {
    await served(filters, (server) => use({ ...server, lines, summary, rewrite, warnings }), { mta });
  } finally {
    for (const { log } of places) log.close();
    rmSync(folder, { recursive: true });
  }
}

/** `rcpt <a@b> | setreply=0 | reject` */
export function inShort(line: string): string {
  const { ev, args = [], ops = [], ret = "" } = JSON.parse(line);
  return [
    [ev, ...args.map((hex: string) => Buffer.from(hex, "hex").toString("latin1"))].join(" "),
    ...ops.map(([name, result]: [string, number]) => `${name}=${result}`),
    ret,
  ].join(" | ");
}
