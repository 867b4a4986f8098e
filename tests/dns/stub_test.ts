import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { StubResolver, type StubResolverOptions } from "../../lib/dns/stub.ts";
import { until } from "../server/support.ts";
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

const NAME = "sel._domainkey.example.org";

const good: Behaviour = ({ id, question, name }) =>
  response({ id, question, answers: [txt(name, 300, "v=DKIM1; ", "p=\xe9")] });
const failing = (rcode: number): Behaviour => ({ id, question }) => response({ id, question, rcode });
const silent: Behaviour = () => undefined;

/** How long a server has for an answer, in milliseconds of the test's clock. */
const ATTEMPT = 2000;

/** Says nothing for longer than anybody waits. */
const outwaiting = (clock: ManualClock): Behaviour => () => void clock.advance(ATTEMPT);

async function withServers(
  behaviours: readonly Behaviour[],
  { clock = new ManualClock(), ...options }: StubResolverOptions,
  run: (resolver: StubResolver, ...servers: TestServer[]) => Promise<void>,
): Promise<void> {
  const servers = await Promise.all(behaviours.map((behaviour) => TestServer.start(behaviour)));
  const resolver = new StubResolver({
    servers: servers.map((server) => server.address),
    attemptTimeout: ATTEMPT,
    deadline: 5 * ATTEMPT,
    clock,
    ...options,
  });
  try {
    await run(resolver, ...servers);
  } finally {
    resolver.close();
    await Promise.all(servers.map((server) => server.stop()));
  }
}

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
