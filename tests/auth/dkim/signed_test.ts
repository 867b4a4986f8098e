import assert from "node:assert/strict";
import { test } from "node:test";
import type { DkimStatus } from "../../../lib/auth/dkim/results.ts";
import type { Canonicalization } from "../../../lib/auth/dkim/signature.ts";
import { DkimVerifier } from "../../../lib/auth/dkim/verifier.ts";
import {
  bytes,
  ed25519Key,
  formatMessage,
  type Message,
  NOW,
  parseMessage,
  resolverOf,
  rsaKey,
  SAMPLE,
  sharedRsaKey,
  signMessage,
  type SignOptions,
  type TestKey,
  verifyMessage,
  withHeader,
} from "./support.ts";
import { at } from "../../support/present.ts";

const FORMS: readonly Canonicalization[] = ["simple", "relaxed"];
const rsa = sharedRsaKey();
const ed25519 = ed25519Key();
const NAME = "sel._domainkey.example.org";

async function check(message: Message, key: TestKey | string, options = {}) {
  const record = typeof key === "string" ? key : key.record;
  const results = await verifyMessage(message, { resolver: resolverOf({ [NAME]: record }), ...options });
  assert.equal(results.length, 1);
  return at(results, 0);
}

async function assertSigned(
  options: Partial<SignOptions>,
  status: DkimStatus,
  reason?: RegExp,
  settings = {},
) {
  const key = options.key ?? ed25519;
  const result = await check(signMessage(SAMPLE, { ...options, key }), key, settings);
  assert.equal(result.status, status, result.reason);
  if (reason !== undefined) assert.match(result.reason ?? "", reason);
  return result;
}

for (const key of [rsa, ed25519]) {
  for (const header of FORMS) {
    for (const body of FORMS) {
      test(`${key.type}-sha256 ${header}/${body}: passes, and fails with any part altered`, async () => {
        const signed = signMessage(SAMPLE, { key, header, body });
        for (const chunk of [1, 5, 1000]) {
          const results = await verifyMessage(
            signed,
            { resolver: resolverOf({ [NAME]: key.record }) },
            chunk,
          );
          assert.deepEqual(results.map((result) => result.status), ["pass"]);
        }
        assert.equal((await check(parseMessage(formatMessage(signed)), key)).status, "pass");
        const altered: [string, Message, RegExp][] = [
          ["body", { ...signed, body: signed.body.replace("two", "tvo") }, /body hash/],
          ["appended", { ...signed, body: signed.body + "more\r\n" }, /body hash/],
          ["subject", withHeader(signed, "Subject", (v) => v.replace("folded", "holded")), /signature did/],
          ["8-bit", withHeader(signed, "Subject", (v) => v.replace("\xe9", "\xe8")), /signature did/],
          [
            "tag",
            withHeader(signed, "DKIM-Signature", (v) => v.replace("s=sel;", "s=sel; z=x;")),
            /signature/,
          ],
          [
            "duplicate",
            { ...signed, headers: [...signed.headers, ["Subject", " other"]] },
            /signature did/,
          ],
        ];
        for (const [what, message, reason] of altered) {
          const result = await check(message, key);
          assert.equal(result.status, "fail", what);
          assert.match(result.reason ?? "", reason, what);
        }
        const spaced = withHeader(signed, "To", () => "   other@example.com\t");
        assert.equal((await check(spaced, key)).status, header === "relaxed" ? "pass" : "fail");
        const bodySpaced = { ...signed, body: signed.body.replace("First  line", "First   line") };
        assert.equal((await check(bodySpaced, key)).status, body === "relaxed" ? "pass" : "fail");
        const blank = { ...signed, body: signed.body + "\r\n\r\n" };
        assert.equal((await check(blank, key)).status, "pass");
      });
    }
  }
}

test("another key of the same type fails", async () => {
  for (const [key, other] of [[rsa, rsaKey()], [ed25519, ed25519Key()]] as const) {
    assert.equal((await check(signMessage(SAMPLE, { key }), other)).status, "fail");
  }
});

test("the signature field is hashed as it stands, whatever surrounds b=", async () => {
  for (const header of FORMS) {
    await assertSigned({ header, fold: "" }, "pass");
    await assertSigned({ header, fold: " \t\r\n   " }, "pass");
    await assertSigned({ header, edit: (value) => value.replace(" b=", " x-b=b; b =") }, "permerror");
    await assertSigned({ header, edit: (value) => value.replace(" b=", " xb=b=c;\r\n\tb\t=") }, "pass");
    const key = ed25519;
    const signed = signMessage(SAMPLE, { key, header });
    for (const around of [(v: string) => v + " \r\n\t", (v: string) => v.replace(" b=", " b= \r\n ")]) {
      assert.equal((await check(withHeader(signed, "DKIM-Signature", around), key)).status, "pass");
    }
    const unfolded = withHeader(
      signed,
      "DKIM-Signature",
      (v) => v.replace(/(b=[^;]*)$/, (b) => b.replace(/\s/g, "")),
    );
    assert.equal((await check(unfolded, key)).status, "pass");
    const ended = withHeader(signed, "DKIM-Signature", (v) => v + ";");
    assert.equal((await check(ended, key)).status, "fail", "the semicolon after b= is signed");
  }
});

test("header fields are taken from the bottom up; absent ones are signed as absent", async () => {
  const twice: Message = {
    headers: [["Comments", " first"], ["Comments", " second"], ...SAMPLE.headers],
    body: "x\r\n",
  };
  const resolver = resolverOf({ [NAME]: ed25519.record });
  const status = async (message: Message) => at(await verifyMessage(message, { resolver }), 0).status;
  const once = signMessage(twice, { key: ed25519, tags: { h: "from:comments" } });
  assert.equal(await status(once), "pass");
  assert.equal(await status(withHeader(once, "Comments", () => " changed")), "pass");
  const both = signMessage(twice, { key: ed25519, tags: { h: "From:Comments:COMMENTS" } });
  assert.equal(await status(both), "pass");
  assert.equal(await status(withHeader(both, "Comments", () => " changed")), "fail");
  const oversigned = signMessage(twice, {
    key: ed25519,
    tags: { h: "from:from:comments:comments:comments:list-id" },
  });
  assert.equal(await status(oversigned), "pass");
  for (const name of ["From", "Comments", "List-Id"]) {
    const added: Message = { headers: [[name, " x"], ...oversigned.headers], body: oversigned.body };
    assert.equal(await status(added), "fail", name);
  }
});

test("one more field of those that readers see once, above the signed one, makes policy of pass", async () => {
  const resolver = resolverOf({ [NAME]: ed25519.record });
  const verify = async (message: Message) => at(await verifyMessage(message, { resolver }), 0);
  const names = ["From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date"];
  const whole: Message = {
    headers: [...SAMPLE.headers, ["Sender", " a@example.org"], ["Reply-To", " b@example.org"], ["Cc", " c"]],
    body: "x\r\n",
  };
  const signed = signMessage(whole, { key: ed25519, tags: { h: names.join(":") } });
  assert.equal((await verify(signed)).status, "pass");
  for (const name of names) {
    const added: Message = { headers: [[name.toLowerCase(), " x"], ...signed.headers], body: signed.body };
    const result = await verify(added);
    assert.deepEqual([result.status, result.reason], ["policy", `one more ${name} field is not signed`]);
    const altered = await verify({ ...added, body: "y\r\n" });
    assert.equal(altered.status, "fail", "what failed anyway still fails");
    const signedTwice = signMessage(added, { key: ed25519, tags: { h: `${names.join(":")}:${name}` } });
    assert.equal((await verify(signedTwice)).status, "pass");
  }
  const onlyFrom = signMessage(whole, { key: ed25519, tags: { h: "from" } });
  const added: Message = { headers: [["Subject", " x"], ...onlyFrom.headers], body: onlyFrom.body };
  assert.equal((await verify(added)).status, "pass", "a field that is not signed at all is nobody's promise");
});

test("a signature may sign other signatures, never itself", async () => {
  const inner = signMessage(SAMPLE, { key: ed25519 });
  const h = "from:dkim-signature:dkim-signature";
  const outer = signMessage(inner, { key: ed25519, tags: { h } });
  const resolver = resolverOf({ [NAME]: ed25519.record });
  const results = await verifyMessage(outer, { resolver });
  assert.deepEqual(results.map((result) => result.status), ["pass", "pass"]);
});

test("a colon at the end of h= names no field", async () => {
  for (const h of ["from:to:", "from:to: ", "from : to :\r\n\t", "from:"]) {
    const signed = signMessage(SAMPLE, { key: ed25519, tags: { h } });
    assert.equal((await check(signed, ed25519)).status, "pass", h);
    assert.equal((await check(withHeader(signed, "From", () => " x@evil.example"), ed25519)).status, "fail");
    const without = withHeader(
      signed,
      "DKIM-Signature",
      (value) => value.replace(`h=${h}`, `h=${h.replace(/:\s*$/, "")}`),
    );
    assert.equal((await check(without, ed25519)).status, "fail", "the colon is signed");
  }
});

test("a message without From passes where its absence is signed, and fails with one", async () => {
  const headless: Message = {
    headers: SAMPLE.headers.filter(([name]) => name !== "From"),
    body: SAMPLE.body,
  };
  const signed = signMessage(headless, { key: ed25519 });
  assert.equal((await check(signed, ed25519)).status, "pass");
  const added: Message = { headers: [["From", " x@example.org"], ...signed.headers], body: signed.body };
  assert.equal((await check(added, ed25519)).status, "fail");
});

test("l= limits what is signed; what follows is counted", async () => {
  for (const body of FORMS) {
    const key = ed25519;
    const exact = signMessage({ ...SAMPLE, body: "12345\r\n" }, { key, body, tags: { l: "7" } });
    assert.equal((await check(exact, key)).unsignedBodyBytes, undefined);
    const longer = { ...exact, body: exact.body + "added\r\n" };
    const result = await check(longer, key);
    assert.equal(result.status, "pass");
    assert.equal(result.unsignedBodyBytes, 7);
    const none = signMessage(SAMPLE, { key, body, tags: { l: "0" } });
    assert.equal((await check({ ...none, body: "abc" }, key)).unsignedBodyBytes, 5);
    const shorter = await check({ ...exact, body: "12345" + "\r\n" }, key);
    assert.equal(shorter.status, "pass");
    const cut = await check({ ...exact, body: "123\r\n" }, key);
    assert.equal(cut.status, "fail");
    assert.match(cut.reason ?? "", /shorter than l=/);
  }
});

test("unsigned body bytes can be refused", async () => {
  const settings = { refuseUnsignedBody: true };
  const key = ed25519;
  const exact = signMessage({ ...SAMPLE, body: "12345\r\n" }, { key, tags: { l: "7" } });
  assert.equal((await check(exact, key, settings)).status, "pass");
  const longer = await check({ ...exact, body: exact.body + "added\r\n" }, key, settings);
  assert.deepEqual([longer.status, longer.reason], ["policy", "a part of the body is not signed"]);
  assert.equal(longer.unsignedBodyBytes, 7);
});

test("signatures with different canonicalizations and lengths share one pass over the body", async () => {
  let message = SAMPLE;
  const sizes: (string | undefined)[] = [undefined, "0", "5", "10"];
  for (const body of FORMS) {
    for (const l of sizes) message = signMessage(message, { key: ed25519, body, tags: { l } });
  }
  const results = await verifyMessage(message, { resolver: resolverOf({ [NAME]: ed25519.record }) }, 3);
  assert.deepEqual(results.map((result) => result.status), Array(8).fill("pass"));
  assert.equal(new Set(results.map((result) => result.unsignedBodyBytes)).size, 7);
});

test("t= and x= are held against the clock, with drift", async () => {
  const at = (seconds: number) => String(NOW + seconds);
  await assertSigned({ tags: { t: at(-10), x: at(10) } }, "pass");
  await assertSigned({ tags: { x: at(-299) } }, "pass");
  await assertSigned({ tags: { x: at(-301) } }, "fail", /expired/);
  await assertSigned({ tags: { x: at(-1) } }, "fail", /expired/, { clockDrift: 0 });
  await assertSigned({ tags: { t: at(299) } }, "pass");
  await assertSigned({ tags: { t: at(301) } }, "fail", /future/);
  await assertSigned({ tags: { t: at(1), x: at(1) } }, "permerror", /x=/);
  await assertSigned({ tags: { x: "999999999999" } }, "pass");
});

test("malformed signatures are permerror, unknown ways of signing neutral, SHA-1 policy", async () => {
  for (const tag of ["v", "a", "d", "s", "h", "bh"]) {
    await assertSigned({ tags: { [tag]: undefined } }, "permerror", new RegExp(`${tag}= is missing`));
  }
  await assertSigned({ tags: { v: "2" } }, "neutral", /version/);
  await assertSigned({ tags: { a: "rsa-sha512" } }, "neutral", /algorithm/);
  await assertSigned({ tags: { a: "rsa-sha1" } }, "policy", /SHA-1/);
  await assertSigned({ tags: { a: "rsa-sha1" } }, "permerror", /bh=/, { allowSha1: true });
  await assertSigned({ tags: { c: "nowsp" } }, "neutral", /canonicalization/);
  await assertSigned({ tags: { c: "simple/simple/simple" } }, "neutral", /canonicalization/);
  await assertSigned({ tags: { q: "http" } }, "neutral", /query/);
  await assertSigned({ tags: { q: "http : dns/txt" } }, "pass");
  await assertSigned({ tags: { h: "to:subject" } }, "permerror", /From is not signed/);
  for (const h of ["from::to", ":from", "from:to::", "from: :", "from to", ""]) {
    await assertSigned({ tags: { h } }, "permerror", /h=/);
  }
  await assertSigned({ tags: { bh: "AAAA" } }, "permerror", /bh=/);
  await assertSigned({ tags: { l: "-1" } }, "permerror", /l=/);
  await assertSigned({ tags: { x: "1e9" } }, "permerror", /x=/);
  await assertSigned({ tags: { d: "exa mple.org" } }, "permerror", /d=/);
  await assertSigned({ tags: { d: "a..b" } }, "permerror", /d=/);
  await assertSigned({ tags: { s: "a/b" } }, "permerror", /s=/);
  await assertSigned({ tags: { s: "s.".repeat(120) + "s" } }, "permerror", /too long/);
  await assertSigned({ edit: (value) => value.replace(" v=1;", " v=1; v=1;") }, "permerror", /twice/);
  await assertSigned({ edit: (value) => value.replace(" v=1;", " v=1;;") }, "permerror", /no value/);
  await assertSigned({ tags: { unknown: "anything = here" } }, "pass");
  for (const value of ["", ";", "v", "=", "\xff", "v=1", "\0", "b=", "; ;"]) {
    const message: Message = { headers: [["DKIM-Signature", value], ...SAMPLE.headers], body: "" };
    assert.equal((await check(message, ed25519)).status, "permerror", JSON.stringify(value));
  }
});

test("c= has its defaults, and its names are not case-sensitive", async () => {
  await assertSigned({ header: "simple", body: "simple", tags: { c: undefined } }, "pass");
  await assertSigned({ header: "relaxed", body: "simple", tags: { c: "relaxed" } }, "pass");
  await assertSigned({ tags: { c: "Relaxed/RELAXED" } }, "pass");
});

test("i= lies within d=, and equals it where the key says t=s", async () => {
  assert.equal(
    (await assertSigned({ tags: { i: "me=2Bx@Sub.Example.ORG" } }, "pass")).identity,
    "me+x@sub.example.org",
  );
  assert.equal((await assertSigned({}, "pass")).identity, "@example.org");
  await assertSigned({ tags: { i: "@notexample.org" } }, "permerror", /i=/);
  await assertSigned({ tags: { i: "@org" } }, "permerror", /i=/);
  await assertSigned({ tags: { i: "example.org" } }, "permerror", /i=/);
  await assertSigned({ tags: { i: "=zz@example.org" } }, "permerror", /i=/);
  const below = signMessage(SAMPLE, { key: ed25519, tags: { i: "@sub.example.org" } });
  assert.equal((await check(below, ed25519.record + "; t=s")).status, "permerror");
  const same = signMessage(SAMPLE, { key: ed25519, tags: { i: "x@EXAMPLE.org" } });
  assert.equal((await check(same, ed25519.record + "; t=y : s")).status, "pass");
});

test("RFC 8616: U-labels are looked up and reported as A-labels", async () => {
  const d = Buffer.from("bücher.example", "utf8").toString("latin1");
  const signed = signMessage(SAMPLE, { key: ed25519, tags: { d, i: "@mail." + d } });
  const resolver = resolverOf({ "sel._domainkey.xn--bcher-kva.example": ed25519.record });
  const result = at(await verifyMessage(signed, { resolver }), 0);
  assert.equal(result.status, "pass");
  assert.equal(result.domain, "xn--bcher-kva.example");
  assert.equal(result.identity, "@mail.xn--bcher-kva.example");
});

test("a signature or a key record cut anywhere never passes unless nothing is lost", async () => {
  const signed = signMessage(SAMPLE, { key: ed25519 });
  const value = at(signed.headers, 0)[1];
  for (let cut = 0; cut < value.length; cut++) {
    const message: Message = {
      headers: [["DKIM-Signature", value.slice(0, cut)], ...SAMPLE.headers],
      body: SAMPLE.body,
    };
    const { status } = await check(message, ed25519);
    if (!/^=*$/.test(value.slice(cut))) assert.notEqual(status, "pass", value.slice(cut));
  }
  for (let cut = 0; cut < ed25519.record.length; cut++) {
    const { status } = await check(signed, ed25519.record.slice(0, cut));
    if (!/^=*$/.test(ed25519.record.slice(cut))) assert.notEqual(status, "pass");
  }
});

test("no key is permerror; an outage is temperror", async () => {
  const signed = signMessage(SAMPLE, { key: ed25519 });
  const status = async (answer: Parameters<typeof resolverOf>[0][string]) =>
    at(await verifyMessage(signed, { resolver: resolverOf({ [NAME]: answer }) }), 0).status;
  assert.equal(await status({ status: "nxdomain", ttl: 1 }), "permerror");
  assert.equal(await status({ status: "nodata", ttl: 1 }), "permerror");
  for (const failure of ["servfail", "refused", "timeout", "malformed", "network", "closed"] as const) {
    assert.equal(await status({ status: failure, reason: "" }), "temperror");
  }
});

test("aborting gives temperror, and a resolver that throws too", async () => {
  const signed = signMessage(SAMPLE, { key: ed25519 });
  const never = {
    resolveTxt: (_: string, signal?: AbortSignal) =>
      new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    close() {},
  };
  const controller = new AbortController();
  const verifier = new DkimVerifier({ resolver: never, now: () => NOW });
  for (const [name, value] of signed.headers) verifier.header(bytes(name), bytes(value));
  verifier.endOfHeaders(controller.signal);
  verifier.body(bytes(signed.body));
  const results = verifier.finish();
  controller.abort();
  assert.equal(at(await results, 0).status, "temperror");
  const broken = { resolveTxt: () => Promise.reject(new Error("broken")), close() {} };
  assert.equal(at(await verifyMessage(signed, { resolver: broken }), 0).status, "temperror");
});

test("the body is wanted only while a signature may still need it", async () => {
  const resolver = resolverOf({ [NAME]: ed25519.record });
  const start = (message: Message) => {
    const verifier = new DkimVerifier({ resolver, now: () => NOW });
    for (const [name, value] of message.headers) verifier.header(bytes(name), bytes(value));
    verifier.endOfHeaders();
    return verifier;
  };
  assert.equal(start(SAMPLE).wantsBody, false);
  assert.deepEqual(await start(SAMPLE).finish(), []);
  assert.equal(start(signMessage(SAMPLE, { key: ed25519, tags: { a: "rsa-sha1" } })).wantsBody, false);
  const good = start(signMessage(SAMPLE, { key: ed25519 }));
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(good.wantsBody, true);
  const bad = start(withHeader(signMessage(SAMPLE, { key: ed25519 }), "Subject", () => " changed"));
  assert.equal(bad.wantsBody, true);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(bad.wantsBody, false, "the header already failed");
  bad.body(bytes("ignored"));
  assert.equal(at(await bad.finish(), 0).status, "fail");
});

test("header.b is as long as it takes to tell signatures apart", async () => {
  const headers: Message["headers"] = ["AAAABBBBCCCC", "AAAABBBBCCDD", "AAAABBBBCCCC", "ZZ=="].map((b) => [
    "DKIM-Signature",
    ` v=1; b=${b}`,
  ]);
  const results = await verifyMessage({ headers, body: "" }, { resolver: resolverOf({}) });
  assert.deepEqual(results.map((result) => result.signaturePrefix), [
    "AAAABBBBCCC",
    "AAAABBBBCCD",
    "AAAABBBBCCC",
    "ZZ==",
  ]);
});

test("calls out of order and settings out of bounds are errors", async () => {
  const resolver = resolverOf({});
  const verifier = new DkimVerifier({ resolver, now: () => NOW });
  assert.throws(() => verifier.body(bytes("")), /order/);
  await assert.rejects(verifier.finish(), /order/);
  verifier.endOfHeaders();
  assert.throws(() => verifier.endOfHeaders(), /order/);
  assert.throws(() => verifier.header(bytes("a"), bytes("b")), /order/);
  await verifier.finish();
  await assert.rejects(verifier.finish(), /order/);
  assert.throws(() => new DkimVerifier({ resolver, now: () => NOW, minKeyBits: 100 }), RangeError);
  assert.throws(() => new DkimVerifier({ resolver, now: () => NOW, maxSignatures: 0 }), RangeError);
});
