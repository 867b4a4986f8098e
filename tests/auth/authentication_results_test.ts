import assert from "node:assert/strict";
import { test } from "node:test";
import {
  authenticationResults,
  type AuthResult,
  brokenResults,
  dkimAuthResults,
  formatAuthResults,
  uncheckedResults,
} from "../../lib/auth/authentication_results.ts";
import { authservIdOf } from "../../lib/auth/authserv_id.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import { resolverOf, SAMPLE, sharedRsaKey, signMessage, verifyMessage } from "./dkim/support.ts";

test("no signatures", () => {
  assert.equal(authenticationResults("mx.example.net", []), "mx.example.net;\n\tdkim=none");
});

test("results of several methods stand in one field, in their order", () => {
  const results: AuthResult[] = [
    {
      method: "iprev",
      result: "pass",
      properties: [{ ptype: "policy", property: "iprev", value: "2001:db8::1" }],
    },
    {
      method: "spf",
      result: "softfail",
      properties: [{ ptype: "smtp", property: "mailfrom", value: "a.example" }],
    },
    ...dkimAuthResults([]),
    { method: "dmarc", result: "fail", comment: "p=none", reason: "x", properties: [] },
  ];
  assert.equal(
    formatAuthResults("mx", results),
    'mx;\n\tiprev=pass policy.iprev="2001:db8::1";\n\tspf=softfail smtp.mailfrom=a.example;\n\tdkim=none;' +
      '\n\tdmarc=fail (p=none) reason="x"',
  );
  assert.equal(formatAuthResults("mx", []), "mx; none");
});

test("a value is quoted unless RFC 8601 allows it plain, or if it is to be", () => {
  const valueOf = (value: string, quoted?: boolean) =>
    formatAuthResults("mx", [
      { method: "spf", result: "pass", properties: [{ ptype: "smtp", property: "mailfrom", value, quoted }] },
    ]).split("smtp.mailfrom=")[1];
  for (const plain of ["example.com", "a_b-c+d", "joe@example.com", "@example.com", "a=b@example.com"]) {
    assert.equal(valueOf(plain), plain);
    assert.equal(valueOf(plain, true), `"${plain}"`);
  }
  for (
    const [value, expected] of [["", '""'], ["a b@c", '"a b@c"'], ["a;b", '"a;b"'], ['"\\', '"\\"\\\\"'], [
      "é\n",
      '"??"',
    ]]
  ) {
    assert.equal(valueOf(value ?? ""), expected);
  }
  for (
    const quoted of [
      "joe@localhost",
      "@a_b.example",
      "@a.example.",
      ".a@b.example",
      "a..b@c.example",
      "a@b.c@d.e",
    ]
  ) {
    assert.equal(valueOf(quoted), `"${quoted}"`);
  }
  assert.equal(valueOf("x".repeat(1000)), `"${"x".repeat(320)}"`);
});

test("a comment cannot end before its end", () => {
  const field = formatAuthResults("mx", [{ method: "spf", result: "pass", comment: "a) (b\\ c\r\n\xe9" }]);
  assert.equal(field, "mx;\n\tspf=pass (a\\) \\(b\\\\ c???)");
});

test("a method, result or property that is no word is refused", () => {
  for (const bad of ["", "a b", "a;b", "a=b", "a.b", "-a", "a-", "caf\xe9", "a\n"]) {
    const good = { method: "spf", result: "pass" };
    const property = { ptype: "smtp", property: "mailfrom", value: "x" };
    const results: AuthResult[] = [
      { ...good, method: bad },
      { ...good, result: bad },
      { ...good, properties: [{ ...property, ptype: bad }] },
      { ...good, properties: [{ ...property, property: bad }] },
    ];
    for (const result of results) assert.throws(() => formatAuthResults("mx", [result]), TypeError, bad);
  }
});

test("of results that do not fit, those of the only one of their method stay longest", () => {
  const dkim = (result: string, i: number): AuthResult => ({
    method: "dkim",
    result,
    reason: "y".repeat(320),
    properties: [{ ptype: "header", property: "d", value: `d${i}.example` }],
  });
  const many = Array.from({ length: 300 }, (_, i) => dkim(i % 2 ? "fail" : "pass", i));
  const field = formatAuthResults("mx", [{ method: "dmarc", result: "fail" }, ...many, {
    method: "spf",
    result: "none",
  }]);
  assert.ok(field.length > 59_000 && field.length <= 59_900, `${field.length}`);
  assert.ok(field.startsWith("mx;\n\tdmarc=fail;\n\tdkim=pass\n"));
  assert.ok(field.endsWith(";\n\tspf=none"));
  const counts = ["dkim=pass", "dkim=fail"].map((word) => field.split(word).length - 1);
  assert.deepEqual(counts.map((count) => count > 0), [true, true]);
  assert.equal(counts[0], 150, "signatures that pass are kept before those that fail");
});

test("if no result fits, the field is still a whole one", () => {
  const property = { ptype: "smtp", property: "mailfrom", value: "x".repeat(320) };
  const huge: AuthResult = { method: "spf", result: "pass", properties: Array(200).fill(property) };
  assert.equal(formatAuthResults("mx", [huge]), "mx; none");
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
  assert.equal(authenticationResults("joe@a.example", []), '"joe@a.example";\n\tdkim=none');
  assert.equal(authenticationResults('a"b', []), '"a\\"b";\n\tdkim=none');
  for (const id of ["", " ", "a\nb", "a\rb", "a\0", "caf\xe9"]) {
    assert.throws(() => authenticationResults(id, []), TypeError);
  }
});
