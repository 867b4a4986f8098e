// What the process that accepts is told of a version.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCommand, readSetup } from "../../cli/config/serve_setup.ts";
import { type SetupSummary, summaryOf } from "../../cli/config/setup_summary.ts";

const summarized = async (...args: string[]): Promise<SetupSummary> =>
  summaryOf(await readSetup(readCommand(args), () => {}));
const ADDRESS = ["--listen", "unix:/run/a.sock"];
const CHAIN = ["--filter", "size-limit", "--max", "1MB", "--label", "big", "--dry-run"];

test("it is plain data, and the same after its way to the parent", async () => {
  const summary = await summarized(
    ...[...ADDRESS, "--listen", "inet:8891@localhost", "--socket-mode", "600", "--workers", "3"],
    ...["--metrics", "9465", "--limit-connections", "7", "--log-redact", "clients", ...CHAIN],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(summary)), summary);
  const [listener] = summary.listeners;
  assert.deepEqual(listener?.addresses, ["unix:/run/a.sock", "inet:8891@localhost"]);
  assert.deepEqual(listener?.filters, [{ definition: "size-limit", name: "big", dryRun: true }]);
  assert.deepEqual([listener?.socket.mode, listener?.limits.connections], [0o600, 7]);
  assert.deepEqual([summary.service.workers, summary.log.redact], [3, ["clients"]]);
});

test("it has the warnings about the order of filters", async () => {
  const rewrite = ["--filter", "header-rewrite", "--set", "Subject: x"];
  const { orderWarnings } = await summarized(...ADDRESS, ...rewrite, "--filter", "dkim-check");
  assert.match(orderWarnings.join(), /^--filter header-rewrite changes messages before --filter dkim-check/);
  assert.deepEqual((await summarized(...ADDRESS, ...CHAIN)).orderWarnings, []);
});
