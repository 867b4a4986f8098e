// Answers of the DNS that a test makes up.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineFilter, DnsLookupError, type FilterDns, InvalidSettingError } from "../../mod.ts";
import { deliver, dnsAnswers, make } from "../../lib/testing.ts";

/** The DNS of a filter with these answers. */
async function dnsWith(names: Parameters<typeof dnsAnswers>[0]): Promise<FilterDns> {
  let dns: FilterDns | undefined;
  const asking = defineFilter({
    name: "asking",
    create(_options, kit) {
      dns = kit.dns;
      return { eom() {} };
    },
  });
  await make(asking, {}, { resolver: dnsAnswers(names) });
  assert.ok(dns);
  return dns;
}

describe("dnsAnswers", () => {
  it("answers with the records of a name, by type", async () => {
    const dns = await dnsWith({
      "Example.org.": {
        A: ["192.0.2.1", "192.0.2.2"],
        AAAA: ["2001:DB8::1"],
        MX: ["20 b.example.org", "10 A.example.org."],
        TXT: ["v=spf1 -all", "\u00fc"],
      },
      "alias.example": { CNAME: "example.org" },
      "192.0.2.1": { PTR: ["mx.example.org"] },
      "2001:db8::1": { PTR: ["six.example.org"] },
    });
    assert.deepEqual(await dns.a("example.org"), ["192.0.2.1", "192.0.2.2"]);
    assert.deepEqual(await dns.aaaa("EXAMPLE.org"), ["2001:db8::1"]);
    assert.deepEqual(await dns.mx("example.org"), [
      { preference: 10, exchange: "a.example.org" },
      { preference: 20, exchange: "b.example.org" },
    ]);
    assert.deepEqual(await dns.txt("alias.example"), ["v=spf1 -all", "\u00c3\u00bc"]);
    assert.deepEqual(await dns.ptr("192.0.2.1"), ["mx.example.org"]);
    assert.deepEqual(await dns.ptr("2001:db8::1"), ["six.example.org"]);
  });

  it("says that nothing else exists", async () => {
    const dns = await dnsWith({ "example.org": { A: ["192.0.2.1"], TXT: [] } });
    assert.deepEqual(await dns.txt("example.org"), []);
    assert.deepEqual(await dns.aaaa("example.org"), []);
    assert.deepEqual(await dns.a("example.com"), []);
  });

  it("fails as it is told, for a name or a type", async () => {
    const dns = await dnsWith({
      "down.example": "timeout",
      "half.example": { A: ["192.0.2.1"], TXT: "servfail" },
    });
    const failsWith = (lookup: Promise<unknown>, status: string) =>
      assert.rejects(lookup, (error) => error instanceof DnsLookupError && error.status === status);
    await failsWith(dns.mx("down.example"), "timeout");
    await failsWith(dns.txt("half.example"), "servfail");
    assert.deepEqual(await dns.a("half.example"), ["192.0.2.1"]);
  });

  it("serves filters that the delivery makes", async () => {
    const named = defineFilter({
      name: "named",
      changes: ["addHeader"],
      create: (_options, { dns }) => ({
        async eom(message, { client }) {
          message.addHeader("X-Names", (await dns.ptr(client?.address ?? "")).join(" "));
        },
      }),
    });
    const resolver = dnsAnswers({ "192.0.2.1": { PTR: ["a.example", "b.example"] } });
    (await deliver(named, { resolver })).assertHeader("X-Names", "a.example b.example");
  });

  it("refuses what is no name, type or record", () => {
    for (
      const [names, message] of [
        [{ "a..b": {} }, /dnsAnswers: "a\.\.b" is neither a domain name nor an IP address$/],
        [
          { "a.example": { A: ["192.0.2"] } },
          /A of a\.example: "192\.0\.2": the value is not an IPv4 address/,
        ],
        [{ "a.example": { MX: ["mx.example"] } }, /MX of a\.example: .* needs a preference/],
        [
          { "a.example": { MX: "mx.example" } },
          /MX of a\.example must be a list of texts, or one of timeout/,
        ],
        [{ "a.example": { SPF: ["x"] } }, /type "SPF"; the types are TXT, A, AAAA, MX, PTR, CNAME$/],
        [{ "a.example": { TXT: [5] } }, /TXT of a\.example holds a number/],
        [{ "a.example": { CNAME: "b.example", A: ["192.0.2.1"] } }, /is an alias/],
        [{ "a.example": "broken" }, /a\.example needs records such as .* or one of timeout, servfail/],
      ] as [never, RegExp][]
    ) {
      assert.throws(
        () => dnsAnswers(names),
        (error) => error instanceof InvalidSettingError && message.test(error.message),
        String(message),
      );
    }
  });
});
