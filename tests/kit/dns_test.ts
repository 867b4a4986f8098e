// The DNS as filters see it: what there is, that there is nothing, or an error.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StubResolver } from "../../lib/dns/stub.ts";
import { StaticResolver } from "../../lib/dns/static_resolver.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import { defineFilter } from "../../lib/filter/definition.ts";
import { DnsLookupError, type FilterDns } from "../../lib/filter/filter_kit.ts";
import { filterDns } from "../../lib/kit/dns.ts";
import { make } from "../../lib/kit/make.ts";
import { nsdProblem, startNsd, txtLine, zoneHead } from "../dns/nsd.ts";
import { skipFor } from "../support/instance.ts";

const TTL = 60;
const found = <R>(...records: R[]) => ({ status: "found", records, ttl: TTL }) as const;
const records = new StaticResolver(
  new Map([
    ["example.org", {
      txt: found("one", "two"),
      a: found("192.0.2.1"),
      aaaa: found("2001:db8::1"),
      mx: found({ preference: 20, exchange: "b.example.org" }, { preference: 5, exchange: "a.example.org" }),
    }],
    ["1.2.0.192.in-addr.arpa", { ptr: found("host.example.org") }],
    ["down.example.org", { others: { status: "servfail", reason: "the servers could not answer" } }],
  ]),
);
const dns = filterDns(() => records);
const QUESTIONS = ["txt", "a", "aaaa", "mx"] as const satisfies (keyof FilterDns)[];

describe("an answer", () => {
  test("is a list of records", async () => {
    assert.deepEqual(await dns.txt("Example.ORG."), ["one", "two"]);
    assert.deepEqual(await dns.a("example.org"), ["192.0.2.1"]);
    assert.deepEqual(await dns.aaaa("example.org"), ["2001:db8::1"]);
    assert.deepEqual(await dns.ptr("192.0.2.1"), ["host.example.org"]);
  });

  test("about mail servers has the preferred ones first", async () => {
    assert.deepEqual((await dns.mx("example.org")).map(({ exchange }) => exchange), [
      "a.example.org",
      "b.example.org",
    ]);
  });

  test("is an empty list where there is nothing", async () => {
    for (const type of QUESTIONS) assert.deepEqual(await dns[type]("nothing.example.org"), [], type);
    assert.deepEqual(await dns.ptr("2001:db8::2"), []);
    assert.deepEqual(await dns.txt("1.2.0.192.in-addr.arpa"), [], "no records of that type");
  });

  test("is an empty list for what is no name, and nobody is asked", async () => {
    const never = filterDns(() => assert.fail("asked"));
    for (
      const name of ["", ".", "a..b", "x".repeat(64), `${"a.".repeat(127)}aa`, "m\u00fcller.example", "a b"]
    ) {
      for (const type of QUESTIONS) assert.deepEqual(await never[type](name), [], `${type} ${name}`);
    }
    for (const address of ["", "localhost", "192.0.2", "192.0.2.256", "[192.0.2.1]", "/run/socket"]) {
      assert.deepEqual(await never.ptr(address), [], address);
    }
  });

  test("that does not come is an error", async () => {
    for (const type of QUESTIONS) {
      await assert.rejects(dns[type]("down.example.org"), (error) => {
        assert.ok(error instanceof DnsLookupError);
        const { code, value, status, message } = error;
        assert.deepEqual([code, value, status], ["dns-lookup", "down.example.org", "servfail"]);
        assert.equal(
          message,
          `Cannot look up ${type.toUpperCase()} of down.example.org: the servers could not answer`,
        );
        return true;
      });
    }
  });

  test("that nobody waits for any more is an error of the signal", async () => {
    const reason = new Error("over");
    await assert.rejects(dns.a("example.org", AbortSignal.abort(reason)), (error) => error === reason);
    await assert.rejects(dns.ptr("192.0.2.1", AbortSignal.abort(reason)), (error) => error === reason);
  });
});

describe("the kit's DNS", () => {
  test("asks the resolver that it is given, and does not close it", async () => {
    let answer: readonly string[] = [];
    let closed = false;
    const resolver: Resolver = {
      resolveTxt: (name, signal) => records.resolveTxt(name, signal),
      resolveA: (name, signal) => records.resolveA(name, signal),
      resolveAaaa: (name, signal) => records.resolveAaaa(name, signal),
      resolveMx: (name, signal) => records.resolveMx(name, signal),
      resolvePtr: (name, signal) => records.resolvePtr(name, signal),
      close: () => void (closed = true),
    };
    const definition = defineFilter({
      name: "x",
      async create(_, kit) {
        answer = await kit.dns.txt("example.org");
        return {};
      },
    });
    await (await make(definition, {}, { resolver })).dispose();
    assert.deepEqual(answer, ["one", "two"]);
    assert.equal(closed, false);
  });

  test("asks a real name server", { skip: skipFor(nsdProblem()) }, async () => {
    const reverse = "2.0.192.in-addr.arpa";
    const nsd = await startNsd({
      "example.org": zoneHead("example.org") + txtLine("@", "v=spf1 -all") + "@ IN A 192.0.2.1\n" +
        "@ IN MX 20 b\n@ IN MX 5 a\nalias IN CNAME example.org.\n",
      [reverse]: zoneHead(reverse) + "1 IN PTR host.example.org.\n",
      "broken.example": "this is no zone file\n",
    });
    const resolver = new StubResolver({ servers: [nsd.address], deadline: 10_000 });
    const real = filterDns(() => resolver);
    try {
      assert.deepEqual(await real.txt("alias.example.org"), ["v=spf1 -all"]);
      assert.deepEqual(await real.a("alias.example.org"), ["192.0.2.1"]);
      assert.deepEqual(await real.aaaa("example.org"), []);
      assert.deepEqual(await real.a("nothing.example.org"), []);
      assert.deepEqual((await real.mx("example.org")).map(({ exchange }) => exchange), [
        "a.example.org",
        "b.example.org",
      ]);
      assert.deepEqual(await real.ptr("192.0.2.1"), ["host.example.org"]);
      assert.deepEqual(await real.ptr("192.0.2.2"), []);
      const status = (name: string) => real.a(name).then(() => "an answer", (error) => error.status);
      assert.deepEqual([await status("x.broken.example"), await status("example.net")], [
        "servfail",
        "refused",
      ]);
    } finally {
      resolver.close();
      await nsd.stop();
    }
  });
});
