// What programs get: stable keys, and nothing that a terminal would act on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explanationJson } from "../../cli/commands/explain/json_report.ts";
import { present } from "../support/present.ts";
import { CASES } from "./cases.ts";
import { explained, reportOf } from "./support.ts";

/** The keys of all objects, as paths; elements of lists have one path. */
function keysOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => keysOf(element, `${path}[]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap((
    [key, inner],
  ) => [`${path}.${key}`, ...keysOf(inner, `${path}.${key}`)]);
}

async function reportsOf(name: string): Promise<Record<string, unknown>> {
  const given = present(CASES.find((one) => one.name === name), name);
  const text = explanationJson(name, await explained(given));
  assert.equal(text.indexOf("\n"), text.length - 1, "one line");
  return JSON.parse(text);
}

describe("the report for programs", () => {
  it("has these keys for a message", async () => {
    const report = await reportsOf("forwarder");
    assert.deepEqual(Object.keys(report), [
      "name",
      "outcome",
      "verdict",
      "envelope",
      "from",
      "spf",
      "dkim",
      "iprev",
      "dmarc",
    ]);
    const keys = new Set(keysOf(report));
    for (
      const key of [
        ".envelope.client.value",
        ".envelope.client.source",
        ".envelope.receivedNumber",
        ".spf.result",
        ".spf.identity",
        ".spf.domain",
        ".spf.reason",
        ".spf.mechanism",
        ".spf.recordDomain",
        ".spf.lookups.terms",
        ".spf.lookups.void",
        ".spf.lookups.questions",
        ".spf.steps[].type",
        ".spf.steps[].name",
        ".spf.steps[].status",
        ".spf.steps[].records",
        ".spf.steps[].domain",
        ".spf.steps[].text",
        ".spf.steps[].terms[].term",
        ".spf.steps[].terms[].number",
        ".spf.steps[].terms[].outcome",
        ".spf.steps[].terms[].why",
        ".spf.steps[].terms[].needed[].terms[].needed[].type",
        ".spf.cost.terms",
        ".spf.cost.atLeast",
        ".spf.problems",
        ".dkim.ignored",
        ".dkim.signatures[].result",
        ".dkim.signatures[].domain",
        ".dkim.signatures[].selector",
        ".dkim.signatures[].key.records",
        ".dkim.signatures[].keyBits",
        ".dkim.signatures[].header",
        ".dkim.signatures[].body",
        ".dkim.signatures[].signedAt",
        ".iprev.result",
        ".iprev.lookups[].name",
        ".dmarc.result",
        ".dmarc.policy",
        ".dmarc.authors[].walk[].name",
        ".dmarc.authors[].walk[].outcome",
        ".dmarc.authors[].walk[].records",
        ".dmarc.authors[].organizationalDomain",
        ".dmarc.authors[].recordDomain",
        ".dmarc.authors[].recordOf",
        ".dmarc.authors[].record.p",
        ".dmarc.authors[].policyTag",
        ".dmarc.authors[].identifiers[].state",
        ".dmarc.authors[].identifiers[].aligned",
        ".dmarc.authors[].identifiers[].why",
      ]
    ) {
      assert.ok(keys.has(key), `no ${key}`);
    }
    assert.equal(report.outcome, "authenticates");
  });

  it("has no DKIM for a domain", async () => {
    const report = await reportsOf("too-many");
    assert.deepEqual(Object.keys(report), [
      "name",
      "outcome",
      "verdict",
      "envelope",
      "spf",
      "iprev",
      "dmarc",
    ]);
  });

  it("has what the receiving host reported, if that is named", async () => {
    const message =
      "Authentication-Results: mx.a.example; spf=pass\r\nAuthentication-Results: other; spf=fail\r\n" +
      "From: joe@a.example\r\n\r\n";
    const explanation = await explained({
      records: "",
      message,
      given: { mtaId: "mx.a.example" },
      receiver: "mx.a.example",
    });
    assert.deepEqual(explanation.reported, ["mx.a.example; spf=pass"]);
    assert.match(reportOf("x", explanation), /Reported on arrival: mx\.a\.example; spf=pass/);
  });
});

// deno-lint-ignore no-control-regex -- they are what must not be there
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/;
/** Line ends, and the colours of a terminal. */
// deno-lint-ignore no-control-regex -- colours begin with one
const ALLOWED = /\n|\x1b\[(?:0|2|3[1-6])m/g;

describe("records of 64 KB with control characters", () => {
  const zone = (text: string) =>
    `a.example "v=spf1 ${text}-all"\n_dmarc.a.example "v=DMARC1; p=none; x=${text}"`;
  const evil = "ip4:192.0.2.7 ".repeat(1000) + "exp=\\027[2J\\007\\155\\000 ".repeat(2500);

  it("are escaped in text and JSON, and cut on a terminal alone", async () => {
    const explanation = await explained({
      records: zone(evil),
      domain: "a.example",
      given: { client: "192.0.2.1" },
    });
    assert.equal(explanation.spf.result, "permerror");
    const json = explanationJson("a.example", explanation).trimEnd();
    const plain = reportOf("a.example", explanation);
    const terminal = reportOf("a.example", explanation, true);
    for (const text of [json, plain, terminal]) assert.doesNotMatch(text.replace(ALLOWED, ""), CONTROLS);
    assert.ok(plain.length > 100_000 && terminal.length < 10_000, `${plain.length}, ${terminal.length}`);
    assert.match(terminal, /\.\.\. \(\d{5} characters in all\)/);
  });
});
