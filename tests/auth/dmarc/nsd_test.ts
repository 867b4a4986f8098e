// DMARC with records from a real name server, which tells a name that does not exist from one without text.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { evaluateDmarc } from "../../../lib/auth/dmarc/evaluation.ts";
import type { DmarcIdentifiers } from "../../../lib/auth/dmarc/results.ts";
import { StubResolver } from "../../../lib/dns/stub.ts";
import { type Nsd, nsdProblem, startNsd, txtLine, zoneHead } from "../../dns/nsd.ts";
import { skipFor } from "../../support/instance.ts";
import { signed } from "./support.ts";

const LONG = `v=DMARC1; p=reject; rua=${
  Array.from({ length: 60 }, (_, i) => `mailto:${i}@a.example`).join(",")
}`;
const ZONE = zoneHead("example") +
  txtLine("_dmarc.org", "v=DMARC1; p=reject; sp=none; np=quarantine") +
  "there.org IN A 192.0.2.1\n" +
  "below.empty.org IN A 192.0.2.1\n" +
  txtLine("_dmarc.shreds", "v=DMARC1; p=quarantine; adkim=s", 5) +
  txtLine("_dmarc.long", LONG) +
  txtLine("*.wild", "v=spf1 -all") +
  txtLine("_dmarc.wild", "v=DMARC1; p=reject; sp=none; np=quarantine") +
  txtLine("_dmarc.two", "v=DMARC1; p=reject") +
  txtLine("_dmarc.two", "v=DMARC1; p=none") +
  "_dmarc.alias IN CNAME _dmarc.org\n";

const skip = skipFor(nsdProblem());
let server: Nsd | undefined;
let resolver: StubResolver | undefined;
after(async () => {
  resolver?.close();
  await server?.stop();
});

async function evaluate(domain: string, identifiers: DmarcIdentifiers = {}) {
  server ??= await startNsd({ example: ZONE });
  resolver ??= new StubResolver({ servers: [server.address], deadline: 10_000 });
  return await evaluateDmarc({ domains: [domain] }, identifiers, { resolver });
}

test("the policy of a domain that exists, and of one that does not", { skip }, async () => {
  const cases: readonly [string, string][] = [
    ["org.example", "reject"],
    ["there.org.example", "none"],
    ["empty.org.example", "none"],
    ["gone.org.example", "quarantine"],
    ["gone.there.org.example", "quarantine"],
    ["any.wild.example", "none"],
    ["alias.example", "reject"],
  ];
  for (const [domain, policy] of cases) {
    const found = await evaluate(domain);
    assert.deepEqual([found.result, found.policy], ["fail", policy], `${domain}: ${found.reason}`);
  }
});

test("a record in many strings, a long one over TCP, and two at one name", { skip }, async () => {
  const shreds = await evaluate("shreds.example", { dkim: [signed("a.shreds.example")] });
  assert.deepEqual([shreds.result, shreds.policy], ["fail", "quarantine"]);
  const long = await evaluate("long.example", { dkim: [signed("a.long.example")] });
  assert.deepEqual([long.result, long.record?.rua.length], ["pass", 60]);
  assert.equal((await evaluate("two.example")).result, "none");
});

test("a server that refuses to answer makes a temperror", { skip }, async () => {
  const { result, reason } = await evaluate("org.test");
  assert.deepEqual([result, reason], [
    "temperror",
    "the policy is not known: _dmarc.org.test: the lookup failed (refused)",
  ]);
});
