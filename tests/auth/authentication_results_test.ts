import assert from "node:assert/strict";
import { test } from "node:test";
import {
  authenticationResults,
  brokenResults,
  uncheckedResults,
} from "../../lib/auth/authentication_results.ts";
import { authservIdOf } from "../../lib/auth/authserv_id.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import { resolverOf, SAMPLE, sharedRsaKey, signMessage, verifyMessage } from "./dkim/support.ts";

test("no signatures", () => {
  assert.equal(authenticationResults("mx.example.net", []), "mx.example.net;\n\tdkim=none");
});

test("messages that were not checked, and those on which the check broke off", () => {
  assert.equal(
    uncheckedResults("mx.example.net", "not checked: a reason"),
    "mx.example.net (not checked: a reason); none",
  );
  assert.equal(brokenResults("my host"), '"my host";\n\tdkim=temperror reason="internal error"');
  assert.throws(() => uncheckedResults("a\nb", "x"), TypeError);
  assert.throws(() => brokenResults(""), TypeError);
  assert.equal(authservIdOf(uncheckedResults("mx", "not checked: x")), "mx");
});

test("each result begins a line and is folded at 76 characters, with what is known of it", () => {
  const results: DkimResult[] = [
    {
      status: "pass",
      domain: "example.org",
      identity: "@example.org",
      selector: "sel",
      algorithm: "rsa-sha256",
      signaturePrefix: "AbC/+d==",
      testing: false,
      keyAbsent: false,
      keyBits: 2048,
    },
    { status: "permerror", reason: "tag d= is missing", testing: false, keyAbsent: false },
    {
      status: "pass",
      domain: "example.com",
      testing: true,
      keyAbsent: false,
      keyBits: 256,
      unsignedBodyBytes: 12,
    },
  ];
  assert.equal(
    authenticationResults("mx.example.net", results),
    "mx.example.net;\n\tdkim=pass (2048-bit key) header.d=example.org header.i=@example.org\n\theader.s=sel" +
      ' header.a=rsa-sha256 header.b="AbC/+d==";\n\tdkim=permerror reason="tag d= is missing"' +
      ";\n\tdkim=pass (256-bit key, test mode, 12 body bytes not signed)\n\theader.d=example.com",
  );
});

test("what a real message gives", async () => {
  const key = sharedRsaKey();
  const signed = signMessage(SAMPLE, { key, tags: { i: "some=20one@sub.example.org" } });
  const resolver = resolverOf({ "sel._domainkey.example.org": key.record });
  const value = authenticationResults("mx", await verifyMessage(signed, { resolver }));
  assert.match(
    value.replaceAll("\n\theader", " header"),
    /^mx;\n\tdkim=pass \(2048-bit key\) header\.d=example\.org header\.i="some one@sub\.example\.org" header\.s=sel header\.a=rsa-sha256 header\.b="[A-Za-z0-9+/]{8}"$/,
  );
});

test("nothing from the message can end a line, a quoted string or a result", () => {
  const nasty = [
    '"; dkim=pass header.d=bank.example; x="',
    "a\r\nX-Injected: yes\r\n\r\nbody",
    "a\nb\rc\0d\x7fe\x1b[0m",
    "\\",
    '\\"',
    "(comment",
    "caf\xe9 \u2028 \ud83d\ude00",
    "a; b",
    "x".repeat(100_000),
    "",
  ];
  for (const text of nasty) {
    const identity = `${text}@example.org`;
    const result: DkimResult = {
      status: "fail",
      reason: text,
      domain: text,
      identity,
      selector: text,
      testing: false,
      keyAbsent: false,
    };
    const value = authenticationResults("mx", [result, {
      ...result,
      algorithm: text,
      signaturePrefix: text,
    }]);
    assert.match(value, /^[\x20-\x7e\n\t]*$/);
    assert.ok(value.split("\n").slice(1).every((line) => line.startsWith("\t") && line.trim() !== ""));
    assert.ok(value.split("\n").every((line) => line.length < 998));
    // With the quoted strings taken out, only our own words are left.
    const bare = value.replace(/"(?:[^"\\]|\\.)*"/g, "Q");
    assert.ok(!bare.includes('"'), value);
    assert.equal(bare.split(";").length, 3, value);
    assert.equal(bare.match(/dkim=/g)?.length, 2);
  }
});

test("an authserv-id with other than token characters is quoted; line ends are refused", () => {
  assert.equal(authenticationResults("my host", []), '"my host";\n\tdkim=none');
  assert.equal(authenticationResults('a"b', []), '"a\\"b";\n\tdkim=none');
  for (const id of ["", " ", "a\nb", "a\rb", "a\0", "caf\xe9"]) {
    assert.throws(() => authenticationResults(id, []), TypeError);
  }
});
