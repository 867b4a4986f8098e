// What a lookup makes of answers: records, absence, outages, forgeries and aliases.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { StubResolver } from "../../lib/dns/stub.ts";
import { ManualClock } from "../support/manual_clock.ts";
import {
  type Behaviour,
  name,
  type Query,
  question,
  response,
  soa,
  TestServer,
  TRUNCATED,
  txt,
} from "./support.ts";
import { failing, good, NAME, outwaiting, withServers } from "./stub_support.ts";

test("records come joined, as bytes, from a fresh port with a fresh id each time", async () => {
  await withServers([good], { maxEntries: 0 }, async (resolver, server) => {
    for (let i = 0; i < 8; i++) {
      const answer = await resolver.resolveTxt("Sel._DomainKey.Example.org.");
      assert.deepEqual(answer, { status: "found", records: ["v=DKIM1; p=\xe9"], ttl: 300 });
    }
    assert.equal(server.queries.length, 8);
    assert.ok(new Set(server.queries.map((query) => query.id)).size > 4);
    assert.ok(new Set(server.queries.map((query) => query.port)).size > 4);
    assert.ok(server.queries.every((query) => query.edns && query.name === NAME));
  });
});

test("IPv6 servers", async (context) => {
  let server: TestServer;
  try {
    server = await TestServer.start(good, "::1");
  } catch {
    return context.skip("needs IPv6 on the loopback");
  }
  const resolver = new StubResolver({ servers: [`[0:0:0:0:0:0:0:1]:${server.port}`] });
  assert.equal((await resolver.resolveTxt(NAME)).status, "found");
  resolver.close();
  await server.stop();
});

test("a truncated answer is asked for again over TCP", async () => {
  const long = "x".repeat(250);
  const behaviour: Behaviour = ({ id, question, name, tcp }) =>
    tcp
      ? response({ id, question, answers: [txt(name, 60, ...Array(20).fill(long))] })
      : response({ id, question, flags: TRUNCATED });
  await withServers([behaviour], {}, async (resolver, server) => {
    const answer = await resolver.resolveTxt(NAME);
    assert.ok(answer.status === "found" && answer.records[0] === long.repeat(20));
    assert.deepEqual(server.queries.map((query) => query.tcp), [false, true]);
  });
});

test("truncated over TCP too is an outage, not an absence", async () => {
  const behaviour: Behaviour = ({ id, question }) => response({ id, question, flags: TRUNCATED });
  await withServers([behaviour], {}, async (resolver) => {
    assert.equal((await resolver.resolveTxt(NAME)).status, "malformed");
  });
});

test("no such name, and no such record, with the TTL of the SOA record", async () => {
  for (const [rcode, status] of [[3, "nxdomain"], [0, "nodata"]] as const) {
    const behaviour: Behaviour = ({ id, question }) =>
      response({ id, question, rcode, authorities: [{ owner: "org", type: 6, ttl: 90, data: soa(80) }] });
    await withServers([behaviour], {}, async (resolver, server) => {
      assert.deepEqual(await resolver.resolveTxt(NAME), { status, ttl: 80 });
      assert.deepEqual(await resolver.resolveTxt(NAME), { status, ttl: 80 });
      assert.equal(server.queries.length, 1);
    });
  }
});

test("outages never look like absence", async () => {
  const clock = new ManualClock();
  const cases: [Behaviour, string][] = [
    [failing(2), "servfail"],
    [failing(5), "refused"],
    [failing(4), "servfail"],
    [failing(9), "servfail"],
    [outwaiting(clock), "timeout"],
    [({ id }) => new Uint8Array([id >> 8, id & 255, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]), "malformed"],
    [({ id, question }) => {
      const message = response({ id, question, answers: [txt(NAME, 1, "x")] });
      return message.subarray(0, message.length - 1);
    }, "malformed"],
  ];
  for (const [behaviour, status] of cases) {
    await withServers([behaviour], { clock }, async (resolver) => {
      const answer = await resolver.resolveTxt(NAME);
      assert.equal(answer.status, status);
      assert.ok("reason" in answer && answer.reason !== "");
    });
  }
});

test("forged answers are passed over: wrong id, wrong question, no response, another source", async () => {
  const stranger = createSocket("udp4");
  await new Promise<void>((resolve) => stranger.bind(0, "127.0.0.1", resolve));
  const forged = (query: Query, text: string) => [txt(query.name, 60, text)];
  const behaviour: Behaviour = (query) => {
    const { id, question: asked } = query;
    const fromStranger = response({ id, question: asked, answers: forged(query, "stranger") });
    stranger.send(fromStranger, query.port, "127.0.0.1");
    return [
      response({ id: id ^ 1, question: asked, answers: forged(query, "id") }),
      response({ id, question: question("other.example"), answers: forged(query, "question") }),
      response({ id, question: question(query.name, 1), answers: forged(query, "type") }),
      response({ id, question: question(query.name, 16, 3), answers: forged(query, "class") }),
      query.bytes,
      new Uint8Array(3),
    ];
  };
  await withServers([behaviour, good], {}, async (resolver, first) => {
    const answer = await resolver.resolveTxt(NAME);
    // The query itself sent back has our id and is no response: the first server is not heard any further.
    assert.deepEqual(answer.status === "found" && answer.records, ["v=DKIM1; p=\xe9"]);
    assert.equal(first.queries.length, 1);
  });
  await new Promise<void>((resolve) => stranger.close(() => resolve()));
});

test("the right answer after forged ones is taken", async () => {
  const behaviour: Behaviour = (query) => [
    response({ id: query.id ^ 0xffff, question: query.question, rcode: 3 }),
    response({ id: query.id, question: question("x.example"), rcode: 3 }),
    response({ id: query.id, question: question(query.name, 1), rcode: 3 }),
    good(query) as Uint8Array,
  ];
  await withServers([behaviour], {}, async (resolver, server) => {
    assert.equal((await resolver.resolveTxt(NAME)).status, "found");
    assert.equal(server.queries.length, 1);
  });
});

test("an alias whose target is not in the answer is asked for; loops of aliases end", async () => {
  const cname = (owner: string, target: string) => ({
    owner,
    type: 5,
    ttl: 20,
    data: question(target).subarray(0, -4),
  });
  const behaviour: Behaviour = (query) =>
    query.name === NAME
      ? response({ id: query.id, question: query.question, answers: [cname(NAME, "keys.example")] })
      : good(query);
  await withServers([behaviour], {}, async (resolver) => {
    assert.deepEqual(await resolver.resolveTxt(NAME), {
      status: "found",
      records: ["v=DKIM1; p=\xe9"],
      ttl: 20,
    });
  });
  const loop: Behaviour = ({ id, question, name }) =>
    response({ id, question, answers: [cname(name, name === "a.example" ? "b.example" : "a.example")] });
  await withServers([loop], {}, async (resolver, server) => {
    assert.equal((await resolver.resolveTxt(NAME)).status, "servfail");
    assert.equal(server.queries.length, 9);
  });
});

test("eight aliases are followed, however many come in one answer; nine are too many", async () => {
  const target = (depth: number) => depth === 0 ? "keys.example" : `alias${depth}.example`;
  for (const inOne of [1, 3, 9]) {
    const behaviour: Behaviour = (query) => {
      const depth = Number(/\d+/.exec(query.name)?.[0] ?? 0);
      if (depth === 0) return good(query);
      const answers = Array.from({ length: Math.min(inOne, depth) }, (_, i) => ({
        owner: target(depth - i),
        type: 5,
        ttl: 20,
        data: name(target(depth - i - 1)),
      }));
      return response({ id: query.id, question: query.question, answers });
    };
    await withServers([behaviour], {}, async (resolver) => {
      assert.equal((await resolver.resolveTxt(target(7))).status, "found", `${inOne} in one answer`);
      assert.equal((await resolver.resolveTxt(target(8))).status, "found", `${inOne} in one answer`);
      const answer = await resolver.resolveTxt(target(9));
      assert.deepEqual([answer.status, "reason" in answer && answer.reason], [
        "servfail",
        "the name is an alias of an alias too many times",
      ]);
    });
  }
});

test("names that cannot be asked for are refused", async () => {
  await withServers([good], {}, async (resolver, server) => {
    for (
      const name of [
        "",
        ".",
        "a..b",
        "a".repeat(64),
        "a.".repeat(127) + "bc",
        "b\xfccher.example",
        "a\tb",
        "a\0b",
      ]
    ) {
      await assert.rejects(resolver.resolveTxt(name), TypeError, JSON.stringify(name));
    }
    assert.equal(server.queries.length, 0);
  });
});
