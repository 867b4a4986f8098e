// Resolvers from options: of the service, and of a filter beside it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolverBeside, resolverOfOptions, resolverWhenNeeded } from "../../lib/dns/resolver_options.ts";
import { StaticResolver } from "../../lib/dns/static_resolver.ts";
import { StubResolver } from "../../lib/dns/stub.ts";
import { OptionError, type OptionSpec, OptionValues } from "../../lib/options/options.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { response, TestServer, txt } from "./support.ts";

const SPECS: readonly OptionSpec[] = [
  { name: "dns-server", kind: "string", repeatable: true, description: "" },
  { name: "dns-timeout", kind: "duration", description: "" },
  { name: "dns-records", kind: "file", description: "" },
];
const given = (...options: [name: string, text: string][]) => new OptionValues(SPECS, options);
const never = () => assert.fail("the service's resolver is not needed");

test("a resolver asks the servers of the options", async () => {
  const server = await TestServer.start((query) =>
    response({ ...query, answers: [txt(query.name, 9, "here")] })
  );
  try {
    for (const make of [resolverOfOptions, (options: OptionValues) => resolverWhenNeeded(options)()]) {
      const resolver = make(given(["dns-server", server.address]));
      const answer = await resolver.resolveTxt("example.org");
      assert.deepEqual(answer, { status: "found", records: ["here"], ttl: 9 });
      resolver.close();
    }
  } finally {
    await server.stop();
  }
});

test("options that cannot be used are refused before the resolver is needed", () => {
  const wrong: [OptionValues, RegExp][] = [
    [given(["dns-server", "ns.example"]), /--dns-server "ns\.example"/],
    [given(["dns-records", "/nonexistent"]), /--dns-records "\/nonexistent"/],
    [given(["dns-records", "/dev/null"], ["dns-server", "127.0.0.1"]), /leave out --dns-server/],
    [
      given(["dns-timeout", "1s"], ["dns-records", "/dev/null"]),
      /with --dns-records no server is waited for/,
    ],
  ];
  const refuses = (work: () => unknown, reason: RegExp) =>
    assert.throws(work, (error) => error instanceof OptionError && reason.test(error.message));
  for (const [options, reason] of wrong) {
    refuses(() => resolverOfOptions(options), reason);
    refuses(() => resolverWhenNeeded(options), reason);
    refuses(() => resolverBeside(never, options), reason);
  }
});

test("a filter has the resolver of the service unless its options say otherwise", () => {
  const shared = new StubResolver({ servers: ["127.0.0.1"] });
  assert.deepEqual(resolverBeside(() => shared, given()), { resolver: shared, own: false });
  for (const options of [given(), given(["dns-records", "/dev/null"])]) {
    const needed = resolverWhenNeeded(options);
    assert.equal(needed(), needed());
  }
  const records = resolverBeside(never, given(["dns-records", "/dev/null"]));
  assert.ok(records.own && records.resolver instanceof StaticResolver);
  const server = resolverBeside(never, given(["dns-server", "127.0.0.2"]));
  assert.ok(server.own && server.resolver instanceof StubResolver);
  assert.throws(
    () => resolverBeside(() => new StaticResolver(new Map()), given(["dns-timeout", "1s"])),
    /the service takes its answers from --dns-records/,
  );
});

test("a filter with another time-out asks the servers of the service", { timeout: 20_000 }, async () => {
  const server = await TestServer.start(() => undefined);
  try {
    const clock = new ManualClock();
    const shared = new StubResolver({ servers: [server.address], deadline: 60_000, clock });
    const { resolver, own } = resolverBeside(() => shared, given(["dns-timeout", "100ms"]));
    assert.ok(own);
    const answer = resolver.resolveTxt("example.org");
    while (server.queries.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    clock.advance(101);
    assert.equal((await answer).status, "timeout");
    resolver.close();
    shared.close();
  } finally {
    await server.stop();
  }
});
