// Keys as DNS gives them: their records, their sizes, and several of them under one name.
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { DkimResult, DkimStatus } from "../../../lib/auth/dkim/results.ts";
import {
  ed25519Key,
  type Message,
  resolverOf,
  rsaKey,
  rsaRecord,
  SAMPLE,
  sharedRsaKey,
  signMessage,
  verifyMessage,
} from "./support.ts";
import { at } from "../../support/present.ts";

const rsa = sharedRsaKey();
const ed25519 = ed25519Key();
const NAME = "sel._domainkey.example.org";

/** The result of the one signature, with these records at its name. */
async function check(
  message: Message,
  records: string | readonly string[],
  options = {},
): Promise<DkimResult> {
  const found = { status: "found", records: [records].flat(), ttl: 60 } as const;
  const results = await verifyMessage(message, { resolver: resolverOf({ [NAME]: found }), ...options });
  assert.equal(results.length, 1);
  return at(results, 0);
}

test("key records: what is accepted and what is not", async () => {
  const p = ed25519.record.slice(ed25519.record.indexOf("p="));
  const signed = signMessage(SAMPLE, { key: ed25519 });
  const cases: [string, DkimStatus, RegExp?][] = [
    [`k=ed25519; ${p}`, "pass"],
    [` v = DKIM1 ; k=ed25519 ; n=some notes ; g=nobody ; x=unknown ; ${p} ; `, "pass"],
    [`v=DKIM1; k=ed25519; h=sha1:sha256; s=email; ${p}`, "pass"],
    [`v=DKIM1; k=ed25519; s=*; ${p}`, "pass"],
    [`k=ed25519; v=DKIM1; ${p}`, "pass"],
    [`k=ed25519; ${p}; v = DKIM1`, "pass"],
    [`v=DKIM1; k=ed25519; ${p.replace("p=", 'p="')}"`, "pass"],
    [`v=DKIM1; k=ed25519; ${p.replace("p=", 'p = " ')} " ;`, "pass"],
    [`v=DKIM1; k=ed25519; t=y; ${p}`, "pass"],
    [`v=DKIM1; k=ed25519; h=sha1; ${p}`, "permerror", /not for SHA-256/],
    [`v=DKIM1; k=ed25519; s=tlsrpt; ${p}`, "permerror", /mail/],
    [`v=DKIM2; k=ed25519; ${p}`, "permerror", /version/],
    [`k=ed25519; v=DKIM2; ${p}`, "permerror", /version/],
    [`k=ed25519; ${p}; v=dkim1`, "permerror", /version/],
    [`k=ed25519; ${p}; v=`, "permerror", /version/],
    [`v=DKIM1; k=ed25519; ${p.replace("p=", 'p="')}`, "permerror", /the key is malformed/],
    [`v=DKIM1; k=ed25519; ${p}"`, "permerror", /the key is malformed/],
    [`v=DKIM1; k=ed25519; ${p.replace("p=", 'p=""')}""`, "permerror", /the key is malformed/],
    [`v=DKIM1; k=ed25519; ${p.slice(0, 10)}" "${p.slice(10)}`, "permerror", /the key is malformed/],
    [`v=DKIM1; k="ed25519"; ${p}`, "permerror", /type/],
    [`"v=DKIM1; k=ed25519; ${p}"`, "permerror", /malformed/],
    [`v=DKIM1; k=ed25519; ${p}; ${p}`, "permerror", /malformed/],
    [`v=DKIM1; k=ed25519; p=`, "permerror", /revoked/],
    [`v=DKIM1; k=ed25519; p= `, "permerror", /revoked/],
    [`v=DKIM1; k=ed25519; p=""`, "permerror", /revoked/],
    [`v=DKIM1; k=ed25519; p="`, "permerror", /the key is malformed/],
    [`v=DKIM1; k=ed25519`, "permerror", /no key/],
    [`v=DKIM1; k=ed25519; p=AAAA`, "permerror", /malformed/],
    [`v=DKIM1; k=ed25519; p=*`, "permerror", /malformed/],
    [`v=DKIM1; k=dsa; ${p}`, "permerror", /type/],
    [`v=DKIM1; ${p}`, "permerror", /malformed/],
    [rsa.record, "permerror", /type/],
    ["v=spf1 -all", "permerror", /version/],
    ["", "permerror", /malformed/],
  ];
  for (const [record, status, reason] of cases) {
    const result = await check(signed, record);
    assert.equal(result.status, status, `${record}: ${result.reason}`);
    if (reason !== undefined) assert.match(result.reason ?? "", reason, record);
    assert.equal(result.testing, record.includes("t=y"));
    assert.equal(result.keyAbsent, /p= ?$|p=""$|k=ed25519$/.test(record), record);
  }
  const first = await check(signed, rsa.record.replace("p=", "t=y; p="));
  assert.equal(first.testing, true);
});

test("RSA keys: PKCS#1 and SPKI, sizes within bounds only", async () => {
  for (const bits of [1024, 1536, 4096]) {
    // To make a key takes long.
    const key = rsaKey(bits);
    const signed = signMessage(SAMPLE, { key });
    for (const format of ["pkcs1", "spki"] as const) {
      const result = await check(signed, rsaRecord(createPublicKey(key.privateKey), format));
      assert.deepEqual([result.status, result.keyBits], ["pass", bits]);
    }
  }
  const small = rsaKey(768);
  const bySmall = signMessage(SAMPLE, { key: small });
  const refused = await check(bySmall, small.record);
  assert.deepEqual([refused.status, refused.reason, refused.keyBits], [
    "policy",
    "the key is too short",
    768,
  ]);
  assert.equal((await check(bySmall, small.record, { minKeyBits: 768 })).status, "pass");
  const higher = await check(signMessage(SAMPLE, { key: rsa }), rsa.record, { minKeyBits: 2049 });
  assert.deepEqual([higher.status, higher.reason], ["policy", "the key is too short"]);
  // The numbers of a key too long to be made in a test; the key is judged by its size alone.
  const modulus = Buffer.alloc(513, 0xff);
  const integers = Buffer.concat([
    Buffer.from([0x02, 0x82, 0x02, 0x02, 0x00]),
    modulus,
    Buffer.from([0x02, 0x03, 0x01, 0x00, 0x01]),
  ]);
  const der = Buffer.concat([
    Buffer.from([0x30, 0x82, integers.length >> 8, integers.length & 255]),
    integers,
  ]);
  const long = await check(signMessage(SAMPLE, { key: rsa }), `p=${der.toString("base64")}`);
  assert.equal(long.status, "policy");
  assert.match(long.reason ?? "", /long/);
  assert.equal(long.keyBits, 4104);
  const signed = signMessage(SAMPLE, { key: rsa });
  for (let cut = 1; cut < der.length; cut += 7) {
    const record = `p=${der.subarray(0, cut).toString("base64")}`;
    assert.equal((await check(signed, record)).status, "permerror");
  }
});

test("keys of every wrong kind are permerror or policy, on every runtime alike, and are not imported", async () => {
  const signed = signMessage(SAMPLE, { key: rsa });
  const p = rsa.record.slice(rsa.record.indexOf("p=") + 2);
  const der = Buffer.from(p, "base64");
  const spki = (type: "ec" | "x25519") => {
    const { publicKey } = type === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("x25519");
    return publicKey.export({ type: "spki", format: "der" }).toString("base64");
  };
  const length = (size: number) => Buffer.from([0x82, size >> 8, size & 255]);
  const integer = (bytes: Buffer) => Buffer.concat([Buffer.from([2]), length(bytes.length), bytes]);
  const pkcs1 = (modulus: Buffer, exponent: Buffer) => {
    const content = Buffer.concat([integer(modulus), integer(exponent)]);
    return Buffer.concat([Buffer.from([0x30]), length(content.length), content]).toString("base64");
  };
  const odd = (bytes: number, fill = 0xff) => Buffer.concat([Buffer.from([0]), Buffer.alloc(bytes, fill)]);
  const three = Buffer.from([3]);
  const permanent = [
    spki("ec"),
    spki("x25519"),
    Buffer.concat([Buffer.from("-----BEGIN PUBLIC KEY-----"), der]).toString("base64"),
    der.subarray(1).toString("base64"),
    Buffer.alloc(300).toString("base64"),
    Buffer.alloc(300, 0x30).toString("base64"),
    pkcs1(odd(256), odd(256)), // an exponent as long as the modulus
    pkcs1(odd(256), Buffer.from([1, 0, 0, 0, 1])), // one that the runtimes differ about
    pkcs1(odd(256), Buffer.from([1])),
    pkcs1(odd(256), Buffer.from([2])),
    pkcs1(odd(256, 0xfe), three),
    pkcs1(Buffer.from([0]), three),
    ed25519.record.slice(ed25519.record.indexOf("p=") + 2),
    "=",
    "A",
    "!!!!",
  ];
  for (const text of permanent) {
    const result = await check(signed, `v=DKIM1; p=${text}`);
    assert.deepEqual([result.status, result.reason], ["permerror", "the key is malformed"], text);
  }
  const sized = [pkcs1(odd(32), three), pkcs1(odd(2048), three), pkcs1(odd(8000), three)];
  for (const text of sized) assert.equal((await check(signed, `v=DKIM1; p=${text}`)).status, "policy");
  assert.equal(
    (await check(signed, `v=DKIM1; p=${pkcs1(odd(256), three)}`)).status,
    "fail",
    "a key of nobody",
  );
  const bytes33 = Buffer.alloc(33, 1).toString("base64");
  const edwards = signMessage(SAMPLE, { key: ed25519 });
  for (const text of [bytes33, p, spki("x25519"), ""]) {
    assert.equal((await check(edwards, `v=DKIM1; k=ed25519; p=${text}`)).status, "permerror");
  }
  // All zeros is a point of small order: whatever a runtime makes of it, it must not pass.
  assert.notEqual(
    (await check(edwards, `k=ed25519; p=${Buffer.alloc(32).toString("base64")}`)).status,
    "pass",
  );
});

const REVOKED = "v=DKIM1; k=ed25519; p=";
const MALFORMED = "v=DKIM1; p=!";
const FOREIGN = "v=spf1 -all";

/** What is said of the message is the same for both orders of the records. */
async function checkBothWays(
  message: Message,
  records: readonly string[],
  options = {},
): Promise<DkimResult> {
  const result = await check(message, records, options);
  assert.deepEqual(await check(message, records.toReversed(), options), result, records.join(" | "));
  return result;
}

test("of several keys at one name, the one that proves the signature counts, whatever their order", async () => {
  const others = [rsaKey(1024), rsaKey(768), ed25519Key()].map(({ record }) => record);
  const strict = ed25519.record.replace("p=", "t=s; p=");
  const wrong = ed25519.record.replace("p=", "h=sha1; p=");
  for (const key of [rsa, ed25519]) {
    const signed = signMessage(SAMPLE, { key, tags: { i: "@sub.example.org" } });
    for (
      const other of [
        ...others,
        strict,
        wrong,
        key === rsa ? ed25519.record : rsa.record,
        REVOKED,
        MALFORMED,
        FOREIGN,
      ]
    ) {
      const result = await checkBothWays(signed, [other, key.record]);
      assert.equal(result.status, "pass", other);
      assert.equal(result.keyBits, key === rsa ? 2048 : 256);
    }
    assert.equal((await checkBothWays(signed, [...others, key.record])).status, "pass");
    const altered = { ...signed, body: "altered\r\n" };
    assert.equal(
      (await checkBothWays(altered, [...others, key.record])).reason,
      "the body hash did not verify",
    );
  }
});

test("where none of several keys proves the signature, the one that tells most is reported", async () => {
  const signed = signMessage(SAMPLE, { key: rsa });
  const stranger = rsaKey(1024).record;
  const short = rsaKey(768).record;
  const cases: [records: string[], status: DkimStatus, reason: string][] = [
    [[stranger, short], "fail", "the signature did not verify"],
    [[stranger, rsaKey().record, rsaKey(1024).record], "fail", "the signature did not verify"],
    [[stranger, ed25519.record], "fail", "the signature did not verify"],
    [[short, ed25519.record], "policy", "the key is too short"],
    [[ed25519.record, MALFORMED], "permerror", "the key is of another type than the signature"],
    [[REVOKED, MALFORMED], "permerror", "the key is revoked"],
    [[REVOKED, FOREIGN], "permerror", "the key is revoked"],
    [[REVOKED, "google-site-verification=x"], "permerror", "the key is revoked"],
  ];
  for (const [records, status, reason] of cases) {
    const result = await checkBothWays(signed, records);
    assert.deepEqual([result.status, result.reason], [status, reason], records.join(" | "));
    assert.equal(result.keyAbsent, reason === "the key is revoked");
  }
});

test("of the records at one name ten are looked at, and of their keys four are tried", async () => {
  const signed = signMessage(SAMPLE, { key: ed25519 });
  const place = (number: number, record: string) =>
    record.replace("p=", `n=${String.fromCharCode(0x61 + number)}; p=`);
  const statusBehind = async (before: readonly string[]) => {
    const records = before.map((record, number) => place(number, record));
    return (await checkBothWays(signed, [...records, place(before.length, ed25519.record)])).status;
  };
  // Places in the order of texts, which begin alike.
  const strangers = Array.from({ length: 4 }, () => ed25519Key().record);
  assert.equal(await statusBehind(strangers.slice(1)), "pass");
  assert.equal(await statusBehind(strangers), "fail");
  const malformed = "v=DKIM1; k=ed25519; p=!";
  assert.equal(await statusBehind(Array(9).fill(malformed)), "pass");
  assert.equal(await statusBehind(Array(10).fill(malformed)), "permerror");
});
