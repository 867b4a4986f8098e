// What the process that accepts is told of a version.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { KeysFolder, pemOf } from "../dkim_sign/key_files.ts";
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

test("a filter that may change messages behind one that signs them is refused", async () => {
  using keys = new KeysFolder();
  keys.write("keys/example.org/a.pem", pemOf("ed25519"));
  const sign = ["--filter", "dkim-sign", "--keys", join(keys.path, "keys")];
  const rewrite = ["--filter", "header-rewrite", "--add", "X-A: x"];
  const says =
    "milterkit serve: --filter header-rewrite may change messages behind --filter dkim-sign, which needs them " +
    "as they will leave; put dkim-sign last";
  await assert.rejects(summarized(...ADDRESS, ...sign, ...rewrite), { name: "UsageError", message: says });
  await assert.rejects(
    summarized(...ADDRESS, ...sign, "--filter", "dkim-check"),
    /dkim-check may change messages behind/,
  );
  await assert.rejects(
    summarized(...ADDRESS, ...sign, "--filter", "milter", "--address", "inet:1@localhost"),
    /--filter milter may change messages behind/,
  );
  await summarized(...ADDRESS, ...rewrite, ...sign);
  await summarized(...ADDRESS, ...sign, ...sign, ...CHAIN);
  await summarized(...ADDRESS, ...sign, ...rewrite, "--dry-run");
  await summarized(...ADDRESS, ...sign, "--dry-run", ...rewrite);
  const path = join(keys.path, "milterkit.toml");
  writeFileSync(
    path,
    `listen = "inet:8891@localhost"\n[[filter]]\nname = "dkim-sign"\nkeys = "keys"\n` +
      `[[filter]]\nname = "header-rewrite"\nadd = "X-A: x"\n`,
  );
  await assert.rejects(summarized("--config", path), {
    name: "ConfigError",
    message:
      `${path}:5:1: the filter header-rewrite may change messages behind the filter dkim-sign, which needs them as ` +
      "they will leave; put dkim-sign last",
  });
});
