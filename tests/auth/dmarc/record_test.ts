// Which texts are DMARC records, and what they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DmarcRecord, parseDmarcRecord } from "../../../lib/auth/dmarc/record.ts";

function recordOf(text: string): DmarcRecord {
  const parsed = parseDmarcRecord(text);
  assert.ok(parsed.kind === "record", `${JSON.stringify(text)} is ${JSON.stringify(parsed)}`);
  return parsed;
}

function assertKind(kind: string, texts: readonly string[]): void {
  for (const text of texts) assert.equal(parseDmarcRecord(text).kind, kind, JSON.stringify(text));
}

test("a record with a policy alone has the defaults", () => {
  assert.deepEqual(parseDmarcRecord("v=DMARC1;p=reject"), {
    kind: "record",
    p: "reject",
    sp: undefined,
    np: undefined,
    adkim: "r",
    aspf: "r",
    testing: false,
    psd: "u",
    rua: [],
    ruf: [],
    fo: ["0"],
    replaced: undefined,
  });
});

test("all tags, in any order and case, with white space", () => {
  const record = recordOf(
    " V = DMARC1 ;\tNP=Reject; sp = QUARANTINE; P=none; ADKIM=S; aspf=s; t=Y; psd=N; fo=d : S:1;" +
      "rua = mailto:a@example.org!10m , https://example.org/r ;ruf=mailto:b@example.org",
  );
  assert.deepEqual([record.p, record.sp, record.np], ["none", "quarantine", "reject"]);
  assert.deepEqual([record.adkim, record.aspf, record.testing, record.psd], ["s", "s", true, "n"]);
  assert.deepEqual(record.rua, ["mailto:a@example.org", "https://example.org/r"]);
  assert.deepEqual(record.ruf, ["mailto:b@example.org"]);
  assert.deepEqual(record.fo, ["d", "s", "1"]);
});

test("a text that does not begin with v=DMARC1, written exactly so, is no record", () => {
  assertKind("foreign", [
    "",
    "v=spf1 -all",
    "p=reject; v=DMARC1",
    "; v=DMARC1; p=reject",
    "v=dmarc1; p=reject",
    "v=DMARC1.0; p=reject",
    "v=DMARC1 p=reject",
    "v=; p=reject",
    "v DMARC1; p=reject",
    "version=DMARC1; p=reject",
    "v=DMARC1\xa0; p=reject",
  ]);
});

test("what is unknown, gone or no tag is ignored", () => {
  const texts = [
    "pct=0",
    "pct=none",
    "rf=x",
    "ri=-1",
    "x_1=y",
    "=",
    "nothing",
    "",
    " ",
    "\xff=\0",
    "v=DMARC2",
  ];
  for (const text of texts) {
    assert.deepEqual(recordOf(`v=DMARC1; ${text}; p=reject;`), recordOf("v=DMARC1; p=reject"), text);
  }
});

test("a bad value counts as a missing tag", () => {
  const bad = "v=DMARC1; p=reject; adkim=x; aspf=; t=yes; psd=no; fo=0:1; rua=bogus; ruf=mailto:nobody";
  assert.deepEqual(recordOf(bad), recordOf("v=DMARC1; p=reject"));
  assert.deepEqual(recordOf("v=DMARC1; p=none; fo=1:1").fo, ["0"]);
  assert.deepEqual(recordOf("v=DMARC1; p=none; fo=x:1").fo, ["0"]);
});

test("without a valid policy a record is p=none if it wants reports, and otherwise unusable", () => {
  const bad = [
    "",
    "p=",
    "p=rejct",
    "p=reject;sp=",
    "p=reject;sp=x",
    "p=reject;sp=none;np=x",
    "p=rej\xe9ct",
    "p=none;p=reject",
  ];
  for (const tags of bad) {
    assertKind("unusable", [`v=DMARC1; ${tags}`, `v=DMARC1; ${tags}; rua=bogus`, `v=DMARC1; ${tags}; rua=`]);
    const record = recordOf(`v=DMARC1; ${tags}; adkim=s; rua=bogus,mailto:a@example.org`);
    assert.deepEqual(
      [record.p, record.sp, record.np, record.adkim],
      ["none", undefined, undefined, "s"],
      tags,
    );
    assert.match(record.replaced ?? "", /^(p|sp|np)= (is missing|has no valid value)$/, tags);
  }
});

test("an unusable record still says whether it is of a public suffix", () => {
  assert.deepEqual(parseDmarcRecord("v=DMARC1; psd=y"), {
    kind: "unusable",
    problem: "p= is missing, and there is no valid rua=",
    psd: "y",
  });
});

test("a tag that occurs twice has its value if both agree, and otherwise a bad one", () => {
  assert.equal(recordOf("v=DMARC1; p=reject; P=Reject").p, "reject");
  assert.equal(recordOf("v=DMARC1; p=reject; adkim=s; ADKIM=r").adkim, "r");
  assert.equal(recordOf("v=DMARC1; p=reject; adkim=s; adkim=r; adkim=s").adkim, "r");
  assert.deepEqual(
    recordOf("v=DMARC1; p=reject; rua=mailto:a@example.org; rua=mailto:b@example.org").rua,
    [],
  );
});

test("only URIs that a report can be sent to are kept", () => {
  const rua = (value: string) => recordOf(`v=DMARC1; p=none; rua=${value}`).rua;
  for (
    const good of ["mailto:a@example.org", "MAILTO:a@example.org?subject=x", "https://example.org/%41?b=c"]
  ) {
    assert.deepEqual(rua(good), [good]);
    for (const size of ["!1", "!10m", "!5K", "!1t"]) assert.deepEqual(rua(good + size), [good]);
  }
  const bad = [
    "",
    "a@example.org",
    "mailto:",
    "mailto:a",
    "mailto:@example.org",
    "mailto:a@",
    "mailto:a@b c",
    ":x",
  ];
  for (
    const value of [
      ...bad,
      "mailto:a!b@example.org",
      "mailto:a@example.org!1x",
      "https://example.org/%4",
      "1a:b",
      "https:/",
      "http:a",
    ]
  ) {
    assert.deepEqual(rua(value), [], value);
  }
});
