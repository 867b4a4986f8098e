// Vectors from other projects' suites (see tests/support/vectors.ts): a list of { src, name, msg (base64), dns, expect,
// time? }.
import assert from "node:assert/strict";
import { vectorsOf } from "../../support/vectors.ts";
import { NOW, parseMessage, resolverOf, verifyMessage } from "./support.ts";

interface Vector {
  readonly src: string;
  readonly name: string;
  readonly msg: string;
  readonly dns: Record<string, string>;
  readonly expect: "pass" | "notpass";
  readonly time?: number;
}

/** Part of the vectors that may be named below. */
const MAX_DISAGREEMENTS = 0.08;

const SAME_BYTES =
  "byte for byte the vector t-test64, which that suite passes: it calls the library in another " +
  "way, but RFC 6376 section 6.1 knows messages alone";

/** Where we disagree on purpose, with the RFC's reason. */
const DISAGREEMENTS: ReadonlyMap<string, string> = new Map([
  [
    "stalwart 004.txt",
    "t= is five hours after the vector's clock: RFC 6376 section 3.5 lets a verifier ignore signatures from the " +
    "future",
  ],
  [
    "gomsgauth tooManySignaturesMailString",
    "three good signatures: that test sets a limit of two, RFC 6376 section 6.1 leaves it open",
  ],
  [
    "libopendkim t-test102",
    "that test is set to refuse mail whose Cc is not signed; RFC 6376 section 5.4 wants no field but From signed",
  ],
  [
    "libopendkim t-test149",
    "no line end at the end: RFC 6376 section 3.4.4 says how to take that; t-test149#1 passes the same bytes",
  ],
  ["libopendkim t-test88", SAME_BYTES],
  ["libopendkim t-test89", SAME_BYTES],
]);

const { vectorTest, vectors = [], skip } = vectorsOf<readonly Vector[]>("dkim.json");

function resultsOf(vector: Vector, allowSha1: boolean) {
  const dns = Object.entries(vector.dns).map(([name, value]) => [name.toLowerCase(), value]);
  const message = parseMessage(Buffer.from(vector.msg, "base64").toString("latin1"));
  const options = { resolver: resolverOf(Object.fromEntries(dns)), now: () => vector.time ?? NOW, allowSha1 };
  return verifyMessage(message, options);
}

// RFC 8301 forbids rsa-sha1, which many of these use: what they are about is seen with it allowed.
vectorTest("vectors from other projects agree, or are named with the reason", { skip }, async () => {
  const unexpected: string[] = [];
  const disagreed = new Set<string>();
  for (const vector of vectors) {
    const results = await resultsOf(vector, true);
    const outcome = results.some(({ status }) => status === "pass") ? "pass" : "notpass";
    if (outcome === vector.expect) continue;
    const name = `${vector.src} ${vector.name}`;
    const why = results.map(({ status, reason }) => `${status} (${reason})`).join(", ");
    if (DISAGREEMENTS.has(name)) disagreed.add(name);
    else unexpected.push(`${name}: ${why}`);
  }
  assert.deepEqual(unexpected, []);
  assert.deepEqual([...DISAGREEMENTS.keys()].filter((name) => !disagreed.has(name)), [], "agrees by now");
  assert.ok(disagreed.size <= vectors.length * MAX_DISAGREEMENTS, `${disagreed.size} of ${vectors.length}`);
});

vectorTest(
  "unless allowed, rsa-sha1 is never more than policy, and changes nothing else",
  { skip },
  async () => {
    let refused = 0;
    for (const vector of vectors) {
      const allowed = await resultsOf(vector, true);
      const results = await resultsOf(vector, false);
      for (const [index, result] of results.entries()) {
        if (result.algorithm !== "rsa-sha1") {
          assert.deepEqual(result, allowed[index], vector.name);
        } else if (allowed[index]?.status === "pass") {
          assert.deepEqual([result.status, result.reason], ["policy", "SHA-1 is not accepted"], vector.name);
          refused++;
        } else {
          assert.notEqual(result.status, "pass", vector.name);
        }
      }
    }
    assert.ok(refused > 20, `${refused} good signatures by rsa-sha1`);
  },
);
