// Lookups that are given up, that wait for their turn, or whose resolver is closed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { ATTEMPT, good, NAME, silent, withServers } from "./stub_support.ts";

test("aborting rejects at once, for the one who aborts alone", async () => {
  const clock = new ManualClock();
  await withServers([silent], { clock }, async (resolver, server) => {
    const controller = new AbortController();
    const aborted = resolver.resolveTxt(NAME, controller.signal);
    const other = resolver.resolveTxt(NAME, new AbortController().signal);
    const reason = new Error("enough");
    await until(() => server.queries.length === 1);
    controller.abort(reason);
    await assert.rejects(aborted, (error) => error === reason);
    server.behaviour = good;
    clock.advance(ATTEMPT);
    assert.equal((await other).status, "found");
    await assert.rejects(resolver.resolveTxt("b.example", controller.signal), (error) => error === reason);
  });
});

test("when all have aborted the lookup ends, and a later one starts afresh", async () => {
  await withServers([silent], {}, async (resolver, server) => {
    const controllers = [new AbortController(), new AbortController()];
    const lookups = controllers.map((controller) => resolver.resolveTxt(NAME, controller.signal));
    await until(() => server.queries.length === 1);
    for (const controller of controllers) controller.abort();
    for (const lookup of lookups) await assert.rejects(lookup);
    server.behaviour = good;
    assert.equal((await resolver.resolveTxt(NAME)).status, "found");
  });
});

test("closing ends lookups under way and refuses later ones", async () => {
  await withServers([silent], {}, async (resolver, server) => {
    const lookup = resolver.resolveTxt(NAME);
    await until(() => server.queries.length === 1);
    resolver.close();
    assert.equal((await lookup).status, "closed");
    assert.equal((await resolver.resolveTxt(NAME)).status, "closed");
    resolver.close();
  });
});

test("lookups beyond the limit wait for their turn", async () => {
  await withServers([good], { maxConcurrent: 3 }, async (resolver) => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}.example`);
    const answers = await Promise.all(names.map((name) => resolver.resolveTxt(name)));
    assert.ok(answers.every((answer) => answer.status === "found"));
  });
  const clock = new ManualClock();
  await withServers(
    [silent],
    { maxConcurrent: 2, deadline: ATTEMPT, clock },
    async (resolver, server) => {
      const names = Array.from({ length: 6 }, (_, i) => `n${i}.example`);
      const lookups = names.map((name) => resolver.resolveTxt(name));
      await until(() => server.queries.length === 2);
      clock.advance(ATTEMPT);
      const answers = await Promise.all(lookups);
      assert.ok(answers.every((answer) => answer.status === "timeout"));
      assert.equal(server.queries.length, 2);
    },
  );
});

test("a lookup that gave up while it waited for its turn keeps nobody waiting", async () => {
  await withServers([silent], { maxConcurrent: 1 }, async (resolver, server) => {
    const holding = new AbortController();
    const held = assert.rejects(resolver.resolveTxt("held.example", holding.signal));
    const waiting = new AbortController();
    const gaveUp = assert.rejects(resolver.resolveTxt("waiting.example", waiting.signal));
    const next = resolver.resolveTxt("next.example");
    waiting.abort();
    await gaveUp;
    server.behaviour = good;
    holding.abort();
    await held;
    assert.equal((await next).status, "found");
    assert.equal((await resolver.resolveTxt("last.example")).status, "found");
    assert.ok(server.queries.every((query) => query.name !== "waiting.example"));
  });
});
