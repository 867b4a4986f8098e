// `serve --metrics`: what is said of readiness and life is so.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT } from "../server/support.ts";
import { gatedFilter } from "../support/gated_filter.ts";
import { fetchText } from "../support/http.ts";
import { Milterkit } from "../support/milterkit.ts";
import { childrenOf, sleep } from "../support/process.ts";
import {
  command,
  direct,
  folder,
  observed,
  type Running,
  serving,
  title,
  until,
  urlOf,
} from "./metrics_support.ts";

describe(`serve --metrics, ${title}`, () => {
  test("one process by itself is not ready from SIGTERM on", { timeout: 120_000 }, async () => {
    await serving(direct(), async ({ milterkit, url, ready }) => {
      const client = await MtaClient.open(milterkit.address);
      await client.connect(CLIENT);
      await client.mail("<a@example.org>");
      assert.deepEqual(await ready(), [200, "ready"]);
      milterkit.signal("SIGTERM");
      await until(async () => (await ready())[0] === 503);
      assert.deepEqual(await ready(), [503, "stopping"]);
      assert.equal((await fetchText(`${url}healthz`)).status, 200);
      client.abort();
      client.quit();
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    });
  });

  /** Starts workers of which all but the first, which loads the version, are not ready before a file is there. */
  async function startSlowly(name: string): Promise<Running & { go(): void }> {
    const go = join(folder, `go-${name}-${title.length}`);
    const filter = join(folder, `slow-${name}-${title.length}.ts`);
    writeFileSync(
      filter,
      `import { existsSync, mkdirSync } from "node:fs";
let isFirst = true;
try { mkdirSync(${JSON.stringify(`${go}-first`)}); } catch { isFirst = false; }
while (!isFirst && !existsSync(${
        JSON.stringify(go)
      })) await new Promise((resolve) => setTimeout(resolve, 20));
export default { name: "slow", mail() {} };
`,
    );
    const milterkit = await Milterkit.startCommand([
      ...command,
      ...["serve", "--listen", "inet:0@127.0.0.1", "--metrics", "0", "--workers", "2", "--filter", filter],
    ], { addresses: 0 });
    return { ...observed(milterkit, await urlOf(milterkit)), go: () => writeFileSync(go, "") };
  }

  test("ends at once where SIGTERM comes before the start is over", { timeout: 120_000 }, async () => {
    const { milterkit, ready } = await startSlowly("stopped");
    try {
      assert.deepEqual(await ready(), [503, "starting"]);
      milterkit.signal("SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    } finally {
      await milterkit.stop();
    }
  });

  test("is stuck while connections wait and no worker takes any, and in the end not alive", {
    timeout: 120_000,
  }, async () => {
    const { gate, filter } = gatedFilter(folder, `stuck-${title.length}`);
    const milterkit = await Milterkit.startCommand([
      ...command,
      ...["serve", "--listen", "inet:0@127.0.0.1", "--metrics", "0", "--workers", "2"],
      ...["--worker-timeout", "3s", "--filter", filter],
    ]);
    const { url, ready } = observed(milterkit, await urlOf(milterkit));
    try {
      await milterkit.waitForLine((line) => line.includes("runs gated"));
      const alive = async () => {
        const { status, text } = await fetchText(`${url}healthz`);
        return [status, JSON.parse(text).status];
      };
      assert.deepEqual([await ready(), await alive()], [[200, "ready"], [200, "alive"]]);
      gate.close();
      for (const worker of childrenOf(milterkit.pid)) process.kill(worker, "SIGKILL");
      const waiting = MtaClient.open(milterkit.address);
      const seen = new Set<string>();
      for (let now = await alive(); now[0] === 200; now = await alive()) {
        seen.add((await ready()).join(" "));
        await sleep(20);
      }
      assert.deepEqual(await alive(), [503, "stuck"]);
      assert.deepEqual(await ready(), [503, "stuck"]);
      // It was not ready before it was held for dead.
      assert.ok(seen.has("503 no worker") && seen.has("503 stuck"), [...seen].join());
      gate.open();
      (await waiting).quit();
      assert.deepEqual([await ready(), await alive()], [[200, "ready"], [200, "alive"]]);
    } finally {
      await milterkit.stop();
    }
  });

  test("is not ready before it serves, nor after SIGTERM, and alive throughout", {
    timeout: 120_000,
  }, async () => {
    const { milterkit, url, ready, scrape, go } = await startSlowly("served");
    try {
      const alive = async () => (await fetchText(`${url}healthz`)).status;
      assert.deepEqual(await ready(), [503, "starting"]);
      assert.equal(await alive(), 200);
      go();
      await until(async () => (await ready())[0] === 200);
      assert.equal((await scrape()).get("milterkit_ready"), 1);

      const client = await MtaClient.open(milterkit.address);
      await client.connect(CLIENT);
      await client.mail("<a@example.org>");
      milterkit.signal("SIGTERM");
      await until(async () => (await ready())[0] === 503);
      assert.deepEqual(await ready(), [503, "stopping"]);
      assert.equal(await alive(), 200);
      assert.equal((await scrape()).get("milterkit_ready"), 0);
      client.abort();
      client.quit();
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
      await assert.rejects(fetchText(`${url}readyz`));
    } finally {
      await milterkit.stop();
    }
  });
});
