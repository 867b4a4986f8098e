// What is read in Authentication-Results fields, and which fields are not read.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AuthResult,
  dkimAuthResults,
  formatAuthResults,
  uncheckedResults,
} from "../../lib/auth/authentication_results.ts";
import { authservIdOf } from "../../lib/auth/authserv_id.ts";
import { dmarcAuthResult } from "../../lib/auth/dmarc/auth_result.ts";
import { type AuthResultsField, parseAuthResults } from "../../lib/auth/parse_auth_results.ts";
import { at } from "../support/present.ts";
import { Random, testSeed } from "../support/random.ts";
import { evaluate, signed } from "./dmarc/support.ts";
import { READABLE_FIELDS, UNREADABLE_FIELDS } from "./others_fields.ts";
import { sampleField, spoiled } from "./results_fields.ts";

const parse = (text: string): AuthResultsField | undefined =>
  parseAuthResults(new TextEncoder().encode(text));

function shown({ method, result, comment, reason, properties = [] }: AuthResult): string {
  return [
    `${method}=${result}`,
    ...(comment === undefined ? [] : [`(${comment})`]),
    ...(reason === undefined ? [] : [`reason=${reason}`]),
    ...properties.map(({ ptype, property, value }) => `${ptype}.${property}=${value}`),
  ].join(" ");
}

for (const { from, value, id, results } of READABLE_FIELDS) {
  test(`reads a field of ${from}: ${at(value.split(/(?<=;)/), 1).trim()}`, () => {
    const field = parse(value);
    assert.deepEqual(field && { id: field.id, results: field.results.map(shown) }, { id, results });
    assert.deepEqual(parse(value.replaceAll("\r\n", "\n")), field, "lines may end with LF");
  });
}

for (const { from, value, reason } of UNREADABLE_FIELDS) {
  test(`does not read a field of ${from}: ${reason}`, () => assert.equal(parse(value), undefined));
}

test("whatever the grammar allows is read as what it says", () => {
  const random = new Random(testSeed("parse_auth_results"));
  for (let i = 0; i < 4000; i++) {
    const { text, field } = sampleField(random, i % 2 ? "anything" : "common");
    assert.deepEqual(parse(text), field, JSON.stringify(text));
  }
});

test("a field belongs to whom the owner finder says", () => {
  const random = new Random(testSeed("parse_auth_results owners"));
  let read = 0;
  for (let i = 0; i < 4000; i++) {
    const value = new TextEncoder().encode(spoiled(random, sampleField(random, "anything").text));
    const field = parseAuthResults(value);
    if (field === undefined) continue;
    read++;
    const id = authservIdOf(value);
    assert.equal(id && Buffer.from(id, "latin1").toString("utf8"), field.id);
  }
  assert.ok(read > 500, `${read} were read`);
});

test("what the writer writes is read as it was", () => {
  const random = new Random(testSeed("parse_auth_results writer"));
  const parts = [
    ..." ;=.()\"\\@/:?<,-_+%'",
    "a",
    "b.example",
    "joe@",
    "@b.example",
    ".",
    "xn--",
    "none",
    "1",
    "=?utf-8?q?x?=",
  ];
  const text = () => Array.from({ length: random.below(6) }, () => random.pick(parts)).join("");
  const maybe = <T>(value: T): T | undefined => random.below(2) ? value : undefined;
  for (let i = 0; i < 4000; i++) {
    const results = Array.from({ length: random.below(4) }, (): AuthResult => ({
      method: random.pick(["spf", "none", "x-1"]),
      result: random.pick(["pass", "none", "fail"]),
      comment: maybe(text()),
      reason: maybe(text()),
      properties: Array.from({ length: random.below(3) }, () => ({
        ptype: random.pick(["smtp", "reason"]),
        property: random.pick(["mailfrom", "d"]),
        value: text(),
        quoted: random.below(4) === 0,
      })),
    }));
    const id = text();
    if (id.trim() === "") continue;
    const written = formatAuthResults(id, results);
    assert.deepEqual(parse(written), { id, results: results.map(plain) }, JSON.stringify(written));
    assert.equal(authservIdOf(written), id);
  }
});

/** The form in which results are read: without what is undefined or empty, and without wishes for quotes. */
function plain({ method, result, comment, reason, properties = [] }: AuthResult): AuthResult {
  return {
    method,
    result,
    ...(comment === undefined ? {} : { comment }),
    ...(reason === undefined ? {} : { reason }),
    ...(properties.length === 0
      ? {}
      : { properties: properties.map(({ ptype, property, value }) => ({ ptype, property, value })) }),
  };
}

test("results of our own checks are read as they were", async () => {
  const dkim = dkimAuthResults([
    {
      status: "pass",
      domain: "example.org",
      identity: "some one@sub.example.org",
      selector: "2026",
      algorithm: "rsa-sha256",
      signaturePrefix: "AbC/+d==",
      keyBits: 2048,
      testing: true,
      keyAbsent: false,
    },
    { status: "permerror", reason: 'tag "d=" is missing', testing: false, keyAbsent: true },
  ]);
  const zone = { "_dmarc.example.com": ["v=DMARC1; p=reject; sp=none"] };
  const dmarc = [
    dmarcAuthResult(await evaluate(zone, "example.com", {}), "quarantine"),
    dmarcAuthResult(await evaluate(zone, "example.com", { dkim: [signed("example.com")] })),
  ];
  const spf: AuthResult = {
    method: "spf",
    result: "softfail",
    properties: [{ ptype: "smtp", property: "helo", value: "[192.0.2.1]" }],
  };
  const results = [...dkim, ...dmarc, spf];
  assert.deepEqual(parse(formatAuthResults("mx", results)), { id: "mx", results: results.map(plain) });
  assert.deepEqual(parse(formatAuthResults("mx", dkimAuthResults([]))), {
    id: "mx",
    results: dkimAuthResults([]),
  });
  assert.deepEqual(parse(uncheckedResults("mx", "our own network")), { id: "mx", results: [] });
});

const READ: readonly (readonly [text: string, ...results: string[]])[] = [
  ["mx; NONE"],
  ["mx;none (c)"],
  ["mx; none=pass", "none=pass"],
  ["mx; spf=pass; none=pass", "spf=pass", "none=pass"],
  ["mx 1 ; spf=pass", "spf=pass"],
  ["mx(c)1; spf=pass", "spf=pass"],
  ["mx 001; spf=pass", "spf=pass"],
  ['"mx" 1; spf=pass', "spf=pass"],
  ["mx; DKIM/1=PASS Header.D=Example.ORG", "dkim=pass header.d=Example.ORG"],
  ["mx; dkim/2=pass header.d=a.example; spf=fail", "spf=fail"],
  ["mx; dkim/2=pass"],
  ["mx; spf=pass (a) (b) smtp.helo=c", "spf=pass (a) smtp.helo=c"],
  ["mx; spf=pass(a)smtp.helo=c", "spf=pass (a) smtp.helo=c"],
  ["mx; spf=pass smtp.helo=c (a)", "spf=pass smtp.helo=c"],
  ["mx; spf= (a) pass", "spf=pass"],
  ["mx; spf=fail reason=a smtp.helo=b", "spf=fail reason=a smtp.helo=b"],
  ['mx; spf=fail reason="a" (c)', "spf=fail reason=a"],
  ["mx; spf=fail reason.reason=a", "spf=fail reason.reason=a"],
  ['mx; a=b c.d="x"e.f=y', "a=b c.d=x e.f=y"],
  ['mx; a=b c.d="=?utf-8?q?e?="', "a=b c.d==?utf-8?q?e?="],
  ["mx; a=b (=?utf-8?q?c?=)", "a=b (=?utf-8?q?c?=)"],
  ['mx; a=b c.d="e\\ f"', "a=b c.d=e f"],
  ["mx; a=b \r\n \r\n c.d=e \r\n ", "a=b c.d=e"],
];

for (const [text, ...results] of READ) {
  test(`is read: ${JSON.stringify(text)}`, () => {
    const field = parse(text);
    assert.deepEqual([field?.id, field?.results.map(shown)], ["mx", results]);
  });
}

const NOT_READ: readonly string[] = [
  ...[
    "",
    " ",
    "mx",
    "mx 1",
    "mx;",
    "mx; ",
    "; none",
    '""; none',
    "mx mx; none",
    "mx@a.example; none",
    "mx/1; none",
  ],
  ...['"mx; none', '"mx"1; none', "mx 2; none", "mx 1.0; none", "mx v1; none", "mx 1 1; none"],
  ...["mx; none; none", "mx; none; spf=pass", "mx; spf=pass; none", "mx; none none", "mx; none/1"],
  ...[
    "mx; spf",
    "mx; spf=",
    "mx; =pass",
    "mx; spf==pass",
    "mx; spf pass",
    'mx; "spf"=pass',
    'mx; spf="pass"',
  ],
  ...["mx; spf=pass;", "mx;; spf=pass", "mx, spf=pass", "mx; spf=pass, dkim=pass", "mx; spf=pass dkim=pass"],
  ...["mx; s_f=pass", "mx; spf=p_ss", "mx; -spf=pass", "mx; spf-=pass", "mx; s\u00fc=pass"],
  ...["mx; spf/=pass", "mx; spf/a=pass", "mx; spf/1.0=pass", "mx; spf/1/1=pass", "mx; spf=pass/1"],
  ...[
    "mx; a=b reason",
    "mx; a=b reason=",
    "mx; a=b reason=c reason=d",
    "mx; a=b c.d=e reason=f",
    "mx; a=breason=c",
  ],
  ...['mx; a=b reason="c"d.e=f', "mx; a=b reason=c@d.example", "mx; a=b reason=c/d"],
  ...[
    "mx; a=b c=d",
    "mx; a=b c.d",
    "mx; a=b c.d=",
    "mx; a=b .d=e",
    "mx; a=b c.=e",
    "mx; a=b c.d.e=f",
    "mx; a=b c..d=e",
  ],
  ...["mx; a=b c.d=e f", "mx; a=b c.d=e,f", "mx; a=b c.d=e:f", "mx; a=b c.d=e=f", "mx; a=b c.d=[192.0.2.1]"],
  ...[
    "mx; a=b c.d=e@",
    "mx; a=b c.d=@",
    "mx; a=b c.d=e@f",
    "mx; a=b c.d=e@f_.g",
    "mx; a=b c.d=e@-f.g",
    "mx; a=b c.d=e@f-.g",
    "mx; a=b c.d=e@f.g.",
  ],
  ...[
    "mx; a=b c.d=.e@f.g",
    "mx; a=b c.d=e..e@f.g",
    "mx; a=b c.d=e@f@g.h",
    "mx; a=b c.d=e@ f.g",
    "mx; a=b c.d=\u00fc",
  ],
  ...[
    "mx (; none",
    "mx ); none",
    "mx (\\); none",
    "mx (()); none)",
    "mx; none (",
    "(mx; none",
    "mx; a=b (c\0)",
  ],
  ...[
    'mx; a=b c.d="e',
    'mx; a=b c.d="e\\"',
    'mx; a=b c.d="e\x7f"',
    'mx; a=b c.d="\\\x01"',
    'mx; a=b c.d="e"f',
  ],
  ...[
    "mx;\nnone",
    "mx;\rnone",
    "mx;\r none",
    "mx; none\n",
    "mx; none\r\n",
    'mx; a=b c.d="e\nf"',
    "mx (a\nb); none",
  ],
  ...[
    "mx;\x0bnone",
    "mx;\u00a0none",
    "\u00a0mx; none",
    "mx.\u2003a; none",
    "mx; none\0",
    "\0mx; none",
    "\ufeffmx; none",
  ],
  ...["=?utf-8?q?mx?=; none", "mx; a=b c.d=\u00a0e.f", "mx; a=b c.d=e\u0085@f.g", 'mx; a=b c.d="\u0085"'],
];

test("what does not follow the grammar is not read", () => {
  for (const text of NOT_READ) assert.equal(parse(text), undefined, JSON.stringify(text));
});

test("bytes that are not UTF-8 are not read, wherever they are", () => {
  for (const text of ["\xe9; none", "mx (\xe9); none", 'mx; a=b c.d="\xe9"', "mx; a=b c.d=\xe9@e.f"]) {
    assert.equal(parseAuthResults(Buffer.from(text, "latin1")), undefined);
    assert.notEqual(parseAuthResults(Buffer.from(text.replace(/^\xe9/, "\xe9.a"), "utf8")), undefined);
  }
});

test("at most 100 results and 65,536 bytes are read", () => {
  const field = (results: number) => parse("mx" + "; spf=pass".repeat(results));
  assert.equal(field(100)?.results.length, 100);
  assert.equal(field(101), undefined);
  assert.equal(parse("mx" + "; a/2=b".repeat(101)), undefined, "those that are left out count too");
  const padded = (bytes: number) => parse("mx; none".padEnd(bytes));
  assert.deepEqual(padded(65_536), { id: "mx", results: [] });
  assert.equal(padded(65_537), undefined);
  const nested = "(".repeat(30_000) + ")".repeat(30_000);
  assert.deepEqual(parse(`mx ${nested}; none`), { id: "mx", results: [] });
});
