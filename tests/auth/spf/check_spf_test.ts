import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import type { SpfStep } from "../../../lib/auth/spf/results.ts";
import { check, notingResolver, withRecord, type Zone, zoneResolver } from "./support.ts";

test("each result, with the mechanism, the domain and why", async () => {
  const cases: [record: string, result: string, mechanism: string | undefined, reason: string][] = [
    ["v=spf1 ip4:192.0.2.0/30 -all", "pass", "ip4:192.0.2.0/30", "the domain permits the client"],
    ["v=spf1 -all", "fail", "-all", "the domain does not permit the client"],
    ["v=spf1 ~all", "softfail", "~all", "the domain says that the client is probably not permitted"],
    [
      "v=spf1 ?ip4:192.0.2.1",
      "neutral",
      "?ip4:192.0.2.1",
      "the domain says neither that the client is permitted nor that it is not",
    ],
    ["v=spf1", "neutral", undefined, "no mechanism of the domain's record matches the client"],
    ["v=spf1 moo", "permerror", "moo", "the mechanism is unknown"],
  ];
  for (const [record, result, mechanism, reason] of cases) {
    assert.deepEqual(await check(withRecord(record)), {
      result,
      identity: "mailfrom",
      domain: "example.org",
      reason,
      mechanism,
      recordDomain: "example.org",
      lookups: { terms: 0, void: 0, questions: 1 },
      ...(result === "permerror" ? {} : { explanation: undefined }),
    }, record);
  }
});

test("without a record: none; an outage: temperror; several records: permerror", async () => {
  const cases: [zone: Zone, result: string, reason: string][] = [
    [{}, "none", "the domain does not exist"],
    [{ "example.org": { A: ["192.0.2.1"] } }, "none", "the domain has no SPF record"],
    [{ "x.example.org": { A: ["192.0.2.1"] } }, "none", "the domain has no SPF record"],
    [{ "example.org": { TXT: ["v=spf10 +all", "spf1"] } }, "none", "the domain has no SPF record"],
    [{ "example.org": { TXT: "TIMEOUT" } }, "temperror", "a lookup of TXT records failed (timeout)"],
    [{ "example.org": { TXT: "SERVFAIL" } }, "temperror", "a lookup of TXT records failed (servfail)"],
    [
      { "example.org": { TXT: ["v=spf1 +all", "V=spf1 +all"] } },
      "permerror",
      "the domain has more than one SPF record",
    ],
    [
      { "example.org": { TXT: [["v=sp", "f1", " -a", "ll"], ["x"]] } },
      "fail",
      "the domain does not permit the client",
    ],
  ];
  for (const [zone, result, reason] of cases) {
    const found = await check(zone);
    assert.deepEqual([found.result, found.reason], [result, reason]);
  }
});

test("which name is checked: MAIL FROM, or HELO if asked for or if the sender is null", async () => {
  const zone: Zone = {
    "example.org": { TXT: ["v=spf1 exists:%{l}.%{o}.x.example -all"] },
    "mail.example.org": { TXT: ["v=spf1 exists:%{l}.%{o}.y.example -all"] },
    "joe.example.org.x.example": { A: ["127.0.0.2"] },
    "postmaster.mail.example.org.y.example": { A: ["127.0.0.2"] },
    "postmaster.example.org.x.example": { A: ["127.0.0.2"] },
    "a@b.example.org.x.example": { A: ["127.0.0.2"] },
  };
  const cases: [query: Parameters<typeof check>[1], identity: string, domain: string][] = [
    [{}, "mailfrom", "example.org"],
    [{ mailFrom: "<joe@Example.ORG.>" }, "mailfrom", "example.org"],
    [{ mailFrom: "<@relay.example,@other.example:joe@example.org>" }, "mailfrom", "example.org"],
    [{ mailFrom: "@example.org" }, "mailfrom", "example.org"],
    [{ mailFrom: "example.org" }, "mailfrom", "example.org"],
    [{ mailFrom: "a@b@example.org" }, "mailfrom", "example.org"],
    [{ mailFrom: "" }, "helo", "mail.example.org"],
    [{ mailFrom: "<>" }, "helo", "mail.example.org"],
    [{ identity: "helo" }, "helo", "mail.example.org"],
    [{ mailFrom: "", helo: "Mail.example.org." }, "helo", "mail.example.org"],
  ];
  for (const [query, identity, domain] of cases) {
    const { result, ...rest } = await check(zone, query);
    assert.deepEqual([result, rest.identity, rest.domain], ["pass", identity, domain], JSON.stringify(query));
  }
});

test("what is no domain with a dot is none, and DNS is not asked", async () => {
  const { resolver, asked } = notingResolver({});
  const cases: [mailFrom: string, reason: string][] = [
    ["joe@localhost", "the domain of MAIL FROM has no dot"],
    ["joe", "the domain of MAIL FROM has no dot"],
    ["joe@", "the domain of MAIL FROM is not a domain name"],
    ["joe@[192.0.2.1]", "the domain of MAIL FROM is not a domain name"],
    ["joe@192.0.2.1", "the domain of MAIL FROM is an address, not a domain name"],
    ["joe@a..b.example", "the domain of MAIL FROM is not a domain name"],
    [`joe@${"a".repeat(64)}.example`, "the domain of MAIL FROM is not a domain name"],
    [`joe@${"a.".repeat(127)}example`, "the domain of MAIL FROM is not a domain name"],
    ["joe@exa mple.org", "the domain of MAIL FROM is not a domain name"],
    ["joe@example.org\0", "the domain of MAIL FROM is not a domain name"],
    ["joe@example.org\r\n", "the domain of MAIL FROM is not a domain name"],
    [`joe@${"x".repeat(1_000_000)}`, "the domain of MAIL FROM is not a domain name"],
  ];
  for (const [mailFrom, reason] of cases) {
    const result = await checkSpf({ client: "192.0.2.1", helo: "x", mailFrom }, { resolver });
    assert.deepEqual([result.result, result.reason, result.domain], ["none", reason, undefined], mailFrom);
  }
  for (const helo of ["", "x", "[192.0.2.1]", "192.0.2.1", "a_b"]) {
    const result = await checkSpf({ client: "192.0.2.1", helo, mailFrom: "" }, { resolver });
    assert.deepEqual([result.result, result.identity], ["none", "helo"], helo);
  }
  for (const client of ["", "unix", "192.0.2", "IPv6:2001:db8::1"]) {
    const result = await checkSpf({ client, helo: "x", mailFrom: "joe@example.org" }, { resolver });
    assert.deepEqual([result.result, result.reason], ["none", "the client has no IP address"], client);
  }
  assert.deepEqual(asked, []);
});

test("domains in U-labels are looked up in A-labels; a local part in UTF-8 matches nothing", async () => {
  const zone: Zone = {
    "xn--bcher-kva.example": {
      TXT: ["v=spf1 a:%{l}.x.example include:%{l}.x.example exists:%{o}.y.example -all"],
    },
    "xn--bcher-kva.example.y.example": { A: ["127.0.0.2"] },
    "x.example": { A: ["192.0.2.1"] },
  };
  const passed = await check(zone, { mailFrom: "jo\u00eb@b\u00fccher.example" });
  assert.deepEqual([passed.result, passed.domain], ["pass", "xn--bcher-kva.example"]);
  assert.equal(passed.mechanism, "exists:%{o}.y.example");
  const helo = withRecord("v=spf1 exists:%{h}.y.example -all", zone);
  assert.equal((await check(helo, { helo: "b\u00fccher.example" })).result, "pass");
});

test("a client is IPv4 or IPv6; a mapped address is IPv4", async () => {
  const record = "v=spf1 ?ip4:192.0.2.0/24 ~ip6:2001:db8::/32 -ip6::: -all";
  const cases: [client: string, mechanism: string][] = [
    ["192.0.2.1", "?ip4:192.0.2.0/24"],
    ["::ffff:192.0.2.1", "?ip4:192.0.2.0/24"],
    ["::FFFF:c000:0201", "?ip4:192.0.2.0/24"],
    ["2001:DB8:ffff::1", "~ip6:2001:db8::/32"],
    ["2001:db9::", "-all"],
    ["::", "-ip6:::"],
    ["0.0.0.0", "-all"],
  ];
  for (const [client, mechanism] of cases) {
    assert.equal((await check(withRecord(record), { client })).mechanism, mechanism, client);
  }
  const zero = withRecord("v=spf1 ip4:0.0.0.0/0 -all");
  assert.equal((await check(zero)).result, "pass");
  assert.equal((await check(zero, { client: "2001:db8::1" })).result, "fail");
  assert.equal((await check(withRecord("v=spf1 ip6:::ffff:0:0/96 -all"))).result, "fail");
});

test("a and mx compare the leading bits of the client's family; exists asks for A alone", async () => {
  const zone: Zone = {
    "h.example": { A: ["192.0.2.200"], AAAA: ["2001:db8::ff"] },
    "m.example": { MX: [["10", ""], ["20", "no.example"], ["30", "h.example"]] },
    "six.example": { AAAA: ["2001:db8::ff"] },
  };
  const cases: [client: string, terms: string, result: string][] = [
    ["192.0.2.1", "a:h.example", "neutral"],
    ["192.0.2.1", "a:h.example/24", "pass"],
    ["192.0.2.1", "a:h.example//0", "neutral"],
    ["2001:db8::1", "a:h.example/0", "neutral"],
    ["2001:db8::1", "a:h.example/32//120", "pass"],
    ["192.0.2.1", "mx:m.example/24", "pass"],
    ["2001:db8::1", "mx:m.example//120", "pass"],
    ["2001:db8::1", "exists:h.example", "pass"],
    ["2001:db8::1", "exists:six.example", "neutral"],
  ];
  for (const [client, terms, result] of cases) {
    assert.equal(
      (await check(withRecord(`v=spf1 ${terms}`, zone), { client })).result,
      result,
      `${client} ${terms}`,
    );
  }
});

test("a host of an mx that matches counts, even if the lookup of another fails", async () => {
  const zone = (host: Zone[string]): Zone =>
    withRecord("v=spf1 mx -all", {
      "example.org": { MX: [["1", "down.example"], ["2", "up.example"]] },
      "down.example": { A: "SERVFAIL" },
      "up.example": host,
    });
  assert.equal((await check(zone({ A: ["192.0.2.1"] }))).result, "pass");
  const failed = await check(zone({ A: ["192.0.2.2"] }));
  assert.deepEqual([failed.result, failed.mechanism], ["temperror", "mx"]);
});

test("include takes what its record says as the RFC's table has it", async () => {
  const table: [record: string | undefined, result: string][] = [
    ["v=spf1 +all", "pass"],
    ["v=spf1 -all", "neutral"],
    ["v=spf1 ~all", "neutral"],
    ["v=spf1 ?all", "neutral"],
    ["v=spf1", "neutral"],
    ["v=spf1 moo", "permerror"],
    [undefined, "permerror"],
    ["v=spf1 a:down.example", "temperror"],
    ["v=spf1 redirect=pass.example", "pass"],
  ];
  for (const [record, result] of table) {
    const included: Zone = record === undefined ? {} : { "i.example": { TXT: [record] } };
    const zone = withRecord("v=spf1 include:i.example", {
      ...included,
      "down.example": { A: "TIMEOUT" },
      "pass.example": { TXT: ["v=spf1 +all"] },
    });
    assert.equal((await check(zone)).result, result, record);
  }
});

test("an error names the term and the record where it is, however far in", async () => {
  const zone = withRecord("v=spf1 include:a.example -all", {
    "a.example": { TXT: ["v=spf1 redirect=b.example"] },
    "b.example": { TXT: ["v=spf1 a:down.example -all"] },
    "down.example": { A: "TIMEOUT" },
  });
  const result = await check(zone);
  assert.deepEqual([result.result, result.mechanism, result.recordDomain], [
    "temperror",
    "a:down.example",
    "b.example",
  ]);
  const unknown = await check(withRecord("v=spf1 include:c.example", { "c.example": { TXT: "SERVFAIL" } }));
  assert.deepEqual([unknown.mechanism, unknown.recordDomain], ["include:c.example", "example.org"]);
  const two = { "c.example": { TXT: ["v=spf1 +all", "v=spf1 -all"] } };
  const several = await check(withRecord("v=spf1 include:c.example", two));
  assert.deepEqual([several.mechanism, several.recordDomain], [undefined, "c.example"]);
  const lost = await check(withRecord("v=spf1 redirect=no.example"));
  assert.deepEqual([lost.result, lost.mechanism], ["permerror", "redirect=no.example"]);
  assert.equal(lost.reason, "the domain of redirect has no SPF record");
});

test("redirect is for what matches nothing, and its record decides", async () => {
  const zone: Zone = {
    "r.example": { TXT: ["v=spf1 a:%{d} ~all exp=e.example"], A: ["203.0.113.1"] },
    "f.example": { TXT: ["v=spf1 -all exp=e.example"] },
    "e.example": { TXT: ["%{d} says no to %{o}"] },
  };
  const result = await check(withRecord("v=spf1 redirect=r.example", zone), { client: "203.0.113.1" });
  assert.deepEqual([result.result, result.mechanism, result.recordDomain], ["pass", "a:%{d}", "r.example"]);
  assert.equal(result.domain, "example.org");
  assert.equal((await check(withRecord("v=spf1 redirect=r.example", zone))).result, "softfail");
  assert.equal((await check(withRecord("v=spf1 redirect=r.example ?all", zone))).result, "neutral");
  const failed = await check(withRecord("v=spf1 redirect=f.example exp=other.example", zone));
  assert.equal(failed.explanation, "f.example says no to example.org");
});

test("explanations: of the record that failed, printable, one line, and only if wanted", async () => {
  const texts = (text: string) =>
    withRecord("v=spf1 -all exp=%{d1r}.e.example", { "example.e.example": { TXT: [text] } });
  const explained = async (text: string, query = {}) => (await check(texts(text), query)).explanation;
  assert.equal(
    await explained("%{i} is not %{h}'s%_%% %{r} %{v}"),
    "192.0.2.1 is not mail.example.org's % unknown in-addr",
  );
  assert.equal(
    await explained("%{c} %{ir}", { client: "2001:db8::1" }),
    `2001:db8::1 ${"1" + ".0".repeat(23)}.8.b.d.0.1.0.0.2`,
  );
  assert.equal(await explained("hi %{h}", { helo: "a\r\nb\0\u00e9" }), "hi a??b???");
  assert.equal(await explained("caf\u00e9"), undefined);
  assert.equal(await explained("a\nb"), undefined);
  assert.equal(await explained(""), "");
  assert.equal((await explained("x".repeat(60_000)))?.length, 1000);
  const at = await check(texts("%{t} %{r}"), {}, { now: () => 1234.9, receiver: "mx.example.net" });
  assert.equal(at.explanation, "1234 mx.example.net");
  const several = withRecord("v=spf1 -all exp=e.example", { "e.example": { TXT: ["one", "two"] } });
  assert.equal((await check(several)).explanation, undefined);
  assert.equal((await check(withRecord("v=spf1 ~all exp=e.example", several))).lookups.questions, 1);
  const { resolver, asked } = notingResolver(texts("no"));
  const query = { client: "192.0.2.1", helo: "x", mailFrom: "joe@example.org" };
  assert.equal((await checkSpf(query, { resolver, explain: false })).explanation, undefined);
  assert.deepEqual(asked, ["TXT example.org"]);
});

test("the macro p is a confirmed name: the domain itself, else one below it, else any", async () => {
  const zone = (...names: string[]): Zone => ({
    ...withRecord("v=spf1 -all exp=e.example", { "e.example": { TXT: ["%{p}"] } }),
    "1.2.0.192.in-addr.arpa": { PTR: names },
    ...Object.fromEntries(
      names.map((name) => [`${name}`, { A: [name.startsWith("no") ? "192.0.2.2" : "192.0.2.1"] }]),
    ),
  });
  const p = async (...names: string[]) => {
    const { "example.org": own, ...others } = zone(...names);
    const both = { ...others, "example.org": { ...own, TXT: ["v=spf1 -all exp=e.example"] } };
    return (await check(both)).explanation;
  };
  assert.equal(await p("a.example", "b.example.org", "example.org"), "example.org");
  assert.equal(await p("a.example", "no.example.org", "b.example.org"), "b.example.org");
  assert.equal(await p("no.example", "a.example", "badexample.org"), "a.example");
  assert.equal(await p("no.example.org"), "unknown");
  assert.equal(await p(), "unknown");
});

test("steps tell what was asked, found and matched; without a listener there are none", async () => {
  const steps: SpfStep[] = [];
  const zone = withRecord("v=spf1 include:i.example a:no.example -all", {
    "i.example": { TXT: ["v=spf1 redirect=r.example"] },
    "r.example": { TXT: ["v=spf1 ?ip4:192.0.2.1"] },
  });
  await check(zone, {}, { onStep: (step) => void steps.push(step) });
  assert.deepEqual(
    steps.map((step) =>
      step.type === "lookup"
        ? `${step.recordType} ${step.name} ${step.status}`
        : `${step.depth} ${step.domain} ${
          step.type === "record" ? step.text : `${step.term} ${step.matched}`
        }`
    ),
    [
      "TXT example.org found",
      "0 example.org v=spf1 include:i.example a:no.example -all",
      "TXT i.example found",
      "1 i.example v=spf1 redirect=r.example",
      "1 i.example redirect=r.example true",
      "TXT r.example found",
      "1 r.example v=spf1 ?ip4:192.0.2.1",
      "1 r.example ?ip4:192.0.2.1 true",
      "0 example.org include:i.example false",
      "A no.example nxdomain",
      "0 example.org a:no.example false",
      "0 example.org -all true",
    ],
  );
  const thrower = () => {
    throw new Error("of the listener");
  };
  await assert.rejects(check(zone, {}, { onStep: thrower }), /of the listener/);
});

test("a resolver that throws is an outage", async () => {
  const broken = () => Promise.reject(new Error("broken"));
  const result = await check({}, {}, { resolver: { ...zoneResolver({}), resolveTxt: broken } as never });
  assert.deepEqual([result.result, result.reason], ["temperror", "a lookup of TXT records failed (network)"]);
  const sudden = () => {
    throw new Error("broken");
  };
  assert.equal((await check({}, {}, { resolver: { resolveTxt: sudden } as never })).result, "temperror");
});

test("names that DNS cannot be asked for match nothing", async () => {
  const zone: Zone = { "x.example": { A: ["192.0.2.1"] } };
  const long = "a".repeat(64);
  for (
    const term of [`a:${long}.example`, "exists:x..example", "mx:.example", "ptr:a\\b.example", "a:%{h}"]
  ) {
    const result = await check(withRecord(`v=spf1 ${term} ?all`, zone), { helo: "" });
    assert.deepEqual([result.result, result.lookups.void], ["neutral", 0], term);
  }
  for (const term of [`include:${long}.example`, "redirect=x..example", "include:%{h}"]) {
    assert.equal((await check(withRecord(`v=spf1 ${term}`, zone), { helo: "" })).result, "permerror", term);
  }
});

test("records as large as DNS can carry, and long senders, get a result", async () => {
  const records = [
    "v=spf1 " + "a ".repeat(32_000),
    "v=spf1 " + "ip4:192.0.2.2 ".repeat(4600) + "-all",
    "v=spf1 exists:" + "%{s}".repeat(16_000),
    "v=spf1 exists:" + "%{l1r-}.".repeat(8000) + "x",
    "v=spf1 x=" + "%{h}".repeat(16_000) + " ?all",
    "v=spf1 a:" + "/1".repeat(32_000),
    "v=spf1 a" + "/".repeat(64_000),
    "v=spf1 exists:" + "%".repeat(64_000),
    "v=spf1 -exists:" + "%{s".repeat(20_000),
    "v=spf1 a:" + "a-".repeat(32_000),
    "v=spf1 " + "\0".repeat(64_000),
    "v=spf1 " + "\u00e9".repeat(32_000),
  ];
  const allowed = ["neutral", "fail", "permerror"];
  const l = "-".repeat(100_000);
  for (const record of records) {
    const result = await check(withRecord(record), { mailFrom: `${l}@example.org`, helo: l });
    assert.ok(allowed.includes(result.result), record.slice(0, 40));
    assert.ok(result.lookups.questions <= 12, `${result.lookups.questions} questions`);
  }
});
