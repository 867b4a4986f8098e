import assert from "node:assert/strict";
import { test } from "node:test";
import { DkimVerifier, type DkimVerifierOptions } from "../../filters/dkim/verifier.ts";
import {
  bytes,
  type Message,
  NOW,
  resolverOf,
  rsaKey,
  SAMPLE,
  signMessage,
  verifyMessage,
} from "./support.ts";

const key = rsaKey();
const resolver = resolverOf({ "sel._domainkey.example.org": key.record });

async function verify(message: Message, options: Partial<DkimVerifierOptions> = {}) {
  const verifier = new DkimVerifier({ resolver, now: () => NOW, ...options });
  for (const [name, value] of message.headers) verifier.header(bytes(name), bytes(value));
  verifier.endOfHeaders();
  const body = bytes(message.body);
  for (let i = 0; i < body.length; i += 65_535) verifier.body(body.subarray(i, i + 65_535));
  return { results: await verifier.finish(), ignored: verifier.ignoredSignatures };
}

/** The least of three measured times, in milliseconds. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await run();
    least = Math.min(least, performance.now() - start);
  }
  return Math.max(least, 0.05);
}

const good = signMessage(SAMPLE, { key });
const text = "The quick brown fox jumps over the lazy dog, then rests a while.\r\n";

test("a thousand signatures: ten are looked at", async () => {
  const many: Message = { headers: [...Array(999).fill(good.headers[0]), ...good.headers], body: good.body };
  const { results, ignored } = await verify(many);
  assert.deepEqual(results.map((result) => result.status), Array(10).fill("pass"));
  assert.equal(ignored, 990);
  const one = await timeOf(() => verify(good));
  const thousand = await timeOf(() => verify(many));
  assert.ok(thousand < one * 150, `${thousand / one} times the cost of one signature`);
});

test("50,000 names in h= cost in proportion to their bytes", async () => {
  const named = (count: number) =>
    signMessage(SAMPLE, { key, tags: { h: "from:" + "subject:".repeat(count) + "to" } });
  const large = named(50_000);
  assert.deepEqual((await verify(large)).results.map((result) => result.status), ["pass"]);
  const medium = named(5000);
  const ratio = await timeOf(() => verify(large)) / await timeOf(() => verify(medium));
  assert.ok(ratio < 50, `ten times the names take ${ratio} times as long`);
});

test("20,000 fields of one name, all signed, are each hashed once", async () => {
  const fields: Message["headers"] = Array.from({ length: 20_000 }, (_, i) => ["X", ` ${i}`]);
  const unsigned: Message = { headers: [...fields, ...SAMPLE.headers], body: "" };
  const sign = (count: number) => signMessage(unsigned, { key, tags: { h: "from" + ":x".repeat(count) } });
  const few = sign(200);
  assert.deepEqual((await verify(few)).results.map((result) => result.status), ["pass"]);
  // The tests' own signer is quadratic; what a wrong signature costs to refuse is the same.
  const all = { ...few, headers: few.headers.map((field): [string, string] => [...field]) };
  all.headers[0][1] = all.headers[0][1].replace(/h=[^;]*/, "h=from" + ":x".repeat(20_000));
  assert.deepEqual((await verify(all)).results.map((result) => result.status), ["fail"]);
  const ratio = await timeOf(() => verify(all)) / await timeOf(() => verify(few));
  assert.ok(ratio < 20, `${ratio} times the cost of 200 signed fields`);
});

test("bodies of 8 MB of one kind cost about what text of that size costs", async () => {
  const size = 8_000_000;
  const plain = { ...good, body: text.repeat(size / text.length) };
  const base = await timeOf(() => verify(plain));
  for (const unit of ["x", " ", "\r\n", " \r\n", "\r", "\n", "\t x"]) {
    const body = unit.repeat(size / unit.length);
    for (const ending of ["", "x"]) {
      const ratio = await timeOf(() => verify({ ...good, body: body + ending })) / base;
      assert.ok(ratio < 20, `${JSON.stringify(unit)}: ${ratio} times`);
    }
  }
});

test("one long folded header and deep tag lists stay linear", async () => {
  const variants: ((count: number) => Message)[] = [
    (count) => signMessage({ ...SAMPLE, headers: [["From", " \r\n".repeat(count) + " x"]] }, { key }),
    (count) => ({ ...good, headers: [["DKIM-Signature", " a=b;".repeat(count)], ["From", " x"]] }),
    (count) => ({
      ...good,
      headers: [["DKIM-Signature", Array.from({ length: count }, (_, i) => `a${i}=b`).join(";")]],
    }),
    (count) => ({ ...good, headers: [["DKIM-Signature", " ".repeat(count * 4)]] }),
    (count) => ({
      ...good,
      headers: [["DKIM-Signature", `v=1; b=${"A ".repeat(count)}; bh=${"=".repeat(count)}`]],
    }),
    (count) => ({
      ...good,
      headers: [["DKIM-Signature", `v=1; d=${"a.".repeat(count)}; i=${"=40".repeat(count)}`]],
    }),
    (count) => ({
      ...good,
      headers: [["DKIM-Signature", `d=${"\xc3\xbc.".repeat(count)}; i=@${"\xff".repeat(count)}`]],
    }),
  ];
  for (const [index, variant] of variants.entries()) {
    const large = variant(100_000);
    const small = variant(10_000);
    const ratio = await timeOf(() => verify(large)) / await timeOf(() => verify(small));
    assert.ok(ratio < 60, `variant ${index}: ten times the bytes take ${ratio} times as long`);
  }
});

test("a header beyond the limit is not kept: its signatures are neutral", async () => {
  const filler: Message["headers"] = Array.from({ length: 100 }, (_, i) => [`X-${i}`, "y".repeat(1000)]);
  for (const headers of [[...good.headers, ...filler], [...filler, ...good.headers]]) {
    const { results } = await verify({ headers, body: good.body }, { maxHeaderBytes: 50_000 });
    assert.deepEqual(results.map(({ status, reason }) => [status, reason]), [[
      "neutral",
      "the header is too large",
    ]]);
  }
  const unsigned = await verify({ headers: filler, body: "" }, { maxHeaderBytes: 50_000 });
  assert.deepEqual(unsigned.results, []);
});

test("random damage never throws and never passes where it matters", async () => {
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const value = good.headers[0][1];
  for (let round = 0; round < 500; round++) {
    const at = random(value.length);
    const damaged = value.slice(0, at) + String.fromCharCode(random(256)) + value.slice(at + random(3));
    const results = await verifyMessage(
      { headers: [["DKIM-Signature", damaged], ...good.headers.slice(1)], body: good.body },
      { resolver },
    );
    assert.equal(results.length, 1);
    // The last character of base64 has bits which mean nothing, so b= is compared decoded.
    const meaning = (text: string) => {
      const at = text.lastIndexOf(" b=");
      return text.slice(0, at).replace(/[ \t\r\n]+/g, "") +
        Buffer.from(text.slice(at + 3), "base64").toString("hex");
    };
    const same = meaning(damaged) === meaning(value);
    if (results[0].status === "pass") assert.ok(same, JSON.stringify(damaged));
  }
});
