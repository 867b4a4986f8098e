// Servers that are silent, fail, lose packets, stall or do not know EDNS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StubResolver } from "../../lib/dns/stub.ts";
import { until } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type Behaviour, response, TestServer, TRUNCATED } from "./support.ts";
import { ATTEMPT, failing, good, NAME, outwaiting, silent, withServers } from "./stub_support.ts";

test("the next server is asked when one is silent or fails, and is asked first from then on", async () => {
  const clock = new ManualClock();
  for (const bad of [outwaiting(clock), failing(2), failing(5)]) {
    await withServers([bad, good], { clock }, async (resolver, first, second) => {
      assert.equal((await resolver.resolveTxt(NAME)).status, "found");
      assert.equal((await resolver.resolveTxt("other.example")).status, "found");
      assert.equal(first.queries.length, 1);
      assert.equal(second.queries.length, 2);
    });
  }
});

test("a server where nothing listens is passed over", async () => {
  const gone = await TestServer.start(silent);
  const { address } = gone;
  await gone.stop();
  const server = await TestServer.start(good);
  // Not every runtime tells of a closed port: there the time for an answer has to pass.
  const clock = new ManualClock();
  const resolver = new StubResolver({ servers: [address, server.address], clock });
  const found = resolver.resolveTxt(NAME);
  await until(() => {
    if (server.queries.length === 0) clock.advance(100);
    return server.queries.length > 0;
  });
  assert.equal((await found).status, "found");
  resolver.close();
  const alone = new StubResolver({ servers: [address], clock });
  let status: string | undefined;
  void alone.resolveTxt(NAME).then((answer) => status = answer.status);
  await until(() => {
    clock.advance(100);
    return status !== undefined;
  });
  assert.ok(status === "network" || status === "timeout", String(status));
  alone.close();
  await server.stop();
});

test("a lost packet is made up for by asking again", async () => {
  let count = 0;
  const clock = new ManualClock();
  await withServers(
    [(query) => ++count === 1 ? void clock.advance(ATTEMPT) : good(query)],
    { clock },
    async (resolver) => {
      assert.equal((await resolver.resolveTxt(NAME)).status, "found");
    },
  );
});

test("a server that does not know EDNS is asked without", async () => {
  for (const rcode of [1, 4]) {
    const behaviour: Behaviour = (query) => query.edns ? failing(rcode)(query) : good(query);
    await withServers([behaviour], {}, async (resolver, server) => {
      assert.equal((await resolver.resolveTxt(NAME)).status, "found");
      assert.deepEqual(server.queries.map((query) => query.edns), [true, false]);
    });
  }
});

test("the deadline holds whatever is tried", async () => {
  const clock = new ManualClock();
  await withServers(
    [outwaiting(clock), outwaiting(clock)],
    { deadline: 2.5 * ATTEMPT, rounds: 50, clock },
    async (resolver, ...servers) => {
      assert.equal((await resolver.resolveTxt(NAME)).status, "timeout");
      assert.deepEqual(servers.map(({ queries }) => queries.length), [2, 1]);
    },
  );
});

test("a TCP server that stalls or closes does not hold a lookup up", async () => {
  const clock = new ManualClock();
  const stalling: Behaviour = ({ id, question, tcp }) =>
    tcp ? void clock.advance(ATTEMPT) : response({ id, question, flags: TRUNCATED });
  await withServers([stalling, good], { clock }, async (resolver) => {
    assert.equal((await resolver.resolveTxt(NAME)).status, "found");
  });
});
