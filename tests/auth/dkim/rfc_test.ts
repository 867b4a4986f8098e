import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseRecordsFile } from "../../../lib/dns/records_file.ts";
import { type Message, parseMessage, verifyMessage, withHeader } from "./support.ts";
import { at } from "../../support/present.ts";

function read(name: string): string {
  return readFileSync(new URL(`./rfc/${name}`, import.meta.url), "utf8");
}

function message(name: string): Message {
  return parseMessage(read(name).replaceAll("\n", "\r\n"));
}

const resolver = parseRecordsFile(read("keys.txt"));

test("RFC 6376 appendix A.2: the signed message verifies", async () => {
  const [result, ...more] = await verifyMessage(message("rfc6376_a2.eml"), { resolver });
  assert.deepEqual(more, []);
  assert.deepEqual(result, {
    status: "pass",
    reason: undefined,
    domain: "example.com",
    identity: "joe@football.example.com",
    selector: "brisbane",
    algorithm: "rsa-sha256",
    signaturePrefix: "AuUoFEfD",
    testing: false,
    keyBits: 1024,
    keyAbsent: false,
    unsignedBodyBytes: undefined,
  });
});

test("RFC 8463 appendix A.3: both signatures verify", async () => {
  const results = await verifyMessage(message("rfc8463_a3.eml"), { resolver });
  assert.deepEqual(
    results.map(({ status, algorithm, selector, keyBits, signaturePrefix }) => ({
      status,
      algorithm,
      selector,
      keyBits,
      signaturePrefix,
    })),
    [
      {
        status: "pass",
        algorithm: "ed25519-sha256",
        selector: "brisbane",
        keyBits: 256,
        signaturePrefix: "/gCrinpc",
      },
      {
        status: "pass",
        algorithm: "rsa-sha256",
        selector: "test",
        keyBits: 1024,
        signaturePrefix: "F45dVWDf",
      },
    ],
  );
});

test("the RFC examples verify with folded lines joined by LF, and however the body is cut", async () => {
  for (const name of ["rfc6376_a2.eml", "rfc8463_a3.eml"]) {
    const original = message(name);
    for (const field of original.headers) field[1] = field[1].replaceAll("\r\n", "\n");
    for (const chunk of [1, 2, 3, 7]) {
      const results = await verifyMessage(original, { resolver }, chunk);
      assert.ok(results.every(({ status }) => status === "pass"), `${name} in pieces of ${chunk}`);
    }
  }
});

test("one changed byte in the body or in a signed header fails; an unsigned header may change", async () => {
  const original = message("rfc6376_a2.eml");
  const statusOf = async (changed: Message) => at(await verifyMessage(changed, { resolver }), 0);
  const body = await statusOf({ ...original, body: original.body.replace("hungry", "Hungry") });
  assert.equal(body.status, "fail");
  assert.match(body.reason ?? "", /body hash/);
  const subject = await statusOf(withHeader(original, "Subject", (value) => value + "!"));
  assert.equal(subject.status, "fail");
  assert.match(subject.reason ?? "", /signature did not verify/);
  const added: Message = { headers: [...original.headers, ["X-Unsigned", " anything"]], body: original.body };
  assert.equal((await statusOf(added)).status, "pass");
});
