// A milter in the chain that leads back to a service which asks it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { MOST_HOPS } from "../../lib/protocol/hops.ts";
import { serve } from "../../lib/server/server.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { inFolder } from "../server/support.ts";
import { milterFilter, RawMilter } from "./support.ts";

test("a milter is told right behind the offer which services the connection came through", async () => {
  await inFolder(async (folder) => {
    const milter = new RawMilter(join(folder, "m.sock"));
    await milter.start();
    const last = await serve({
      listen: `unix:${folder}/b`,
      filters: [await milterFilter(milter.address)],
      service: "last",
    });
    const first = await serve({
      listen: `unix:${folder}/a`,
      filters: [await milterFilter(`unix:${folder}/b`)],
      service: "first",
    });
    try {
      for (const at of ["a", "b"]) {
        const client = await MtaClient.open(`unix:${folder}/${at}`);
        client.macros("connect", { j: "mx" });
        await client.connect({ hostname: "a", family: "unknown" });
        client.quit();
      }
      assert.deepEqual(milter.hops, [{ hops: ["first", "last"], behind: "O" }, {
        hops: ["last"],
        behind: "O",
      }]);
    } finally {
      await Promise.all([first.abort(), last.abort()]);
      await milter.kill();
    }
  });
});

test("a circle of services ends where it began; each may be asked by others", async () => {
  await inFolder(async (folder) => {
    const names = ["a", "b", "c"];
    const loops: string[] = [];
    const onEvent = (name: string) => (event: ServerEvent) => {
      if (event.type === "loop") loops.push(`${name} ${event.hops} ${event.listener.split("/").at(-1)}`);
    };
    const servers = await Promise.all(names.map(async (name, i) =>
      await serve({
        listen: `unix:${folder}/${name}`,
        filters: [await milterFilter(`unix:${folder}/${names[(i + 1) % names.length]}`)],
        onEvent: onEvent(name),
      })
    ));
    const outside = await serve({
      listen: `unix:${folder}/x`,
      filters: [await milterFilter(`unix:${folder}/b`)],
      onEvent: onEvent("x"),
    });
    try {
      const client = await MtaClient.open(`unix:${folder}/x`);
      assert.equal((await client.mail("a@b")).verdict, "tempfail");
      client.quit();
      assert.deepEqual([...new Set(loops)], ["b 4 b"]);
    } finally {
      await Promise.all([...servers, outside].map((server) => server.abort()));
    }
  });
});

test("too many services in a row are taken for a loop", async () => {
  await inFolder(async (folder) => {
    const events: ServerEvent[] = [];
    const server = await serve({
      listen: `unix:${folder}/a`,
      filters: [{ name: "nothing" }],
      onEvent: (event) => void events.push(event),
    });
    try {
      const offer = (count: number) => ({
        offer: { hops: Array.from({ length: count }, (_, i) => `s${i}`) },
      });
      await assert.rejects(MtaClient.open(`unix:${folder}/a`, offer(MOST_HOPS)), {
        name: "MilterConnectionError",
        code: "refused",
        message: /^Milter loop: /,
      });
      (await MtaClient.open(`unix:${folder}/a`, offer(MOST_HOPS - 1))).quit();
      assert.equal(events.filter(({ type }) => type === "loop").length, 1);
    } finally {
      await server.abort();
    }
  });
});
