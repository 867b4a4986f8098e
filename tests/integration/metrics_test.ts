// `serve --metrics`: what is scraped is what was sent, also where workers die, hang and give way to others.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { fetchText } from "../support/http.ts";
import { skipFor } from "../support/instance.ts";
import { at } from "../support/present.ts";
import { childrenOf, sleep } from "../support/process.ts";
import { promtool, promtoolProblem } from "../support/prometheus.ts";
import { assertCounts, configure, direct, hangUp, load, serving, title, until } from "./metrics_support.ts";

const noPromtool = skipFor(promtoolProblem());

describe(`serve --metrics, ${title}`, () => {
  for (const workers of [1, 2]) {
    test(`counts what was sent, with --workers ${workers}`, { timeout: 120_000 }, async () => {
      await serving(direct("--workers", String(workers)), async ({ milterkit, scrape }) => {
        const first = await scrape();
        assert.equal(first.get('milterkit_filter_messages_total{filter="judge"}'), 0);
        const { messages, connections } = await load(milterkit.address, 5);
        const scraped = await scrape();
        assertCounts(scraped, messages);
        assert.equal(scraped.get("milterkit_connections_total"), connections);
        assert.equal(scraped.get("milterkit_workers_ready"), workers === 1 ? 0 : workers);
        await until(async () => (await scrape()).get("milterkit_connections_open") === 0);
      });
    });

    test(`counts on while versions change, with ${workers} of them at once`, {
      timeout: 120_000,
    }, async () => {
      const path = configure(
        `listen = "inet:0@127.0.0.1"\nworkers = ${workers}\nmetrics = "0"\n[[filter]]\nname = "./judge.ts"\n`,
      );
      await serving(["--config", path], async (running) => {
        const { milterkit, scrape, ready } = running;
        let loading = true;
        let reloads = true;
        let before = new Map<string, number>();
        const watching = (async () => {
          while (loading) {
            const now = await scrape();
            for (const [name, value] of before) {
              if (!/_total|_bucket|_count/.test(name)) continue;
              assert.ok(now.get(name)! >= value, `${name} went from ${value} to ${now.get(name)}`);
            }
            before = now;
            assert.deepEqual(await ready(), [200, "ready"]);
            await sleep(5);
          }
        })();
        const reloading = (async () => {
          for (let i = 0; i < 3; i++) await hangUp(running, /get the new version/);
          writeFileSync(path, "lisen = 1\n");
          await hangUp(running, /the previous version stays in use/);
        })().finally(() => reloads = false);
        let [messages, connections] = [0, 0];
        const loads = (async () => {
          for (let isLast = false; !isLast;) {
            isLast = !reloads;
            const more = await load(milterkit.address, 2);
            messages += more.messages;
            connections += more.connections;
          }
        })().finally(() => loading = false);
        await Promise.all([loads, watching, reloading]);
        const scraped = await scrape();
        assertCounts(scraped, messages);
        assert.equal(scraped.get("milterkit_connections_total"), connections);
        assert.equal(scraped.get('milterkit_reloads_total{result="good"}'), 3);
        assert.equal(scraped.get('milterkit_reloads_total{result="failed"}'), 1);
        await until(async () => (await scrape()).get("milterkit_workers_leaving") === 0);
        assertCounts(await scrape(), messages);
      });
    });
  }

  test("promtool check metrics is content", { skip: noPromtool, timeout: 120_000 }, async () => {
    await serving(direct("--workers", "2"), async ({ milterkit, url }) => {
      await load(milterkit.address, 1);
      const { text, headers } = await fetchText(`${url}metrics`);
      assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
      assert.equal(await promtool(["check", "metrics"], text), "");
    });
  });

  test("a worker that dies takes nothing along that was told before", { timeout: 120_000 }, async () => {
    await serving(direct("--workers", "2"), async ({ milterkit, scrape }) => {
      const { messages } = await load(milterkit.address, 2);
      assertCounts(await scrape(), messages);
      const worker = at(childrenOf(milterkit.pid), 0);
      process.kill(worker, "SIGKILL");
      await until(async () => (await scrape()).get("milterkit_worker_restarts_total") === 1);
      await until(async () => (await scrape()).get("milterkit_workers_ready") === 2);
      const more = await load(milterkit.address, 2);
      assertCounts(await scrape(), messages + more.messages);
    });
  });

  test("a worker that hangs holds nobody up who asks, and is counted once it goes on", {
    timeout: 120_000,
  }, async () => {
    await serving(direct("--workers", "2"), async ({ milterkit, scrape }) => {
      const { messages } = await load(milterkit.address, 2);
      const worker = at(childrenOf(milterkit.pid), 0);
      process.kill(worker, "SIGSTOP");
      try {
        // What it told within its last second may be missing.
        const scraped = await scrape();
        assert.ok(scraped.get("milterkit_message_duration_seconds_count")! <= messages);
        assert.equal(scraped.get("milterkit_workers_wanted"), 2);
      } finally {
        process.kill(worker, "SIGCONT");
      }
      await until(async () => (await scrape()).get("milterkit_message_duration_seconds_count") === messages);
      assertCounts(await scrape(), messages);
    });
  });
});
