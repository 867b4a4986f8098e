// Results of DMARC: which policy applies, what is aligned, and what an error or a doubtful From does.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TxtAnswer } from "../../../lib/dns/resolver.ts";
import { dmarcAuthors, DmarcEvaluation, evaluateDmarc } from "../../../lib/auth/dmarc/evaluation.ts";
import { bytes } from "../dkim/support.ts";
import { evaluate, signed, type Zone, ZoneResolver } from "./support.ts";

const REJECT: Zone = { "_dmarc.example.com": ["v=DMARC1; p=reject"] };
const spf = (domain: string, result = "pass") => ({ spf: { result, domain } });

test("SPF or DKIM for the author's domain or one of its organization is enough", async () => {
  for (const domain of ["example.com", "Example.COM.", "mail.example.com"]) {
    const bySpf = await evaluate(REJECT, "example.com", spf(domain));
    assert.deepEqual([bySpf.result, bySpf.aligned], ["pass", { spf: true, dkim: false }], domain);
    const byDkim = await evaluate(REJECT, "example.com", { dkim: [signed("other.example"), signed(domain)] });
    assert.deepEqual([byDkim.result, byDkim.aligned], ["pass", { spf: false, dkim: true }], domain);
  }
  const above = await evaluate(REJECT, "a.b.example.com", { dkim: [signed("example.com")] });
  assert.equal(
    above.reason,
    "DKIM for example.com passed, and it has the author's organizational domain, example.com",
  );
});

test("what passed for another domain, or did not pass, is no help", async () => {
  for (
    const domain of [
      "com",
      "example.org",
      "notexample.com",
      "example.com.evil.example",
      "",
      "a..b",
      "exam ple.com",
    ]
  ) {
    const { result, policy, aligned } = await evaluate(REJECT, "example.com", {
      ...spf(domain),
      dkim: [signed(domain)],
    });
    assert.deepEqual([result, policy, aligned], ["fail", "reject", { spf: false, dkim: false }], domain);
  }
  for (const status of ["fail", "neutral", "policy", "permerror", "none", "softfail"]) {
    const dkim = [{ status, domain: "example.com" }];
    const { result, reason, identifiers } = await evaluate(REJECT, "example.com", {
      ...spf("example.com", status),
      dkim,
    });
    assert.deepEqual([result, reason], ["fail", "neither SPF nor DKIM passed for example.com"], status);
    assert.deepEqual(identifiers.map(({ state }) => state), ["not-passed", "not-passed"]);
  }
});

test("the reason of a fail says of each identifier why it is not aligned", async () => {
  const zone: Zone = { ...REJECT, "_dmarc.own.example.com": ["v=DMARC1; p=none; psd=n"] };
  const { reason } = await evaluate(zone, "example.com", {
    ...spf("bounces.example.net"),
    dkim: [{ status: "fail", domain: "example.com" }, signed("own.example.com")],
  });
  assert.equal(
    reason,
    "nothing that passed is aligned with example.com: SPF for bounces.example.net: it is not within the organizational " +
      "domain example.com; DKIM for own.example.com: its organizational domain is own.example.com",
  );
});

test("strict alignment wants the same domain, for each method on its own", async () => {
  const zone: Zone = { "_dmarc.example.com": ["v=DMARC1; p=reject; adkim=s"] };
  const relaxed = await evaluate(zone, "example.com", spf("a.example.com"));
  assert.equal(relaxed.result, "pass");
  const strict = await evaluate(zone, "example.com", { dkim: [signed("a.example.com")] });
  assert.equal(strict.result, "fail");
  assert.equal(strict.identifiers[0]?.reason, "adkim=s wants the author's domain, example.com");
  assert.equal((await evaluate(zone, "example.com", { dkim: [signed("EXAMPLE.com")] })).result, "pass");
});

test("an identifier outside of the organization costs no lookup", async () => {
  const resolver = new ZoneResolver(REJECT);
  const identifiers = { ...spf("a.b.c.example.net"), dkim: [signed("notexample.com"), signed("com")] };
  await evaluateDmarc({ domains: ["example.com"] }, identifiers, { resolver });
  assert.deepEqual(resolver.asked, ["_dmarc.example.com", "_dmarc.com"]);
});

test("the policy is p= of an own record, otherwise sp=, np= or p= of the organization's", async () => {
  const zone: Zone = {
    "_dmarc.example.com": ["v=DMARC1; p=reject; sp=none; np=quarantine"],
    "_dmarc.own.example.com": ["v=DMARC1; p=quarantine; sp=reject; np=reject"],
    "there.example.com": "exists",
    "a.own.example.com": "exists",
    "_dmarc.few.example": ["v=DMARC1; p=quarantine; np=reject"],
    "there.few.example": "exists",
  };
  const cases: readonly [string, string, string, string][] = [
    ["example.com", "reject", "p", "example.com"],
    ["there.example.com", "none", "sp", "example.com"],
    ["gone.example.com", "quarantine", "np", "example.com"],
    ["own.example.com", "quarantine", "p", "own.example.com"],
    ["a.own.example.com", "none", "sp", "example.com"],
    ["there.few.example", "quarantine", "p", "few.example"],
    ["gone.few.example", "reject", "np", "few.example"],
  ];
  for (const [author, policy, tag, domain] of cases) {
    const found = await evaluate(zone, author);
    assert.deepEqual([found.result, found.policy, found.policyTag, found.recordDomain], [
      "fail",
      policy,
      tag,
      domain,
    ], author);
  }
});

test("whether the author's domain exists is asked only if np= makes a difference", async () => {
  for (
    const [tags, asks] of [["np=none", true], ["np=reject", false], ["sp=none; np=none", false], [
      "sp=none",
      false,
    ]]
  ) {
    const resolver = new ZoneResolver({ "_dmarc.example.com": [`v=DMARC1; p=reject; ${tags}`] });
    await evaluateDmarc({ domains: ["gone.example.com"] }, {}, { resolver });
    assert.equal(resolver.asked.includes("gone.example.com"), asks, `${tags}`);
  }
});

test("the record of a public suffix is the last resort, and one in between is not used", async () => {
  const zone: Zone = {
    "_dmarc.bank.example": ["v=DMARC1; p=none; sp=quarantine; np=reject; psd=y"],
    "_dmarc.b.giant.bank.example": ["v=DMARC1; p=none"],
    "a.b.giant.bank.example": "exists",
    "_dmarc.mega.bank.example": ["v=DMARC1; p=none"],
  };
  const giant = await evaluate(zone, "a.b.giant.bank.example", spf("mega.bank.example"));
  assert.deepEqual(
    [giant.result, giant.policy, giant.recordDomain, giant.organizationalDomain],
    ["fail", "quarantine", "bank.example", "giant.bank.example"],
  );
  assert.equal((await evaluate(zone, "gone.bank.example")).policy, "reject");
  assert.equal((await evaluate(zone, "mega.bank.example")).policy, "none");
  const suffix = await evaluate(zone, "bank.example", spf("mega.bank.example"));
  assert.deepEqual([suffix.result, suffix.policy, suffix.policyTag], ["fail", "none", "p"]);
});

test("t=y makes the policy a step milder, whichever tag it is from", async () => {
  const tested = async (tags: string, author = "example.com") => {
    const zone: Zone = { "_dmarc.example.com": [`v=DMARC1; ${tags}; t=y`], "sub.example.com": "exists" };
    const { policy, testing } = await evaluate(zone, author);
    assert.equal(testing, true);
    return policy;
  };
  assert.equal(await tested("p=reject"), "quarantine");
  assert.equal(await tested("p=quarantine"), "none");
  assert.equal(await tested("p=none"), "none");
  assert.equal(await tested("p=none; sp=reject", "sub.example.com"), "quarantine");
  assert.equal(await tested("p=none; np=quarantine", "gone.example.com"), "none");
});

test("without a record that applies the result is none, whatever passed", async () => {
  const zones: readonly Zone[] = [
    {},
    { "_dmarc.example.com": ["v=DMARC1; p=reject", "v=DMARC1; p=reject"] },
    { "_dmarc.example.com": ["v=dmarc1; p=reject"] },
    { "_dmarc.example.com": ["v=DMARC1; p=rejct"] },
  ];
  for (const zone of zones) {
    const found = await evaluate(zone, "example.com", {
      ...spf("example.com"),
      dkim: [signed("example.com")],
    });
    assert.deepEqual(
      [found.result, found.policy, found.record],
      ["none", undefined, undefined],
      JSON.stringify(zone),
    );
    assert.deepEqual(found.aligned, { spf: false, dkim: false });
  }
  // RFC 9989 section 4.10.1 stops at a record without a policy; it does not go on to the one above.
  const bad: Zone = { ...REJECT, "_dmarc.a.example.com": ["v=DMARC1; p=rejct"] };
  assert.match(
    (await evaluate(bad, "a.example.com")).reason,
    /^a\.example\.com publishes a record without a policy: p= has/,
  );
});

test("a failed lookup that the policy depends on is a temperror without a policy", async () => {
  const zones: readonly Zone[] = [
    { "_dmarc.a.example.com": "timeout", ...REJECT },
    { "_dmarc.example.com": "servfail" },
    { ...REJECT, "_dmarc.com": "timeout" },
    { "_dmarc.example.com": ["v=DMARC1; p=reject; np=none"], "a.example.com": "timeout" },
  ];
  for (const zone of zones) {
    const found = await evaluate(zone, "a.example.com");
    assert.deepEqual([found.result, found.policy], ["temperror", undefined], JSON.stringify(zone));
    assert.match(found.reason, /^the policy is not known: /);
  }
});

test("a failed lookup beside the point changes nothing", async () => {
  const own: Zone = { ...REJECT, "_dmarc.com": "timeout" };
  assert.equal((await evaluate(own, "example.com", spf("example.com"))).result, "pass");
  assert.equal((await evaluate(own, "example.com", spf("example.net"))).result, "fail");
  const strict: Zone = { "_dmarc.example.com": ["v=DMARC1; p=reject; aspf=s"], "_dmarc.com": "timeout" };
  assert.equal((await evaluate(strict, "example.com", spf("a.example.com"))).result, "fail");
  const exists: Zone = { "_dmarc.example.com": ["v=DMARC1; p=reject; np=none"], "a.example.com": "timeout" };
  const passed = await evaluate(exists, "a.example.com", spf("example.com"));
  assert.deepEqual([passed.result, passed.policy], ["pass", undefined]);
});

test("an identifier that could have been aligned makes a temperror, unless another is", async () => {
  const open = { dkim: [{ status: "temperror", domain: "sub.example.com" }] };
  const found = await evaluate(REJECT, "example.com", { ...spf("example.net"), ...open });
  assert.deepEqual([found.result, found.policy], ["temperror", undefined]);
  assert.match(found.reason, /^DKIM for sub\.example\.com: whether it passes is not known/);
  assert.equal((await evaluate(REJECT, "example.com", { ...spf("example.com"), ...open })).result, "pass");
  const other = { dkim: [{ status: "temperror", domain: "example.net" }] };
  assert.equal(
    (await evaluate(REJECT, "example.com", { ...spf("example.org", "temperror"), ...other })).result,
    "fail",
  );
  assert.equal((await evaluate(REJECT, "example.com", spf("example.com", "temperror"))).result, "temperror");
  const zone: Zone = { ...REJECT, "_dmarc.a.example.com": "timeout" };
  const unwalked = await evaluate(zone, "example.com", spf("a.example.com"));
  assert.deepEqual([unwalked.result, unwalked.identifiers[0]?.state], ["temperror", "unknown"]);
});

test("an author who cannot be known is a permerror, without a lookup", async () => {
  const resolver = new ZoneResolver(REJECT);
  const from = (...values: string[]) =>
    evaluateDmarc(dmarcAuthors(values.map(bytes)), { dkim: [signed("example.com")] }, { resolver });
  const cases: readonly [string[], RegExp][] = [
    [[], /there is no From/],
    [[""], /From has no address/],
    [[" example.com"], /From has no address/],
    [[" a@example.com", " b@example.com"], /there are 2 From fields/],
    [[" a@example.com(.evil.example"], /out of place/],
    [[" <a@example.com\0.evil.example>"], /control character/],
    [[" a@example.com\\.evil.example"], /out of place/],
    [[" a@x.example, b@y.example, c@z.example, d@example.com"], /From names 4 domains, more than 3/],
  ];
  for (const [values, reason] of cases) {
    const found = await from(...values);
    assert.deepEqual([found.result, found.policy, found.authors], ["permerror", undefined, []], `${values}`);
    assert.match(found.reason, reason);
  }
  assert.deepEqual(resolver.asked, []);
  assert.equal((await from(' "b@evil.example" <a@example.com>')).result, "pass");
});

test("a domain that is none is an error of the caller", async () => {
  for (const domain of ["", "a b", "a!", "a..b", "x".repeat(64)]) {
    const resolver = new ZoneResolver({});
    await assert.rejects(evaluateDmarc({ domains: [domain] }, {}, { resolver }), (error: Error) => {
      return error instanceof TypeError && error.message.includes(JSON.stringify(domain));
    }, domain);
  }
});

test("with several authors the strictest outcome decides, and all must pass", async () => {
  const zone: Zone = {
    "_dmarc.reject.example": ["v=DMARC1; p=reject"],
    "_dmarc.quarantine.example": ["v=DMARC1; p=quarantine"],
    "_dmarc.none.example": ["v=DMARC1; p=none"],
    "_dmarc.broken.example": "timeout",
    "_dmarc.passing.example": ["v=DMARC1; p=reject"],
    "_dmarc.also.example": ["v=DMARC1; p=none"],
  };
  const dkim = [signed("passing.example"), signed("also.example")];
  const order: readonly [string, string][] = [
    ["reject", "fail"],
    ["broken", "temperror"],
    ["quarantine", "fail"],
    ["none", "fail"],
    ["absent", "none"],
    ["passing", "pass"],
    ["also", "pass"],
  ];
  for (const [i, [stricter, result]] of order.entries()) {
    for (const [milder] of order.slice(i + 1)) {
      if (stricter === "passing") continue;
      for (const names of [[stricter, milder], [milder, stricter]]) {
        const domains = names.map((name) => `${name}.example`);
        const found = await evaluate(zone, domains, { dkim });
        assert.deepEqual([found.authorDomain, found.result], [`${stricter}.example`, result], `${domains}`);
        assert.deepEqual(found.authors.map(({ authorDomain }) => authorDomain), domains);
      }
    }
  }
  const both = await evaluate(zone, ["passing.example", "also.example"], { dkim });
  assert.deepEqual([both.result, both.authorDomain], ["pass", "passing.example"]);
  assert.equal((await evaluate(zone, ["passing.example", "PASSING.example"], { dkim })).authors.length, 1);
});

test("the lookups for the authors begin before SPF and DKIM are known, and end with the signal", async () => {
  const asked: string[] = [];
  const controller = new AbortController();
  const evaluation = new DmarcEvaluation({ domains: ["example.com"] }, {
    resolver: {
      resolveTxt: (name, signal) =>
        new Promise<TxtAnswer>((_, reject) => {
          asked.push(name);
          signal?.addEventListener("abort", () => reject(signal.reason));
        }),
      close() {},
    },
    signal: controller.signal,
  });
  assert.deepEqual(asked, ["_dmarc.example.com", "_dmarc.com"]);
  const finishing = evaluation.finish({ dkim: [signed("example.com")] });
  controller.abort();
  const { result, reason } = await finishing;
  assert.equal(result, "temperror");
  assert.equal(reason, "the policy is not known: _dmarc.example.com: the lookup was given up");
});

test("the trace tells the whole way to the result", async () => {
  const zone: Zone = {
    "_dmarc.example.com": ["v=DMARC1; p=reject; sp=quarantine; t=y; psd=n"],
    "_dmarc.own.example.com": ["v=DMARC1; psd=n"],
  };
  const { trace, queries } = await evaluate(zone, "news.example.com", {
    ...spf("example.com", "softfail"),
    dkim: [signed("own.example.com")],
  });
  assert.deepEqual(trace, [
    "_dmarc.news.example.com: no record (nxdomain)",
    "_dmarc.example.com: a record, p=reject; sp=quarantine; t=y; psd=n",
    "organizational domain of news.example.com: example.com",
    "policy: none, sp= of example.com, a step milder than quarantine since t=y",
    "spf=softfail for example.com: not-passed, it did not pass",
    "_dmarc.own.example.com: a record without a policy: p= is missing, and there is no valid rua=",
    "organizational domain of own.example.com: own.example.com",
    "dkim=pass for own.example.com: not-aligned, its organizational domain is own.example.com",
    "news.example.com: fail, nothing that passed is aligned with news.example.com: DKIM for own.example.com: its " +
    "organizational domain is own.example.com",
  ]);
  assert.deepEqual(queries, ["_dmarc.news.example.com", "_dmarc.example.com"]);
});
