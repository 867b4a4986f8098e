// Vectors of RFC 9989 and of other projects' suites: see tests/support/vectors.ts.
import assert from "node:assert/strict";
import { authorDomains } from "../../../lib/auth/author.ts";
import { dmarcAuthors, evaluateDmarc } from "../../../lib/auth/dmarc/evaluation.ts";
import { parseDmarcRecord } from "../../../lib/auth/dmarc/record.ts";
import type { DmarcResult } from "../../../lib/auth/dmarc/results.ts";
import { vectorsOf } from "../../support/vectors.ts";
import { bytes } from "../dkim/support.ts";
import { type Zone, ZoneResolver } from "./support.ts";

interface Expected {
  readonly result?: string | readonly string[];
  readonly policy?: string;
  readonly org?: string;
  readonly aligned?: { readonly spf?: boolean; readonly dkim?: boolean };
  readonly queries?: readonly string[];
}

interface Case {
  readonly id: string;
  readonly name: string;
  readonly zone: Record<string, Record<string, unknown>>;
  readonly from: string;
  readonly spf: { readonly result: string; readonly domain: string } | null;
  readonly dkim: readonly { readonly result: string; readonly domain: string }[];
  readonly expect: Expected;
}

interface RecordVector {
  readonly record: string;
  readonly valid: boolean | null;
  readonly tags?: Record<string, unknown>;
}

interface FromVector {
  readonly field: string;
  readonly domains: readonly string[];
}

interface Vectors {
  readonly cases: readonly Case[];
  readonly records: readonly RecordVector[];
  readonly from_fields: readonly FromVector[];
}

/** Where we disagree on purpose, with the RFC's reason. */
const DISAGREEMENTS: ReadonlyMap<string, string> = new Map([
  [
    "mailauth/45",
    'From is `example.com`, without an @: RFC 5322 section 3.4.1 wants local-part "@" domain, and RFC 9989 section 5.3.1 ' +
    'says: "If zero or more than one domain is extracted … then DMARC validation is not possible"',
  ],
]);

/** Where we refuse a From that others read. */
const REFUSED_FROM: ReadonlyMap<string, string> = new Map([
  ["<<<><joe@joe.com>>>", "brackets that do not match are no angle-addr of RFC 5322 section 3.4"],
]);

const { vectorTest, skip, vectors: found } = vectorsOf<Vectors>("dmarc.json");
const vectors: Vectors = found ?? { cases: [], records: [], from_fields: [] };

function zoneOf(types: Record<string, unknown>): Zone[string] {
  const { TXT: txt } = types;
  if (txt === "TIMEOUT") return "timeout";
  if (txt === "SERVFAIL") return "servfail";
  return Array.isArray(txt) ? txt.map((strings: string[]) => strings.join("")) : "exists";
}

function evaluateCase({ zone, from, spf, dkim }: Case): Promise<DmarcResult> {
  const names = Object.entries(zone).map(([name, types]) => [name, zoneOf(types)]);
  const resolver = new ZoneResolver(Object.fromEntries(names));
  const identifiers = {
    spf: spf ?? undefined,
    dkim: dkim.map(({ result, domain }) => ({ status: result, domain })),
  };
  return evaluateDmarc(dmarcAuthors([bytes(` ${from}`)]), identifiers, { resolver });
}

function differences(result: DmarcResult, expected: Expected): string[] {
  const found: [what: string, ours: unknown, theirs: unknown][] = [
    ["policy", result.policy, expected.policy],
    ["org", result.organizationalDomain, expected.org],
    ["spf", result.aligned.spf, expected.aligned?.spf],
    ["dkim", result.aligned.dkim, expected.aligned?.dkim],
    ["queries", result.queries.join(), expected.queries?.join()],
  ];
  const wrong = found.filter(([, ours, theirs]) => theirs !== undefined && ours !== theirs)
    .map(([what, ours, theirs]) => `${what} is ${ours}, not ${theirs}`);
  const results = [expected.result ?? []].flat();
  if (results.length > 0 && !results.includes(result.result)) {
    wrong.push(`result is ${result.result} (${result.reason}), not ${results}`);
  }
  return wrong;
}

vectorTest(
  "vectors of RFC 9989 and other projects agree, or are named with the reason",
  { skip },
  async () => {
    const unexpected: string[] = [];
    const disagreed = new Set<string>();
    for (const vector of vectors.cases) {
      const wrong = differences(await evaluateCase(vector), vector.expect);
      if (wrong.length === 0) continue;
      if (DISAGREEMENTS.has(vector.id)) disagreed.add(vector.id);
      else unexpected.push(`${vector.id} ${vector.name}: ${wrong.join(", ")}`);
    }
    assert.deepEqual(unexpected, []);
    assert.deepEqual([...disagreed], [...DISAGREEMENTS.keys()], "a reason is given only where we disagree");
    assert.ok(vectors.cases.length >= 92, `${vectors.cases.length} cases`);
  },
);

vectorTest("records of other projects' suites are read as they expect", { skip }, () => {
  const unexpected: string[] = [];
  for (const { record, valid, tags = {} } of vectors.records) {
    const parsed = parseDmarcRecord(record);
    const isValid = parsed.kind === "record";
    if (valid !== null && isValid !== valid) unexpected.push(`${record}: ${parsed.kind}`);
    for (const [name, expected] of Object.entries(tags)) {
      const values: Record<string, unknown> = isValid ? { ...parsed, t: parsed.testing ? "y" : "n" } : {};
      if (JSON.stringify(values[name]) !== JSON.stringify(expected)) {
        unexpected.push(`${record}: ${name} is ${JSON.stringify(values[name])}`);
      }
    }
  }
  assert.deepEqual(unexpected, []);
  assert.ok(vectors.records.length >= 29, `${vectors.records.length} records`);
});

vectorTest("From fields of other projects' suites are read as they expect, or refused with a reason", {
  skip,
}, () => {
  const unexpected: string[] = [];
  const refused: string[] = [];
  for (const { field, domains } of vectors.from_fields) {
    const authors = authorDomains([bytes(` ${field}`)]);
    if ("problem" in authors) refused.push(field);
    else if (authors.domains.join() !== domains.join()) unexpected.push(`${field}: ${authors.domains}`);
  }
  assert.deepEqual(unexpected, []);
  assert.deepEqual(refused, [...REFUSED_FROM.keys()]);
  assert.ok(vectors.from_fields.length >= 10, `${vectors.from_fields.length} fields`);
});
