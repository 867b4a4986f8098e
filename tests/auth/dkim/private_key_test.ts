// The keys in the folder keys were made by OpenSSL 3.0 and OpenSSH for these tests and sign nothing.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { parseKeyRecord } from "../../../lib/auth/dkim/key_record.ts";
import { DkimKeyError, generateDkimKey, parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { ed25519Key, NOW, resolverOf, sharedRsaKey, verifyMessage } from "./support.ts";
import { oddMessages, recordsOf, signStreamed, withSignatures } from "./signing.ts";
import { at } from "../../support/present.ts";

function pemOf(name: string): string {
  return readFileSync(new URL(`./keys/${name}.pem`, import.meta.url), "utf8");
}

const rsa = sharedRsaKey().privateKey;
const ed25519 = ed25519Key().privateKey;
const pkcs1 = rsa.export({ type: "pkcs1", format: "pem" }) as string;
const pkcs8 = rsa.export({ type: "pkcs8", format: "pem" }) as string;
const edPem = ed25519.export({ type: "pkcs8", format: "pem" }) as string;
const seed = Buffer.from(ed25519.export({ format: "jwk" }).d ?? "", "base64url").toString("base64");

function publicPem(): string {
  const { publicKey } = parseDkimPrivateKey(pkcs8);
  const lines = Buffer.from(publicKey).toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
}

function withPublicKey(): string {
  const { publicKey } = parseDkimPrivateKey(edPem);
  const parts = ["3051020101300506032b657004220420", Buffer.from(seed, "base64").toString("hex"), "812100"];
  const der = Buffer.concat([Buffer.from(parts.join(""), "hex"), publicKey]);
  return `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
}

const GOOD: readonly (readonly [what: string, text: string | Uint8Array, type: "rsa" | "ed25519"])[] = [
  ["PKCS#1", pkcs1, "rsa"],
  ["PKCS#8", pkcs8, "rsa"],
  ["Ed25519 in PKCS#8", edPem, "ed25519"],
  ["a seed", seed, "ed25519"],
  ["a seed with a line end", `${seed}\r\n`, "ed25519"],
  ["a seed without its last character", seed.replace("=", ""), "ed25519"],
  ["bytes", Buffer.from(pkcs1), "rsa"],
  ["CRLF", pkcs1.replaceAll("\n", "\r\n"), "rsa"],
  ["no final line end", pkcs8.trimEnd(), "rsa"],
  ["CRLF and no final line end", edPem.trimEnd().replaceAll("\n", "\r\n"), "ed25519"],
  ["blank lines and spaces at the ends of lines", `\n\n${pkcs8.replaceAll("\n", "  \n")}\n\n`, "rsa"],
  ["text before and after", `Bag Attributes\n  friendlyName: x\n${pkcs8}the end\n`, "rsa"],
  ["one line of base64", pkcs8.replace(/(?<=[^-])\n(?=[^-])/g, ""), "rsa"],
  ["a public key before it", `${publicPem()}${pkcs8}`, "rsa"],
  ["a certificate after it", `${pkcs8}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, "rsa"],
  ["Ed25519 with its public key, RFC 5958's version 2", withPublicKey(), "ed25519"],
  ["a byte order mark, which is text before it", `\ufeff\n${pkcs8}`, "rsa"],
];

for (const [what, text, type] of GOOD) {
  test(`${what}: is read`, async () => {
    const key = parseDkimPrivateKey(text);
    assert.deepEqual([key.type, key.bits], [type, type === "rsa" ? 2048 : 256]);
    const signing = [{ domain: "example.org", selector: "s", key }];
    const message = at(oddMessages(), 5)[1];
    const signed = withSignatures(message, signStreamed(message, signing));
    const [result] = await verifyMessage(signed, {
      resolver: resolverOf(recordsOf(signing)),
      now: () => NOW,
    });
    assert.equal(result?.status, "pass", result?.reason);
  });
}

const kind = (name: string) => `it is a key of another kind (${name}); DKIM has RSA and Ed25519`;
const encrypted = "it is encrypted; decrypt it with `openssl pkey -in FILE -out NEW`";
const damaged = "it is damaged: there is no working key in it";
const cutOff = "its PEM block has no end: the file is cut off or damaged";
const notBase64 = "it is damaged: what is between BEGIN and END is not base64";
const none = "it has no key: neither PEM nor the base64 text of 32 bytes";

const BAD: readonly (readonly [what: string, text: string | Uint8Array, message: string, value: unknown])[] =
  [
    ["512 bits", pemOf("rsa512"), "it has 512 bits; verifiers refuse less than 1024, use 2048", 512],
    ["1000 bits", pemOf("rsa1000"), "it has 1000 bits; verifiers refuse less than 1024, use 2048", 1000],
    ["4104 bits", pemOf("rsa4104"), "it has 4104 bits; verifiers need not accept more than 4096", 4104],
    ["encrypted PKCS#8", pemOf("enc8"), encrypted, "encrypted"],
    ["encrypted PKCS#1", pemOf("enc1"), encrypted, "encrypted"],
    ["encrypted PKCS#1 with CRLF", pemOf("enc1").replaceAll("\n", "\r\n"), encrypted, "encrypted"],
    ["a public key", publicPem(), "it is a public key; signing needs the private one", "public"],
    [
      "a certificate",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "it has no private key; the block needed begins -----BEGIN PRIVATE KEY-----",
      "CERTIFICATE",
    ],
    ["an elliptic curve", pemOf("ec"), kind("ECDSA"), "ECDSA"],
    ["an elliptic curve in PKCS#8", pemOf("ec8"), kind("ECDSA"), "ECDSA"],
    ["Ed448", pemOf("ed448"), kind("Ed448"), "Ed448"],
    ["X25519", pemOf("x25519"), kind("X25519"), "X25519"],
    ["DSA", pemOf("dsa8"), kind("DSA"), "DSA"],
    ["RSA-PSS", pemOf("pss"), kind("RSA-PSS"), "RSA-PSS"],
    ["OpenSSH's form", pemOf("openssh"), kind("OpenSSH"), "OpenSSH"],
    ["two keys", pkcs8 + edPem, "it has 2 private keys; put each into a file of its own", 2],
    ["the same key twice", pkcs1 + pkcs8, "it has 2 private keys; put each into a file of its own", 2],
    ["nothing", "", "it is empty", "empty"],
    ["white space", " \r\n\t\n", "it is empty", "empty"],
    ["cut off", pkcs8.slice(0, 900), cutOff, "damaged"],
    ["no end", pkcs8.replace(/-----END.*/, ""), cutOff, "damaged"],
    ["another end", pkcs8.replace("END PRIVATE", "END RSA PRIVATE"), cutOff, "damaged"],
    ["a line missing", pkcs8.replace(/\n.*\n(?=.*\n-----END)/, "\n"), damaged, "damaged"],
    ["an empty block", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", notBase64, "damaged"],
    ["not base64", "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----\n", notBase64, "damaged"],
    ["zeros", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", damaged, "damaged"],
    ["PKCS#8 as PKCS#1", pkcs8.replaceAll(" PRIVATE", " RSA PRIVATE"), damaged, "damaged"],
    ["a seed of 31 bytes", Buffer.alloc(31).toString("base64"), none, "no key"],
    ["a seed of 33 bytes", Buffer.alloc(33).toString("base64"), none, "no key"],
    ["a DNS record", sharedRsaKey().record, none, "no key"],
    ["DER", rsa.export({ type: "pkcs8", format: "der" }) as Buffer, none, "no key"],
    ["a word", "hello\n", none, "no key"],
  ];

for (const [what, text, message, value] of BAD) {
  test(`${what}: is refused`, () => {
    assert.throws(() => parseDkimPrivateKey(text), (error) => {
      assert.ok(error instanceof DkimKeyError);
      assert.deepEqual([error.message, error.code, error.value], [message, "invalid-dkim-key", value]);
      return true;
    });
  });
}

function withFlippedBit(offset: number): string {
  const der = Buffer.from(rsa.export({ type: "pkcs1", format: "der" }) as Buffer);
  der[offset] = (der[offset] ?? 0) ^ 0x04;
  return `-----BEGIN RSA PRIVATE KEY-----\n${der.toString("base64")}\n-----END RSA PRIVATE KEY-----\n`;
}

test("numbers that do not fit each other are refused", () => {
  // Within the modulus, the exponent and both primes.
  for (const offset of [60, 400, 650, 750]) {
    assert.throws(() => parseDkimPrivateKey(withFlippedBit(offset)), { message: damaged }, String(offset));
  }
});

test("numbers for the Chinese remainder theorem that do not fit are refused, or not used", () => {
  const { publicKey } = parseDkimPrivateKey(pkcs1);
  for (const offset of [900, 1000, 1150]) {
    try {
      // Deno computes them anew. The key has been tried with its public key.
      assert.deepEqual(parseDkimPrivateKey(withFlippedBit(offset)).publicKey, publicKey);
    } catch (error) {
      assert.equal((error as Error).message, damaged);
    }
  }
});

test("an error never has a part of the key", () => {
  for (const [, text] of BAD) {
    try {
      parseDkimPrivateKey(text);
    } catch (error) {
      const told = JSON.stringify([String(error), (error as DkimKeyError).value]);
      for (const line of Buffer.from(text).toString("latin1").match(/[A-Za-z0-9+/]{20,}/g) ?? []) {
        assert.ok(!told.includes(line.slice(0, 20)), told);
      }
    }
  }
});

test("keys that are made read back, and their records are those of the key", async () => {
  for (const [type, bits] of [["rsa", 1024], ["rsa", 2048], ["ed25519", 256]] as const) {
    const { key, pem } = await generateDkimKey(type, bits);
    assert.deepEqual([key.type, key.bits], [type, bits]);
    assert.deepEqual(parseDkimPrivateKey(pem).publicKey, key.publicKey);
    for (const testing of [false, true]) {
      const record = parseKeyRecord(dkimKeyRecord(key, { testing }));
      assert.ok(!("problem" in record));
      assert.deepEqual([record.type, record.bits, record.testing], [type, bits, testing]);
    }
  }
  await assert.rejects(generateDkimKey("rsa", 512), RangeError);
  await assert.rejects(generateDkimKey("rsa", 8192), RangeError);
});

test("a record is DNS's text for the key", () => {
  // RFC 8463 appendix A.2.
  const key = parseDkimPrivateKey("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
  assert.equal(dkimKeyRecord(key), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  assert.equal(
    dkimKeyRecord(key, { testing: true }),
    "v=DKIM1; k=ed25519; t=y; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
  );
});
