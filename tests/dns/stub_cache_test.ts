// How long answers are kept, and how many.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../support/manual_clock.ts";
import { type Behaviour, response, soa, txt } from "./support.ts";
import { failing, good, NAME, withServers } from "./stub_support.ts";

test("records are kept for a day at most, whatever their TTL", async () => {
  const behaviour: Behaviour = ({ id, question, name }) =>
    response({ id, question, answers: [txt(name, 0x7fffffff, "x")] });
  await withServers([behaviour], {}, async (resolver) => {
    assert.deepEqual(await resolver.resolveTxt(NAME), { status: "found", records: ["x"], ttl: 86_400 });
  });
});

test("an absence is kept for an hour at most, whatever its SOA record says", async () => {
  const behaviour: Behaviour = ({ id, question, name }) => {
    const authorities = [{ owner: "example", type: 6, ttl: 0x7fffffff, data: soa(0x7fffffff) }];
    return response({ id, question, rcode: name.startsWith("nothing") ? 3 : 0, authorities });
  };
  await withServers([behaviour], {}, async (resolver) => {
    assert.deepEqual(await resolver.resolveTxt("nothing.example"), { status: "nxdomain", ttl: 3600 });
    assert.deepEqual(await resolver.resolveTxt("other.example"), { status: "nodata", ttl: 3600 });
  });
  const clock = new ManualClock();
  await withServers([behaviour], { maxNegativeTtl: 60, minTtl: 0, clock }, async (resolver, server) => {
    await resolver.resolveTxt("nothing.example");
    clock.advance(59_999);
    await resolver.resolveTxt("nothing.example");
    assert.equal(server.queries.length, 1);
    clock.advance(1);
    await resolver.resolveTxt("nothing.example");
    assert.equal(server.queries.length, 2, "it is asked for again");
  });
});

test("absences make room for newer answers as others do", async () => {
  const behaviour: Behaviour = ({ id, question }) => response({ id, question, rcode: 3 });
  await withServers([behaviour], { maxEntries: 2, minTtl: 60 }, async (resolver, server) => {
    for (const name of ["a.example", "b.example", "c.example", "c.example", "a.example"]) {
      await resolver.resolveTxt(name);
    }
    const asked = server.queries.map((query) => query.name);
    assert.deepEqual(asked, ["a.example", "b.example", "c.example", "a.example"]);
  });
});

test("equal questions in flight are one query, and answers are cached as one object", async () => {
  await withServers([good], {}, async (resolver, server) => {
    const answers = await Promise.all(
      [NAME, NAME.toUpperCase(), NAME + "."].map((n) => resolver.resolveTxt(n)),
    );
    assert.equal(server.queries.length, 1);
    assert.ok(answers.every((answer) => answer === answers[0]));
    assert.equal(await resolver.resolveTxt(NAME), answers[0]);
    assert.equal(server.queries.length, 1);
  });
});

test("what is cached is at hand without a lookup, by its type, until its time is over or the resolver is closed", async () => {
  const clock = new ManualClock();
  await withServers([good], { clock }, async (resolver, server) => {
    assert.equal(resolver.cached("TXT", NAME), undefined);
    assert.equal(server.queries.length, 0);
    const answer = await resolver.resolveTxt(NAME);
    assert.equal(resolver.cached("TXT", NAME), answer);
    assert.equal(resolver.cached("MX", NAME), undefined);
    clock.advance(300_000);
    assert.equal(resolver.cached("TXT", NAME), undefined);
    await resolver.resolveTxt(NAME);
    assert.notEqual(resolver.cached("TXT", NAME), undefined);
    resolver.close();
    assert.equal(resolver.cached("TXT", NAME), undefined);
  });
});

test("answers are forgotten when their time is over or newer ones need the room", async () => {
  const brief: Behaviour = ({ id, question, name }) =>
    response({ id, question, answers: [txt(name, 0, "x")] });
  await withServers([brief], { minTtl: 0 }, async (resolver, server) => {
    await resolver.resolveTxt(NAME);
    await resolver.resolveTxt(NAME);
    assert.equal(server.queries.length, 2);
  });
  const clock = new ManualClock();
  await withServers([good], { maxTtl: 60, minTtl: 0, clock }, async (resolver, server) => {
    await resolver.resolveTxt(NAME);
    clock.advance(59_999);
    await resolver.resolveTxt(NAME);
    assert.equal(server.queries.length, 1);
    clock.advance(1);
    await resolver.resolveTxt(NAME);
    assert.equal(server.queries.length, 2);
  });
  await withServers([good], { maxEntries: 2 }, async (resolver, server) => {
    for (const name of ["a.example", "b.example", "c.example", "c.example", "a.example"]) {
      await resolver.resolveTxt(name);
    }
    assert.deepEqual(server.queries.map((query) => query.name), [
      "a.example",
      "b.example",
      "c.example",
      "a.example",
    ]);
  });
});

test("a failure is kept for a moment only", async () => {
  const clock = new ManualClock();
  await withServers([failing(2)], { failureTtl: 1, rounds: 1, clock }, async (resolver, server) => {
    assert.equal((await resolver.resolveTxt(NAME)).status, "servfail");
    server.behaviour = good;
    assert.equal((await resolver.resolveTxt(NAME)).status, "servfail");
    clock.advance(1000);
    assert.equal((await resolver.resolveTxt(NAME)).status, "found");
  });
});
