// What a program does that checks mail without a filter: it imports the entry by its name.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  authenticationResults,
  authorDomains,
  DkimVerifier,
  OwnResultsFinder,
  parseRecordsFile,
  StubResolver,
  verifyDkim,
} from "milterkit/auth";
import { ed25519Key, formatMessage, NOW, resolverOf, SAMPLE, signMessage } from "./dkim/support.ts";

const file = (name: string): string => readFileSync(new URL(`./dkim/rfc/${name}`, import.meta.url), "utf8");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

const resolver = parseRecordsFile(file("keys.txt"));
const crlf = file("rfc8463_a3.eml").replace(/\r?\n/g, "\r\n");
const statuses = async (message: string): Promise<string[]> =>
  (await verifyDkim(bytes(message), { resolver })).map(({ status }) => status);

const FORMS: Readonly<Record<string, string>> = {
  "CRLF line ends": crlf,
  "LF line ends": crlf.replaceAll("\r\n", "\n"),
  "the line of a mailbox before it": `From joe@football.example.com Fri Jul 11 21:00:37 2003\n${crlf}`,
};
for (const [form, message] of Object.entries(FORMS)) {
  test(`the signatures of a message with ${form} pass`, async () => {
    assert.deepEqual(await statuses(message), ["pass", "pass"]);
    assert.deepEqual(await statuses(message.replace("hungry", "angry")), ["fail", "fail"]);
  });
}

test("a message without a signature has no results", async () => {
  assert.deepEqual(await statuses("From: joe@example.org\n\nHello\n"), []);
  assert.deepEqual(await statuses(""), []);
});

const key = ed25519Key();
const keys = resolverOf({ "sel._domainkey.example.org": key.record });

test("fields that Postfix shows no filter count where they are signed", async () => {
  const bcc: [string, string] = ["Bcc", " secret@example.com"];
  const signed = signMessage({ headers: [...SAMPLE.headers, bcc], body: "Hello\r\n" }, {
    key,
    header: "simple",
    tags: { h: "from:bcc" },
  });
  const verified = await verifyDkim(bytes(formatMessage(signed)), { resolver: keys });
  assert.deepEqual(verified.map(({ status }) => status), ["pass"]);
  const changed = bytes(formatMessage(signed).replace("secret@", "public@"));
  assert.deepEqual((await verifyDkim(changed, { resolver: keys })).map(({ status }) => status), ["fail"]);
});

test("the time and a signal are the program's", async () => {
  const message = bytes(formatMessage(signMessage({ headers: SAMPLE.headers, body: "Hello\r\n" }, {
    key,
    tags: { x: String(NOW) },
  })));
  const reasonAt = async (now: number): Promise<string | undefined> =>
    (await verifyDkim(message, { resolver: keys, now: () => now }))[0]?.reason;
  assert.equal(await reasonAt(NOW), undefined);
  assert.equal(await reasonAt(NOW + 301), "the signature has expired");
  const signal = AbortSignal.abort();
  const [result] = await verifyDkim(message, { resolver: keys, now: () => NOW, signal });
  assert.equal(result?.status, "temperror");
});

test("a limit that is none is refused", async () => {
  const options = { resolver, minKeyBits: 100 };
  await assert.rejects(verifyDkim(new Uint8Array(), options), /^RangeError: .*minKeyBits/);
});

test("a stream gives the same results as the whole", async () => {
  const [head = "", body = ""] = crlf.split(/\r\n\r\n([^]*)/);
  const verifier = new DkimVerifier({ resolver, now: () => NOW });
  for (const field of head.split(/\r\n(?![ \t])/)) {
    const colon = field.indexOf(":");
    verifier.header(bytes(field.slice(0, colon)), bytes(field.slice(colon + 1)));
  }
  verifier.endOfHeaders();
  for (const letter of body) verifier.body(bytes(letter));
  const whole = await verifyDkim(bytes(crlf), { resolver, now: () => NOW });
  assert.deepEqual(await verifier.finish(), whole);
});

test("results are written, and those that are forged are found", async () => {
  const results = await verifyDkim(bytes(crlf), { resolver });
  const field = authenticationResults("mx.example.net", results);
  assert.match(field, /^mx\.example\.net;\n\tdkim=pass .*header\.d=football\.example\.com/);
  assert.equal(new OwnResultsFinder("MX.example.net").isOurs(field), true);
  assert.deepEqual(authorDomains([bytes(" Joe <joe@football.example.com>")]), {
    domains: ["football.example.com"],
  });
});

test("a server that cannot be reached is no verdict about the signature", async () => {
  const stub = new StubResolver({ servers: ["127.0.0.1:9"], deadline: 1 });
  const results = await verifyDkim(bytes(crlf), { resolver: stub });
  stub.close();
  assert.deepEqual(results.map(({ status }) => status), ["temperror", "temperror"]);
});
