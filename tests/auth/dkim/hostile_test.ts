import assert from "node:assert/strict";
import { test } from "node:test";
import { DkimVerifier, type DkimVerifierOptions } from "../../../lib/auth/dkim/verifier.ts";
import { hostileMessages } from "./hostile.ts";
import {
  bytes,
  type Message,
  NOW,
  resolverOf,
  SAMPLE,
  sharedRsaKey,
  signMessage,
  verifyMessage,
} from "./support.ts";
import { at } from "../../support/present.ts";

const key = sharedRsaKey();
const resolver = resolverOf({ "sel._domainkey.example.org": key.record });

interface Prepared {
  readonly headers: readonly (readonly [name: Uint8Array, value: Uint8Array])[];
  readonly body: Uint8Array;
}

function prepare(message: Message): Prepared {
  return {
    headers: message.headers.map(([name, value]) => [bytes(name), bytes(value)]),
    body: bytes(message.body),
  };
}

async function verifyPrepared({ headers, body }: Prepared, options: Partial<DkimVerifierOptions> = {}) {
  const verifier = new DkimVerifier({ resolver, now: () => NOW, ...options });
  for (const [name, value] of headers) verifier.header(name, value);
  verifier.endOfHeaders();
  for (let i = 0; i < body.length && verifier.wantsBody; i += 65_535) {
    verifier.body(body.subarray(i, i + 65_535));
    // As between two packets: what is known of the keys by then counts.
    if (i === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return { results: await verifier.finish(), ignored: verifier.ignoredSignatures };
}

const verify = (message: Message, options?: Partial<DkimVerifierOptions>) =>
  verifyPrepared(prepare(message), options);

const good = signMessage(SAMPLE, { key });
const MAX_SIGNATURES = 10;

test("of a thousand signatures ten are looked at", async () => {
  const many: Message = { headers: [...Array(999).fill(good.headers[0]), ...good.headers], body: good.body };
  const { results, ignored } = await verify(many);
  assert.deepEqual(results.map((result) => result.status), Array(MAX_SIGNATURES).fill("pass"));
  assert.equal(ignored, 990);
  const two = await verify(many, { maxSignatures: 2 });
  assert.deepEqual([two.results.length, two.ignored], [2, 998]);
});

// At these sizes, work that grows faster than the message would not come to an end.
const LARGEST_FIELD = 900_000;
const MOST_FIELDS = 100_000;
const MAX_HEADER_BYTES = 12_000_000;

for (const { what, message, result } of hostileMessages(key, LARGEST_FIELD, MOST_FIELDS)) {
  test(
    `${what}: the right result, at a size that only linear work gets through`,
    { timeout: 60_000 },
    async () => {
      const { results } = await verify(message, { maxHeaderBytes: MAX_HEADER_BYTES });
      const { status, reason } = at(results, 0);
      assert.equal(status, result, reason);
      assert.ok(results.length <= MAX_SIGNATURES);
    },
  );
}

test("a header beyond the limit is not kept: its signatures are policy", async () => {
  const filler: Message["headers"] = Array.from({ length: 100 }, (_, i) => [`X-${i}`, "y".repeat(1000)]);
  for (const headers of [[...good.headers, ...filler], [...filler, ...good.headers]]) {
    const { results } = await verify({ headers, body: good.body }, { maxHeaderBytes: 50_000 });
    assert.deepEqual(results.map(({ status, reason }) => [status, reason]), [[
      "policy",
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
  const value = at(good.headers, 0)[1];
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
    if (results[0]?.status === "pass") assert.ok(same, JSON.stringify(damaged));
  }
});
