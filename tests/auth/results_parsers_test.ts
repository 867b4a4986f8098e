// Fields that other readers understand say the same to us, and what we read says nothing else to them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAuthResults } from "../../lib/auth/parse_auth_results.ts";
import { skipFor } from "../support/instance.ts";
import { Random, testSeed } from "../support/random.ts";
import { GUARDED_DOMAIN, opendmarcProblem } from "../support/opendmarc.ts";
import { ownHalf } from "../support/runtime.ts";
import { sampleField, spoiled } from "./results_fields.ts";
import { type PlainField, plainField, RESULTS_PARSERS, withoutVersions } from "./results_parsers.ts";
import { writtenByOpendmarc } from "./results_readers.ts";

const random = new Random(testSeed("results_parsers"));
const { first, end } = ownHalf(2000);
const fields = Array.from({ length: 2000 }, () => sampleField(random, "common").text).slice(first, end);
const broken = fields.map((field) => spoiled(random, field))
  // Mail::AuthenticationResults takes a comment for a part of the word before it, if there is no blank between them.
  .filter((field) => !/[^\s;=./()]\(/.test(field));

/** What counts: whose results they are, and which. Others lose properties that they do not know. */
function verdicts({ id, results }: PlainField): unknown {
  const known = results.filter(([, version]) => version === null || Number(version) === 1);
  return [id, known.map(([method, , result]) => `${method}=${result}`)];
}

for (const parser of RESULTS_PARSERS) {
  const skip = skipFor(await parser.problem());
  test(`${parser.name} reads the same in fields of the common form`, { skip }, async () => {
    const theirs = await parser.read(fields);
    for (const [i, field] of fields.entries()) {
      const ours = parseAuthResults(new TextEncoder().encode(field));
      const their = theirs[i];
      assert.ok(ours !== undefined, `we read ${JSON.stringify(field)}`);
      assert.ok(their, `${parser.name} reads ${JSON.stringify(field)}`);
      assert.deepEqual(withoutVersions(their), plainField(ours), JSON.stringify(field));
    }
  });

  test(
    `no field with mistakes has one verdict for us and another one for ${parser.name}`,
    { skip },
    async () => {
      const theirs = await parser.read(broken);
      let compared = 0;
      for (const [i, field] of broken.entries()) {
        const ours = parseAuthResults(new TextEncoder().encode(field));
        const their = theirs[i];
        if (ours === undefined || !their) continue;
        compared++;
        assert.deepEqual(verdicts(their), verdicts(plainField(ours)), JSON.stringify(field));
      }
      assert.ok(compared > 100, `${compared} were read by both`);
    },
  );
}

test(
  "what opendmarc writes is read",
  { skip: skipFor(await opendmarcProblem()), timeout: 60_000 },
  async () => {
    const value = `mx.kit.test; dkim=pass header.d=${GUARDED_DOMAIN}`;
    const written = await writtenByOpendmarc([value, value], "mx.kit.test");
    const properties = [{ ptype: "header", property: "from", value: GUARDED_DOMAIN }];
    const result = { method: "dmarc", result: "pass", comment: "p=reject dis=none", properties };
    assert.deepEqual(
      written.map((each) => parseAuthResults(each)),
      Array(2).fill({ id: "mx.kit.test", results: [result] }),
    );
  },
);

test("a part of a signature is read as opendkim writes it, though a slash wants quotes", () => {
  const read = (property: string) =>
    parseAuthResults(new TextEncoder().encode(` mx.example.org; dkim=pass header.d=example.org ${property}`))
      ?.results[0]?.properties?.[1]?.value;
  assert.equal(read("header.b=EW//Oc+d"), "EW//Oc+d");
  assert.equal(read("header.b=EW/Ocd=="), "EW/Ocd==");
  assert.equal(read('header.b="EW//Oc+d"'), "EW//Oc+d");
  assert.equal(read("header.b=EW//Oc?d"), undefined);
  assert.equal(read("header.i=EW//Oc+d"), undefined);
  assert.equal(read("policy.b=EW//Oc+d"), undefined);
});
