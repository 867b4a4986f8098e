// What is read again when it changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "../../lib/filter/logger.ts";
import { makeLogger } from "../../lib/filter/logger.ts";
import { LiveValue } from "../../lib/options/live_source.ts";

const WORDS = { kept: "The keys that were read before go on signing", again: "the keys are as before again" };

function collectingLog(): {
  readonly lines: [LogLevel, string][];
  readonly log: ReturnType<typeof makeLogger>;
} {
  const lines: [LogLevel, string][] = [];
  return { lines, log: makeLogger((level, text) => lines.push([level, text])) };
}

/** What can be read, and whether it is good. */
class Source {
  state = "a";
  reads = 0;
  bad = new Set<string>();

  fingerprint(): Promise<string> {
    return Promise.resolve(this.state);
  }

  read(): string {
    this.reads++;
    if (this.bad.has(this.state)) throw new Error(`Cannot use ${this.state}: it is bad`);
    return this.state;
  }
}

test("a change is used once nothing changes from one look to the next", async () => {
  const source = new Source();
  const { log, lines } = collectingLog();
  const live = new LiveValue(source, log, WORDS);
  assert.deepEqual([await live.look(), await live.look(), await live.look()], [
    "unchanged",
    "used",
    "unchanged",
  ]);
  source.state = "b";
  assert.deepEqual([await live.look(), live.current], ["unchanged", "a"]);
  source.state = "c";
  assert.deepEqual([await live.look(), live.current], ["unchanged", "a"]);
  assert.deepEqual([await live.look(), live.current], ["used", "c"]);
  const { reads } = source;
  assert.deepEqual([await live.look(), source.reads], ["unchanged", reads]);
  assert.deepEqual(lines, []);
});

test("what cannot be used is reported once, and what was there before stays", async () => {
  const source = new Source();
  const { log, lines } = collectingLog();
  const live = new LiveValue(source, log, WORDS);
  await live.look();
  await live.look();
  source.bad.add("bad");
  source.state = "bad";
  assert.deepEqual([await live.look(), await live.look(), await live.look()], [
    "unchanged",
    "refused",
    "unchanged",
  ]);
  assert.equal(live.current, "a");
  assert.deepEqual(lines, [[
    "error",
    "Cannot use bad: it is bad. The keys that were read before go on signing",
  ]]);
  source.bad.add("worse");
  source.state = "worse";
  await live.look();
  assert.equal(await live.look(), "refused");
  source.state = "a";
  await live.look();
  assert.equal(await live.look(), "unchanged");
  assert.deepEqual(lines.at(-1), ["info", "the keys are as before again"]);
  source.state = "bad";
  await live.look();
  assert.equal(await live.look(), "refused");
  assert.equal(lines.length, 4);
});

test("what is bad at the start is no start", () => {
  const source = new Source();
  source.bad.add("a");
  assert.throws(() => new LiveValue(source, collectingLog().log, WORDS), /it is bad/);
});
