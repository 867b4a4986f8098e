// The command lines of the benchmarks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CannotRun } from "../../scripts/bench/failure.ts";
import { CONTESTS } from "../../scripts/bench/filters/contests.ts";
import { SHORT_WARM_UP } from "../../scripts/bench/measure.ts";
import { help, type Options, readOptions } from "../../scripts/bench/options.ts";
import { quickOptions, readQuickOptions } from "../../scripts/bench/quick_options.ts";
import { limitOf, SERVERS } from "../../scripts/bench/servers.ts";
import { WORKLOADS } from "../../scripts/bench/workloads.ts";
import { at, present } from "../support/present.ts";

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

function read(...args: string[]): Options {
  return present(readOptions(args), "options");
}

test("without options, everything is measured", () => {
  const { workloads, servers, filters, hold, rounds, write } = read();
  assert.deepEqual([workloads, servers, filters], [WORKLOADS, SERVERS, CONTESTS]);
  assert.deepEqual([hold, rounds, write], [1000, 5, true]);
});

test("some workloads, servers and filters can be chosen, and the reference is always measured", () => {
  const { workloads, servers, filters } = read(
    ...["--workloads", "chain3,small", "--servers", "deno", "--filters", "dkim-check"],
  );
  assert.deepEqual(names(workloads), ["small", "chain3"]);
  assert.deepEqual(names(servers), ["libmilter", "deno"]);
  assert.deepEqual(names(filters), ["dkim-check"]);
});

test("none stands for no filters, and for no workloads where nothing is written", () => {
  assert.deepEqual(read("--filters", "none").filters, []);
  assert.deepEqual(read("--workloads", "none", "--no-write").workloads, []);
});

test("what cannot be is said in a line", () => {
  const wrong: [string[], RegExp][] = [
    [["--workloads", "none"], /^--workloads none: this needs --no-write/],
    [["--workloads", "small,none"], /^--workloads none: there are small, /],
    [["--filters", "x"], /^--filters x: there are size-limit, /],
    [["--servers", ""], /^--servers : there are libmilter, /],
    [["--rounds", "0"], /^--rounds 0: it is a whole number of 1 or more$/],
    [["--round", "1"], /^Unknown option '--round'; --help shows the options$/],
    [["--server-cpu", "1", "--load-cpu", "1"], /two cores/],
  ];
  for (const [args, message] of wrong) {
    assert.throws(
      () => readOptions(args),
      (error: Error) =>
        error instanceof CannotRun && message.test(error.message) && !error.message.includes("\n"),
      args.join(" "),
    );
  }
  assert.throws(() => readQuickOptions(["--rounds", "1"]), CannotRun);
});

test("help names every workload, server and filter", () => {
  assert.equal(readOptions(["--help"]), undefined);
  for (const name of [...names(WORKLOADS), ...names(SERVERS), ...names(CONTESTS)]) {
    assert.match(help(), new RegExp(`^  ${name} `, "m"));
  }
});

test("the short benchmark measures workloads that all have limits, and takes less than two minutes", () => {
  const { workloads, servers, rounds, warm, seconds } = quickOptions();
  assert.equal(workloads.length, 8);
  assert.deepEqual(names(servers), ["libmilter", "binary", "deno"]);
  for (const workload of workloads) assert.ok(limitOf(workload, at(servers, 1)), workload.name);
  // Deno is measured with one workload. A start takes up to half a second, and so does each measurement's own work.
  const ours = workloads.length + 1;
  const all = ours + workloads.length;
  const total = all * 0.5 + ours * warm + rounds * all * (SHORT_WARM_UP + seconds + 0.1);
  // Memory takes 22 s, and building the programs 5.
  assert.ok(total < 120 - 27, `${total} s`);
});

test("Deno has the allowance, but a limit of its own for a large body", () => {
  const limits = (name: string) => {
    const workload = present(WORKLOADS.find((each) => each.name === name), name);
    return SERVERS.map((server) => limitOf(workload, server));
  };
  assert.deepEqual(limits("small"), [undefined, 0.34, undefined, undefined, 0.34 * 1.8, undefined]);
  assert.deepEqual(limits("body1m"), [undefined, 0.75, undefined, undefined, 1.2, undefined]);
});
