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
  assert.deepEqual(listener?.filters, [{
    definition: "size-limit",
    name: "big",
    dryRun: true,
    gist: "max 1MB",
  }]);
  assert.deepEqual([listener?.socket.mode, listener?.limits.connections], [0o600, 7]);
  assert.deepEqual([summary.service.workers, summary.log.redact], [3, ["clients"]]);
});

test("it has the essence of each filter's options, of a user's filter only their names", async () => {
  using folder = new KeysFolder();
  const path = join(folder.path, "own.ts");
  const options = '{ token: { kind: "string", description: "x" } }';
  writeFileSync(
    path,
    `export default { name: "own", summary: "x", options: ${options}, create: () => ({ eom() {} }) };\n`,
  );
  const removed = Array.from({ length: 20 }, (_, i) => ["--remove", `X-Field-${i}`]).flat();
  const { listeners: [listener] } = await summarized(
    ...[...ADDRESS, "--filter", path, "--token", "swordfish"],
    ...["--filter", "size-limit", "--max", "1MB", "--not-authenticated", "--only-client", "10.0.0.0/8"],
    ...["--filter", "header-rewrite", ...removed],
    ...["--filter", "authenticate"],
  );
  assert.deepEqual(listener?.filters.map(({ gist }) => gist), [
    "token",
    "max 1MB, not-authenticated, only-client 10.0.0.0/8",
    "remove X-Field-0, remove X-Field-1, remove X-Field-2, remove X-Field-3, remove X…",
    "",
  ]);
});

test("it has the warnings about the order of filters", async () => {
  const rewrite = ["--filter", "header-rewrite", "--set", "Subject: x"];
  const { orderWarnings } = await summarized(...ADDRESS, ...rewrite, "--filter", "dkim-check");
  assert.deepEqual(orderWarnings, [
    "--filter header-rewrite changes Subject before --filter dkim-check checks messages as they were sent; " +
    "put dkim-check first",
  ]);
  const many = ["A", "B", "C", "D", "E", "F", "G"].flatMap((name) => ["--remove", `X-${name}`]);
  const { orderWarnings: [named] } = await summarized(
    ...[...ADDRESS, "--filter", "header-rewrite", ...many, "--filter", "authenticate"],
  );
  assert.match(named ?? "", /^--filter header-rewrite changes X-A, X-B, X-C, X-D, X-E and 2 more before/);
  const milter = ["--filter", "milter", "--address", "inet:1@localhost"];
  assert.deepEqual((await summarized(...ADDRESS, ...milter, "--filter", "dkim-check")).orderWarnings, [
    "--filter milter changes messages before --filter dkim-check checks messages as they were sent; " +
    "put dkim-check first",
  ]);
  assert.deepEqual((await summarized(...ADDRESS, ...CHAIN)).orderWarnings, []);
  const checks = ["spf-check", "dkim-check", "dmarc-check"].flatMap((name) => ["--filter", name]);
  assert.deepEqual((await summarized(...ADDRESS, ...checks)).orderWarnings, []);
});

for (const changes of [`["replaceBody"]`, `["editContent"], content: "mime"`]) {
  test(`a filter that changes the body, with ${changes}, before one that checks signatures is refused`, async () => {
    using folder = new KeysFolder();
    const path = join(folder.path, "footer.ts");
    writeFileSync(path, `export default { name: "footer", summary: "x", changes: ${changes}, eom() {} };\n`);
    const footer = ["--filter", path];
    const says = new RegExp(
      `^milterkit serve: --filter ${path} changes the body before --filter (dkim-check|authenticate) checks messages ` +
        "as they were sent, so that valid ones may fail; put \\1 first$",
    );
    for (const check of ["dkim-check", "authenticate"]) {
      await assert.rejects(summarized(...ADDRESS, ...footer, "--filter", check), {
        name: "UsageError",
        message: says,
      });
      const { orderWarnings } = await summarized(...ADDRESS, "--filter", check, ...footer);
      assert.deepEqual(orderWarnings, []);
      await summarized(...ADDRESS, ...footer, "--dry-run", "--filter", check);
      // Only the log of such a check would be wrong.
      const dry = await summarized(...ADDRESS, ...footer, "--filter", check, "--dry-run");
      assert.match(dry.orderWarnings.join(), /changes messages before/);
    }
    const config = join(folder.path, "milterkit.toml");
    writeFileSync(
      config,
      `listen = "inet:8891@localhost"\n[[filter]]\nname = "./footer.ts"\n[[filter]]\nname = "dkim-check"\n`,
    );
    await assert.rejects(summarized("--config", config), {
      name: "ConfigError",
      message:
        /milterkit\.toml:2:1: the filter .*footer\.ts changes the body before the filter dkim-check checks/,
    });
  });
}

test("a filter that may change messages after one that signs them is refused", async () => {
  using keys = new KeysFolder();
  keys.write("keys/example.org/a.pem", pemOf("ed25519"));
  const sign = ["--filter", "dkim-sign", "--keys", join(keys.path, "keys")];
  const rewrite = ["--filter", "header-rewrite", "--add", "X-A: x"];
  const says =
    "milterkit serve: --filter header-rewrite may change messages after --filter dkim-sign, which needs them " +
    "as they will leave; put dkim-sign last";
  await assert.rejects(summarized(...ADDRESS, ...sign, ...rewrite), { name: "UsageError", message: says });
  await assert.rejects(
    summarized(...ADDRESS, ...sign, "--filter", "dkim-check"),
    /dkim-check may change messages after/,
  );
  await assert.rejects(
    summarized(...ADDRESS, ...sign, "--filter", "milter", "--address", "inet:1@localhost"),
    /--filter milter may change messages after/,
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
      `${path}:5:1: the filter header-rewrite may change messages after the filter dkim-sign, which needs them as ` +
      "they will leave; put dkim-sign last",
  });
});
