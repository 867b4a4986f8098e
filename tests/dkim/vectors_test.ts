// Vectors from other projects' suites, which are not part of this one: MILTERKIT_DKIM_VECTORS names a file
// with a list of { src, name, msg (base64), dns, expect, time? }.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { NOW, parseMessage, resolverOf, verifyMessage } from "./support.ts";

interface Vector {
  readonly src: string;
  readonly name: string;
  readonly msg: string;
  readonly dns: Record<string, string>;
  readonly expect: "pass" | "notpass";
  readonly time?: number;
}

const SHA1 = "rsa-sha1, which RFC 8301 section 3.1 forbids to accept";
const UNSIGNED =
  "a second field added above the signed one: RFC 6376 section 5.4.2 signs from the bottom up, " +
  "and h= does not oversign";
const OPENDKIM_SHA1 = [
  ...["04", "05", "06", "07", "101", "12", "120", "13", "136", "138", "139", "14", "149#1", "15", "153"],
  ...["64", "69", "78", "80", "93"],
];

/** Where we disagree on purpose. */
const DISAGREEMENTS: ReadonlyMap<string, string> = new Map([
  ...OPENDKIM_SHA1.map((number): [string, string] => [`libopendkim t-test${number}`, SHA1]),
  ["stalwart 004.txt", "t= is five hours after the vector's clock; that suite does not look at t="],
  ["lieser Added From header", UNSIGNED],
  ["lieser Added Subject header", UNSIGNED],
  ["lieser Added Date header", UNSIGNED],
  ["lieser Added To header", UNSIGNED],
  [
    "gomsgauth tooManySignaturesMailString",
    "three good signatures: that test sets a limit of two, RFC 6376 section 6.1 leaves it open",
  ],
]);

const file = process.env.MILTERKIT_DKIM_VECTORS;
const skip = file === undefined ? "needs MILTERKIT_DKIM_VECTORS, a file of vectors" : false;

test("vectors from other projects", { skip }, async () => {
  const vectors: Vector[] = JSON.parse(readFileSync(file ?? "", "utf8"));
  const unexpected: string[] = [];
  const disagreed = new Set<string>();
  for (const vector of vectors) {
    const resolver = resolverOf(
      Object.fromEntries(Object.entries(vector.dns).map(([name, value]) => [name.toLowerCase(), value])),
    );
    const message = parseMessage(Buffer.from(vector.msg, "base64").toString("latin1"));
    const results = await verifyMessage(message, { resolver, now: () => vector.time ?? NOW });
    const outcome = results.some(({ status }) => status === "pass") ? "pass" : "notpass";
    if (outcome === vector.expect) continue;
    const name = `${vector.src} ${vector.name}`;
    if (DISAGREEMENTS.has(name)) disagreed.add(name);
    else {unexpected.push(`${name}: ${
        results.map(({ status, reason }) => `${status} (${reason})`).join(", ")
      }`);}
  }
  assert.deepEqual(unexpected, []);
  assert.equal(disagreed.size, DISAGREEMENTS.size, "a named disagreement no longer is one");
});
