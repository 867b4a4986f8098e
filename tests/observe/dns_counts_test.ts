// What resolvers tell, counted; and nothing where nobody listens.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addDnsCounts, DnsRecorder, emptyDnsCounts } from "../../cli/observe/dns_counts.ts";
import { dnsEvents } from "../../lib/dns/events.ts";
import { StubResolver } from "../../lib/dns/stub.ts";
import { response, TestServer, TRUNCATED, txt } from "../dns/support.ts";

test("lookups are counted by result, queries by transport, and answers that were at hand", async () => {
  const server = await TestServer.start(({ id, question, name, tcp }) => {
    if (name.startsWith("gone")) return response({ id, question, rcode: 3 });
    if (name.startsWith("broken")) return response({ id, question, rcode: 2 });
    const long = name.startsWith("long") && !tcp;
    return response({ id, question, ...(long ? { flags: TRUNCATED } : { answers: [txt(name, 300, "x")] }) });
  });
  const recorder = new DnsRecorder();
  const resolver = new StubResolver({ servers: [server.address], rounds: 1 });
  try {
    for (const name of ["a.example", "a.example", "gone.example", "broken.example", "long.example"]) {
      await resolver.resolveTxt(name);
    }
    const { time, ...counts } = recorder.take();
    assert.deepEqual(counts, {
      cached: 1,
      queries: { udp: 4, tcp: 1 },
      lookups: { found: 2, nxdomain: 1, servfail: 1 },
    });
    assert.equal(time.count, 4);
    assert.deepEqual(recorder.take(), emptyDnsCounts());

    const sum = emptyDnsCounts();
    for (let i = 0; i < 2; i++) addDnsCounts(sum, { ...counts, time });
    assert.deepEqual([sum.cached, sum.queries.udp, sum.lookups.found, sum.time.count], [2, 8, 4, 8]);

    recorder.close();
    assert.equal(dnsEvents.hasSubscribers, false);
    await resolver.resolveTxt("a.example");
    assert.deepEqual(recorder.take(), emptyDnsCounts());
  } finally {
    recorder.close();
    resolver.close();
    await server.stop();
  }
});
