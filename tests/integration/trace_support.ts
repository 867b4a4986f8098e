// Starts milterkit trace and replay, and reads what they wrote.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Milterkit, runMilterkit } from "../support/milterkit.ts";
import { sleep } from "../support/process.ts";

export function serve(max: string): Promise<Milterkit> {
  const rewrite = ["--filter", "header-rewrite", "--add", "X-Checked: yes", "--remove", "X-Spam*"];
  const limit = ["--filter", "size-limit", "--max", max];
  return Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", ...limit, ...rewrite]);
}

export function trace(milter: string, ...more: string[]): Promise<Milterkit> {
  return Milterkit.start(["trace", "--listen", "inet:0@127.0.0.1", "--milter", milter, ...more]);
}

/** Ends a trace once all of its connections are closed; they are closed a moment after the MTA's SMTP session. */
export async function end(tracing: Milterkit, file: string, connections: number): Promise<void> {
  const closed = () => recordsOf(file).filter(({ type }) => type === "close").length;
  for (const until = Date.now() + 30_000; closed() < connections && Date.now() < until;) await sleep(20);
  tracing.signal("SIGINT");
  assert.deepEqual(await tracing.ended, { code: 0, signal: null }, tracing.log());
}

export interface Line {
  type: string;
  connection: number;
  from?: string;
  name?: string;
  bytes?: string;
  after?: number;
  answers?: string | null;
}

export function recordsOf(file: string): Line[] {
  // The last line may not be whole yet.
  return readFileSync(file, "utf8").split("\n").slice(1, -1).map((line) => JSON.parse(line));
}

export async function replay(file: string, milter: string, ...more: string[]) {
  const { code, stdout, stderr } = await runMilterkit(["replay", file, "--milter", milter, ...more]);
  return { code, lines: stdout.trimEnd().split("\n"), stderr };
}
