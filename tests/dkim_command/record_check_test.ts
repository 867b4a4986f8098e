// What is said of a key record in the DNS, compared with a private key.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import type { KeyRecordProblemCode } from "../../cli/commands/dkim/findings.ts";
import { checkRecord, judgeAnswer } from "../../cli/commands/dkim/record_check.ts";
import { dkimKeyRecord } from "../../lib/auth/dkim/dns_record.ts";
import {
  type DkimPrivateKey,
  generateDkimKey,
  parseDkimPrivateKey,
} from "../../lib/auth/dkim/private_key.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { TxtAnswer } from "../../lib/dns/resolver.ts";

const { key: rsa } = await generateDkimKey("rsa");
const { key: otherRsa } = await generateDkimKey("rsa");
const { key: ed25519 } = await generateDkimKey("ed25519");
const { key: otherEd25519 } = await generateDkimKey("ed25519");
const short = parseDkimPrivateKey(
  String(
    generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs1", format: "pem" }),
  ),
);

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const p = base64(rsa.publicKey);
const right = dkimKeyRecord(rsa);
const found = (...records: string[]): TxtAnswer => ({ status: "found", records, ttl: 60 });

function codeOf(key: DkimPrivateKey, ...records: string[]): KeyRecordProblemCode | "right" {
  const { result, problem } = judgeAnswer(found(...records), key);
  assert.equal(result === "right", problem === undefined);
  return problem?.code ?? "right";
}

describe("a record that is right", () => {
  it("is what is printed, and what other programs write", () => {
    for (const key of [rsa, ed25519]) assert.equal(codeOf(key, dkimKeyRecord(key)), "right");
    for (
      const text of [
        `p=${p}`,
        `v=DKIM1; h=sha256; k=rsa; p=${p}`,
        `v=DKIM1;k=rsa;s=email;t=s;p=${p};`,
        `v=DKIM1; k=RSA; h=sha1:sha256; s=*; p=${p.slice(0, 100)} ${p.slice(100)}; n=a note`,
      ]
    ) {
      assert.equal(codeOf(rsa, text), "right", text);
      assert.deepEqual(judgeAnswer(found(text), rsa).warnings, []);
    }
  });

  it("has warnings for what works, but should be looked at", () => {
    const warningsOf = (key: DkimPrivateKey, text: string) => {
      const { result, warnings } = judgeAnswer(found(text), key);
      assert.equal(result, "right");
      return warnings.join("\n");
    };
    assert.match(
      warningsOf(rsa, dkimKeyRecord(rsa, { testing: true })),
      /^t=y: the domain says that it only tests/,
    );
    assert.match(warningsOf(rsa, `k=rsa; v=DKIM1; p=${p}`), /^v=DKIM1 is not the first tag/);
    assert.match(warningsOf(short, dkimKeyRecord(short)), /^a key of 1024 bits is short/);
    const pkcs1 = rsa.publicKey.subarray(24);
    assert.match(warningsOf(rsa, `v=DKIM1; p=${base64(pkcs1)}`), /^p= has the key in the form of PKCS#1/);
  });
});

describe("a record that is wrong", () => {
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), ed25519.publicKey]);
  const ed = base64(ed25519.publicKey);
  const cases: readonly (readonly [KeyRecordProblemCode, DkimPrivateKey, readonly string[], RegExp])[] = [
    ["quotes", rsa, [`"${right}"`], /contains quotation marks/],
    ["quotes", rsa, [`v=DKIM1; k=rsa; p=${p.slice(0, 200)}" "${p.slice(200)}`], /quotation marks/],
    ["quotes", rsa, [right.replaceAll(";", "\\;")], /contains backslashes/],
    ["malformed", rsa, [right.replaceAll(";", "")], /there is no `;` after v=DKIM1/],
    ["malformed", rsa, [`v=DKIM1; krsa; p=${p}`], /not a list of tags .*a tag has no value/],
    ["malformed", rsa, [`v=DKIM1; k=rsa; p=${p}; p=${p}`], /a tag occurs twice/],
    ["unknown-version", rsa, [`v=DKIM2; p=${p}`], /v= is not DKIM1/],
    ["no-key", rsa, ["v=DKIM1; k=rsa"], /has no p=/],
    ["revoked", rsa, ["v=DKIM1; k=rsa; p="], /the key is revoked/],
    [
      "wrong-type",
      ed25519,
      [`v=DKIM1; p=${ed}`],
      /there is no k=, which means k=rsa; the key is an Ed25519 key/,
    ],
    ["wrong-type", rsa, [`v=DKIM1; k=ed25519; p=${p}`], /it says k=ed25519; the key is an RSA key/],
    ["malformed-key", rsa, ["v=DKIM1; k=rsa; p=!!!"], /p= is not base64/],
    ["malformed-key", rsa, ["v=DKIM1; k=rsa; p=AAAA"], /is base64, but not of a key/],
    [
      "malformed-key",
      rsa,
      [right.replace(p.slice(150, 160), "..........")],
      /differs from the right one after 150/,
    ],
    ["truncated", rsa, [right.slice(0, 255)], /the key ends after 237 of 392 characters/],
    [
      "piece-missing",
      rsa,
      [right.slice(0, 200) + right.slice(255)],
      /55 characters of the key are missing after/,
    ],
    ["der-key", ed25519, [`v=DKIM1; k=ed25519; p=${base64(spki)}`], /with its DER header/],
    ["other-key", rsa, [dkimKeyRecord(otherRsa)], /the record has another RSA key/],
    ["other-key", ed25519, [dkimKeyRecord(otherEd25519)], /the record has another Ed25519 key/],
    ["other-key", rsa, [dkimKeyRecord(ed25519)], /has an Ed25519 key, but the private key is an RSA key/],
    ["wrong-hash", rsa, [`v=DKIM1; h=sha1; p=${p}`], /h=sha1 does not allow SHA-256/],
    ["wrong-service", rsa, [`v=DKIM1; s=web; p=${p}`], /s=web says that the key is not for mail/],
    ["not-a-key-record", rsa, ["v=spf1 -all"], /there is a TXT record, but none with a key/],
    ["not-a-key-record", rsa, ["v=spf1 -all", "hello"], /there are 2 TXT records, but none/],
    ["split-into-records", rsa, [right.slice(255), right.slice(0, 255)], /split into 2 records/],
    ["several-records", rsa, [right, dkimKeyRecord(otherRsa)], /2 TXT records, one of them right/],
    ["several-records", rsa, [right, "v=spf1 -all"], /one of them right/],
    ["several-records", rsa, [dkimKeyRecord(otherRsa), "v=DKIM1; p="], /none of them right/],
  ];
  for (const [code, key, records, says] of cases) {
    it(`is told apart: ${code}, ${says.source}`, () => {
      assert.equal(codeOf(key, ...records), code);
      const { problem } = judgeAnswer(found(...records), key);
      assert.match(problem?.explanation ?? "", says);
      assert.notEqual(problem?.advice, "");
    });
  }
});

describe("the DNS", () => {
  const check = (records: string, selector = "sel", domain = "a.example") =>
    checkRecord({ domain, selector, key: rsa }, parseRecordsFile(records));

  it("has the record", async () => {
    const checked = await check(`sel._domainkey.a.example "${right}"`);
    assert.deepEqual(
      [checked.name, checked.result, checked.records],
      ["sel._domainkey.a.example", "right", [right]],
    );
  });

  it("has it behind an alias", async () => {
    const { result } = await check(`sel._domainkey.a.example CNAME k.b.example\nk.b.example "${right}"`);
    assert.equal(result, "right");
  });

  it("does not have the name, or has it without a TXT record", async () => {
    const absent = await check("a.example A 192.0.2.1");
    assert.deepEqual([absent.result, absent.problem?.code], ["wrong", "no-name"]);
    assert.match(absent.problem?.explanation ?? "", /does not exist \(NXDOMAIN\)/);
    const empty = await check("sel._domainkey.a.example A 192.0.2.1\na.example A 192.0.2.1");
    assert.deepEqual([empty.result, empty.problem?.code], ["wrong", "no-record"]);
  });

  it("has it under a wrong name", async () => {
    const twice = await check(`sel._domainkey.a.example.a.example "${right}"`);
    assert.match(
      twice.problem?.explanation ?? "",
      /at sel\._domainkey\.a\.example\.a\.example, .* final dot/,
    );
    assert.equal(twice.problem?.advice, "move it to sel._domainkey.a.example");
    const bare = await check(`sel.a.example "${right}"`);
    assert.match(bare.problem?.explanation ?? "", /at sel\.a\.example, .*_domainkey is missing/);
    const other = await check(`sel.a.example "${dkimKeyRecord(otherRsa)}"`);
    assert.match(other.problem?.explanation ?? "", /NXDOMAIN/, "another key there is no slip of the pen");
  });

  it("does not have the domain", async () => {
    const { problem } = await check("b.example A 192.0.2.1");
    assert.match(problem?.explanation ?? "", /^the domain a\.example does not exist/);
  });

  it("gives no answer", async () => {
    for (const status of ["SERVFAIL", "TIMEOUT"]) {
      const { result, problem } = await check(`sel._domainkey.a.example ${status}`);
      assert.deepEqual([result, problem?.code], ["unknown", "lookup-failed"]);
      assert.match(problem?.explanation ?? "", new RegExp(`\\(${status.toLowerCase()}\\)`));
    }
  });
});
