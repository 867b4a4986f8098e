// Two servers behind HAProxy with the configuration of packaging/: the primary one is used, whichever that is.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseStateAddress } from "../../lib/store/state_address.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { ValkeyStore } from "../../lib/store/valkey/valkey_store.ts";
import { haproxyComplaint, haproxyProblem } from "../support/haproxy.ts";
import { retryPort, skipFor, waitForLog } from "../support/instance.ts";
import { freePort } from "../support/ports.ts";
import { findCommand, sleep, startDaemon, SYSTEM_PATH } from "../support/process.ts";
import { redisProblem, startRedis } from "../support/redis.ts";

const skip = skipFor(redisProblem() ?? haproxyProblem());
const CONFIG = new URL("../../packaging/haproxy/valkey.cfg", import.meta.url);
const RATE = { count: 1, per: 86_400_000, burst: 1000 };

/** The configuration with addresses of a test. */
function configuration(port: number, servers: readonly number[]): string {
  const text = servers.reduce(
    (text, server, i) => text.replace(`192.0.2.3${i + 1}:6379`, `127.0.0.1:${server}`),
    readFileSync(CONFIG, "utf8").replace("bind 127.0.0.1:6379", `bind 127.0.0.1:${port}`),
  );
  return `global\n    log stdout format raw local0\ndefaults\n    mode tcp\n    log global\n${text}`;
}

test("where a replica takes over from a server that is killed, it is used", { skip }, async () => {
  const primary = await startRedis();
  const replica = await startRedis({ settings: ["--replicaof", "127.0.0.1", String(primary.port)] });
  const folder = mkdtempSync(join(tmpdir(), "milterkit-haproxy-"));
  const { proxy, port } = await retryPort(async () => {
    const port = await freePort();
    const file = join(folder, "haproxy.cfg");
    writeFileSync(file, configuration(port, [primary.port, replica.port]));
    assert.equal(await haproxyComplaint(file), "");
    const log = join(folder, "log");
    const argv = [findCommand("haproxy") ?? "haproxy", "-db", "-f", file] as const;
    const proxy = startDaemon(argv, { PATH: SYSTEM_PATH }, log);
    await waitForLog(proxy, () => readFileSync(log, "utf8"), /valkey2 is DOWN/, 20_000);
    return { proxy, port };
  });
  const address = parseStateAddress(`redis://127.0.0.1:${port}`);
  assert.ok(address.kind === "valkey");
  // A call that was given up could have been counted.
  const store = new ValkeyStore(address, { timeout: 30_000 });
  /** Takes as soon as that works. */
  const taken = async () => {
    for (let tries = 0;; tries++) {
      try {
        return (await store.take("a", RATE)).left;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || tries === 200) throw error;
        await sleep(100);
      }
    }
  };
  try {
    assert.equal(await taken(), 999);
    while (await replica.cli("exists", "milterkit:a") !== "1") await sleep(20);
    await primary.kill();
    await assert.rejects(store.take("a", RATE), StoreUnavailableError);
    await replica.cli("replicaof", "no", "one");
    assert.equal(await taken(), 998, "it knows what was counted before");
  } finally {
    await store.close();
    await proxy.stop();
    await replica.stop();
    await primary.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
