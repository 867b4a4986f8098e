// The tree of a check of SPF has all its steps, whatever records lead to each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { explainSpf } from "../../cli/commands/explain/explain_spf.ts";
import { Answers, type Lookup } from "../../cli/explanation/lookup.ts";
import type { SpfRecordNode, SpfTermNode } from "../../cli/commands/explain/spf_nodes.ts";
import { checkSpf } from "../../lib/auth/spf/check_spf.ts";
import type { SpfStep } from "../../lib/auth/spf/results.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import { Random, testSeed } from "../support/random.ts";

const CLIENT = "192.0.2.1";
const NAMES = ["a.example", "b.example", "c.example", "d.example", "no.example"];
const OUTAGES = ["SERVFAIL", "TIMEOUT", "NXDOMAIN"];

function termOf(random: Random): string {
  const name = random.pick(NAMES);
  return random.pick(["", "", "-", "~", "?"]) + random.pick([
    `include:${name}`,
    `include:${name}`,
    "ip4:192.0.2.1",
    "ip4:203.0.113.0/24",
    "ip6:2001:db8::/32",
    "a",
    `a:${name}`,
    `mx:${name}`,
    "ptr",
    `exists:%{i}.${name}`,
    `exists:%{p}.${name}`,
    "all",
    "bad:term",
  ]);
}

function zoneOf(random: Random): string {
  const lines = ["1.2.0.192.in-addr.arpa PTR b.example"];
  for (const name of NAMES.slice(0, 4)) {
    if (random.next() < 0.1) {
      lines.push(`${name} ${random.pick(OUTAGES)}`);
      continue;
    }
    const records = random.next() < 0.05 ? 2 : 1;
    for (let i = 0; i < records; i++) {
      const terms = Array.from({ length: random.below(5) }, () => termOf(random));
      if (random.next() < 0.3) terms.push(`redirect=${random.pick(NAMES)}`);
      if (random.next() < 0.2) terms.push(`exp=${random.pick(NAMES)}`);
      lines.push(`${name} "v=spf1 ${terms.join(" ")}"`);
    }
    if (random.next() < 0.5) lines.push(`${name} A ${random.pick([CLIENT, "203.0.113.1"])}`);
    if (random.next() < 0.5) lines.push(`${name} MX 0 ${random.pick(NAMES)}`);
  }
  return lines.join("\n");
}

/** All nodes of a tree, in order. */
function flat(steps: readonly (Lookup | SpfRecordNode)[]): (Lookup | SpfRecordNode | SpfTermNode)[] {
  return steps.flatMap((step) =>
    step.type === "record" ? [step, ...step.terms.flatMap((term) => [term, ...flat(term.needed)])] : [step]
  );
}

test("every lookup, record and term of 3000 checks is in the tree, in order and numbered", async () => {
  const random = new Random(testSeed("trees of SPF"));
  const results = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    const zone = zoneOf(random);
    const steps: SpfStep[] = [];
    const resolver = parseRecordsFile(zone);
    const query = { client: CLIENT, helo: "h.example", mailFrom: "joe@a.example" };
    const result = await checkSpf(query, { resolver, onStep: (step) => void steps.push(step) });
    const value = (text: string) => ({ value: text, source: "option" as const });
    const envelope = { client: value(CLIENT), helo: value("h.example"), mailFrom: value("joe@a.example") };
    const part = await explainSpf(envelope, new Answers(resolver), "unknown");
    const nodes = flat(part.steps);
    assert.equal(part.result, result.result, zone);
    results.add(result.result);
    const terms = nodes.filter((node) => "term" in node);
    assert.deepEqual(
      nodes.flatMap((node) => "status" in node ? [`${node.type} ${node.name} ${node.status}`] : []),
      steps.flatMap((step) =>
        step.type === "lookup" ? [`${step.recordType} ${step.name} ${step.status}`] : []
      ),
      zone,
    );
    assert.deepEqual(
      nodes.flatMap((node) => "text" in node ? [node.text] : []),
      steps.flatMap((step) => step.type === "record" ? [step.text] : []),
      zone,
    );
    // A redirect that leads nowhere is followed first, and only then an error.
    const isMechanism = (term: string) => !term.startsWith("redirect=");
    const ended = (all: readonly (readonly [string, boolean])[]) => all.map((term) => term.join()).toSorted();
    assert.deepEqual(
      ended(
        terms.flatMap(({ term, outcome }) =>
          outcome !== "error" && isMechanism(term) ? [[term, outcome === "match"] as const] : []
        ),
      ),
      ended(
        steps.flatMap((step) =>
          step.type === "term" && isMechanism(step.term) ? [[step.term, step.matched] as const] : []
        ),
      ),
      zone,
    );
    const numbers = terms.flatMap(({ number }) => number === undefined ? [] : [number]);
    assert.deepEqual(numbers, Array.from({ length: result.lookups.terms }, (_, n) => n + 1), zone);
    assert.ok(terms.every(({ why }) => why !== ""), zone);
  }
  assert.deepEqual([...results].sort(), [
    "fail",
    "neutral",
    "none",
    "pass",
    "permerror",
    "softfail",
    "temperror",
  ]);
});
