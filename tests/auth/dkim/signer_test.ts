import assert from "node:assert/strict";
import { test } from "node:test";
import { signDkim } from "../../../lib/auth/dkim/sign_dkim.ts";
import { DkimSigner } from "../../../lib/auth/dkim/signer.ts";
import { parseSignature } from "../../../lib/auth/dkim/signature.ts";
import { DEFAULT_SIGNED_HEADERS, unsignableHeader } from "../../../lib/auth/dkim/signed_fields.ts";
import type { DkimSigningErrorCode } from "../../../lib/auth/dkim/signing_error.ts";
import { DkimSigningError } from "../../../lib/auth/dkim/signing_error.ts";
import type { DkimSigningKey, DkimSigningOptions } from "../../../lib/auth/dkim/signing_options.ts";
import { at } from "../../support/present.ts";
import { Random, testSeed } from "../../support/random.ts";
import { ownHalf } from "../../support/runtime.ts";
import {
  bothKeys,
  CANONICALIZATIONS,
  oddMessages,
  randomMessage,
  recordsOf,
  signStreamed,
  withSignatures,
} from "./signing.ts";
import { bytes, formatMessage, type Message, NOW, resolverOf, verifyMessage } from "./support.ts";

const keys = bothKeys();
const resolver = resolverOf(recordsOf(keys));
const ordinary: Message = {
  headers: [["Received", " by x"], ["FROM", " Joe <joe@example.org>"], ["Subject", " x"], ["X-Other", " y"]],
  body: "Hello\r\n",
};

/** The tags of a signature, unfolded. */
function tagsOf(value: string): Record<string, string> {
  return Object.fromEntries(
    value.replace(/\s+/g, "").split(";").map((tag) => {
      const equals = tag.indexOf("=");
      return [tag.slice(0, equals), tag.slice(equals + 1)];
    }),
  );
}

function tagsWith(options: Partial<DkimSigningOptions>, message: Message = ordinary): Record<string, string> {
  return tagsOf(at(signStreamed(message, keys, options), 0).value);
}

test("what is signed by default", () => {
  const { b, bh, ...rest } = tagsWith({});
  assert.deepEqual(rest, {
    v: "1",
    a: "rsa-sha256",
    c: "relaxed/relaxed",
    d: "example.org",
    s: "rsa",
    t: String(NOW),
    h: "FROM:Subject:From",
  });
  assert.deepEqual([b?.length, bh?.length], [344, 44]);
});

test("RSA comes above Ed25519, and each kind in the order given", () => {
  const key = at(keys, 0);
  const more = [key, { ...key, selector: "b" }, at(keys, 1), { ...key, selector: "a" }];
  assert.deepEqual(signStreamed(ordinary, more).map(({ selector, algorithm }) => [selector, algorithm]), [
    ["rsa", "rsa-sha256"],
    ["ed25519", "ed25519-sha256"],
    ["b", "ed25519-sha256"],
    ["a", "ed25519-sha256"],
  ]);
});

test("the tags that are asked for, and no others", () => {
  const names = (options: Partial<DkimSigningOptions>) => Object.keys(tagsWith(options)).join(" ");
  assert.equal(names({}), "v a c d s t h bh b");
  assert.equal(names({ timestamp: false }), "v a c d s h bh b");
  assert.equal(names({ bodyLength: true, lifetime: 60 }), "v a c d s t x l h bh b");
  const { t, x, l, c } = tagsWith({
    bodyLength: true,
    lifetime: 60,
    now: () => 1000.9,
    canonicalization: "simple/simple",
  });
  assert.deepEqual([t, x, l, c], ["1000", "1060", "7", "simple/simple"]);
});

test("h= has each field that is there, as it is written, and oversigned ones once more", () => {
  const message: Message = {
    headers: [["To", " a"], ["from", " x@example.org"], ["TO", " b"], ["List-Id", " x"], ["X-Mine", " z"]],
    body: "",
  };
  assert.equal(tagsWith({}, message).h, "To:from:TO:List-Id:From");
  assert.equal(tagsWith({ oversign: [] }, message).h, "To:from:TO:List-Id");
  assert.equal(
    tagsWith({ oversign: ["from", "To", "Subject"] }, message).h,
    "To:from:TO:List-Id:from:To:Subject",
  );
  assert.equal(tagsWith({ headers: ["x-mine"], oversign: ["From"] }, message).h, "from:X-Mine:From");
});

test("an oversigned field cannot be added, a field that is not signed can", async () => {
  const signed = withSignatures(ordinary, signStreamed(ordinary, keys, { oversign: ["From", "Cc"] }));
  const statuses = async (name: string) => {
    const headers: Message["headers"] = [
      ...signed.headers.slice(0, 2),
      [name, " x@example.org"],
      ...ordinary.headers,
    ];
    return (await verifyMessage({ headers, body: signed.body }, { resolver })).map(({ status }) => status);
  };
  assert.deepEqual(await statuses("Cc"), ["fail", "fail"]);
  assert.deepEqual(await statuses("From"), ["fail", "fail"]);
  assert.deepEqual(await statuses("X-Cc"), ["pass", "pass"]);
});

test("no line is longer than 78 columns, whatever is signed", () => {
  const identity = `${"long=local;part ".repeat(10)}@mail.example.org`;
  for (const [what, message] of oddMessages()) {
    for (
      const options of [{}, { bodyLength: true, lifetime: 99_999_999_999, oversign: DEFAULT_SIGNED_HEADERS }]
    ) {
      for (const { value } of signStreamed(message, keys.map((key) => ({ ...key, identity })), options)) {
        for (const line of `DKIM-Signature: ${value}`.split("\r\n")) {
          assert.ok(line.replaceAll("\t", " ".repeat(8)).length <= 78, `${what}: ${line}`);
          assert.match(line, /^[\t!-~][ -~]*[!-~]$/, what);
        }
      }
    }
  }
});

test("only a domain name makes a line longer", () => {
  const label = "a".repeat(60);
  const domain = `${label}.${label}.${label}.example`;
  const [signature] = signStreamed(ordinary, [{ ...at(keys, 0), domain }]);
  const long = (signature?.value ?? "").split("\r\n").filter((line) => line.length > 71);
  assert.deepEqual(long, [`\td=${domain};`]);
});

test("domains, selectors and identities may have U-labels, and the signature has A-labels", () => {
  const key = {
    ...at(keys, 0),
    domain: "B\xfccher.example",
    selector: "S\xe4",
    identity: "j\xf6@x.b\xfccher.example",
  };
  const [signature] = signStreamed(ordinary, [key]);
  const { d, s, i } = tagsOf(signature?.value ?? "");
  assert.deepEqual([signature?.domain, signature?.selector], ["xn--bcher-kva.example", "xn--s-0fa"]);
  assert.deepEqual([d, s, i], ["xn--bcher-kva.example", "xn--s-0fa", "j=C3=B6@x.xn--bcher-kva.example"]);
});

test("identities are escaped, so that they read as given", () => {
  for (const identity of ["=;: \t@example.org", "a=3Db@mail.example.org", `${"=".repeat(100)}@example.org`]) {
    const [signature] = signStreamed(ordinary, [{ ...at(keys, 0), identity }]);
    assert.equal(parseSignature(` ${signature?.value}`).outline.identity, identity);
  }
});

test("a signature is the same however the body is cut", () => {
  const random = new Random(testSeed("chunks of a signed body"));
  const messages = [
    ...oddMessages().filter(([, { body }]) => body.length < 10_000).map(([, message]) => message),
    ...Array.from({ length: 200 }, () => randomMessage(random)),
    { headers: ordinary.headers, body: "bare\rcr bare\nlf\r\r\n\n\r \r" },
  ];
  const { first, end } = ownHalf(messages.length);
  // Ed25519 alone: what is signed is the same, and it is fast.
  const [key] = keys;
  for (const message of messages.slice(first, end)) {
    const options = { canonicalization: random.pick(CANONICALIZATIONS), bodyLength: true };
    const [whole] = signStreamed(message, [key!], options);
    for (const most of [1, 2, 7, 100]) {
      const [cut] = signStreamed(message, [key!], options, () => 1 + random.below(most));
      assert.equal(cut?.value, whole?.value, JSON.stringify(message));
    }
  }
});

test("empty chunks change nothing", () => {
  const signer = new DkimSigner(keys, { now: () => NOW });
  for (const [name, value] of ordinary.headers) signer.header(bytes(name), bytes(value));
  signer.endOfHeaders();
  for (const chunk of ["", "Hel", "", "lo\r", "", "\n", ""]) signer.body(bytes(chunk));
  assert.deepEqual(signer.finish(), signStreamed(ordinary, keys));
});

test("signDkim signs a whole message as it is sent, from a mailbox too", () => {
  const carried = signStreamed({
    headers: [["From", " a@example.org"], ["To", "\r\n\tb"]],
    body: "x\r\ny\r\n",
  }, keys);
  const now = () => NOW;
  for (
    const source of [
      "From: a@example.org\r\nTo:\r\n\tb\r\n\r\nx\r\ny\r\n",
      "From: a@example.org\nTo:\n\tb\n\nx\ny",
    ]
  ) {
    assert.deepEqual(signDkim(bytes(source), keys, { now }), carried);
    assert.deepEqual(signDkim(bytes(`From x Mon Oct  6\n${source}`), keys, { now }), carried);
  }
  assert.deepEqual(signDkim(bytes(formatMessage(ordinary)), keys, { now }), signStreamed(ordinary, keys));
  assert.ok(
    Math.abs(Number(tagsOf(at(signDkim(bytes("From: x\n\n"), keys), 0).value).t) - Date.now() / 1000) < 60,
  );
});

const BAD_SETTINGS: readonly (readonly [
  code: DkimSigningErrorCode,
  message: RegExp,
  options: Partial<DkimSigningOptions>,
  keys?: readonly DkimSigningKey[],
])[] = [
  ["no-keys", /^Cannot sign without a key$/, {}, []],
  ["invalid-domain", /^Cannot sign for "a b": it is not a domain name$/, {}, [{
    ...keys[0]!,
    domain: "a b",
  }]],
  ["invalid-domain", /^Cannot sign for "": /, {}, [{ ...keys[0]!, domain: "" }]],
  ["invalid-domain", /^Cannot sign for "x\\r\\n": /, {}, [{ ...keys[0]!, domain: "x\r\n" }]],
  ["invalid-selector", /^Cannot use the selector "a;b" of example\.org: /, {}, [{
    ...keys[0]!,
    selector: "a;b",
  }]],
  ["invalid-selector", /too long/, {}, [{ ...keys[0]!, domain: `${"a.".repeat(119)}org` }]],
  ["invalid-identity", /^Cannot sign as "joe": want @ and example\.org/, {}, [{
    ...keys[0]!,
    identity: "joe",
  }]],
  ["invalid-identity", /^Cannot sign as "@example\.com"/, {}, [{ ...keys[0]!, identity: "@example.com" }]],
  ["invalid-identity", /./, {}, [{ ...keys[0]!, identity: "@xexample.org" }]],
  ["invalid-identity", /254/, {}, [{ ...keys[0]!, identity: `${"x".repeat(300)}@example.org` }]],
  ["duplicate-key", /^Cannot sign with two keys for ed25519\._domainkey\.example\.org: /, {}, [
    keys[0]!,
    keys[0]!,
  ]],
  ["invalid-canonicalization", /"relaxed"/, { canonicalization: "relaxed" as "relaxed/relaxed" }],
  ["unsignable-header", /^Cannot sign "Received", as headers wants: every/, {
    headers: ["From", "Received"],
  }],
  ["unsignable-header", /^Cannot sign "bcc", as oversign wants: mail/, { oversign: ["bcc"] }],
  ["unsignable-header", /"a b".*not the name/, { headers: ["a b"] }],
  ["unsignable-header", /"a;".*not the name/, { headers: ["a;"] }],
  ["from-unsigned", /^Cannot sign without From: add it/, { headers: ["To"], oversign: [] }],
];

for (const [code, message, options, given = keys] of BAD_SETTINGS) {
  test(`settings: ${code}, ${message.source}`, () => {
    assert.throws(() => new DkimSigner(given, { now: () => NOW, ...options }), (error) => {
      assert.ok(error instanceof DkimSigningError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  });
}

test("settings: numbers out of bounds", () => {
  for (const lifetime of [0, -1, 1.5, NaN, 100_000_000_000]) {
    assert.throws(() => new DkimSigner(keys, { now: () => NOW, lifetime }), RangeError);
  }
  assert.throws(() => new DkimSigner(keys, { now: () => NOW, maxHeaderBytes: -1 }), RangeError);
});

test("header fields that are never signed", () => {
  const never = [
    "Received",
    "RETURN-PATH",
    "Authentication-Results",
    "ARC-Seal",
    "arc-x",
    "DKIM-Signature",
    "Bcc",
  ];
  for (const name of never) assert.match(unsignableHeader(name) ?? "", /^[a-z ]+$/, name);
  for (const name of DEFAULT_SIGNED_HEADERS) assert.equal(unsignableHeader(name), undefined, name);
});

const UNSIGNABLE: readonly (readonly [DkimSigningErrorCode, RegExp, Message["headers"]])[] = [
  ["no-from", /^Cannot sign: the message has no From$/, [["To", " x"]]],
  ["no-from", /no From/, []],
  ["header-too-large", /^Cannot sign: the fields to sign have \d+ bytes, more than 1048576$/, [
    ["From", " x"],
    ...Array.from({ length: 20 }, (): [string, string] => ["References", " x".repeat(30_000)]),
  ]],
  [
    "signature-too-large",
    /^Cannot sign: the names of the 20001 fields to sign have \d+ bytes$/,
    [
      ...Array.from({ length: 20_000 }, (): [string, string] => ["To", " x"]),
      ["From", " x"],
    ].slice(1) as Message["headers"],
  ],
];

for (const [code, message, headers] of UNSIGNABLE) {
  test(`a message that cannot be signed: ${code}, ${headers.length} fields`, () => {
    const signer = new DkimSigner(keys, { now: () => NOW });
    for (const [name, value] of headers) signer.header(bytes(name), bytes(value));
    assert.throws(() => signer.endOfHeaders(), (error) => {
      assert.ok(error instanceof DkimSigningError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
    assert.throws(() => signer.body(bytes("x")), /the order is/);
    assert.throws(() => signer.finish(), /the order is/);
  });
}

test("the largest signature that is made fits what MTAs deliver", () => {
  const headers = [
    ["From", " x"],
    ...Array.from({ length: 13_500 }, () => ["Cc", " x"]),
  ] as Message["headers"];
  const most: Message["headers"] = headers.concat(Array.from({ length: 4400 }, () => ["To", " x"]));
  const long = at(keys, 1);
  const label = "a".repeat(60);
  const key = {
    ...long,
    domain: `${label}.${label}.${label}.org`,
    identity: `${"=".repeat(60)}@${label}.${label}.${label}.org`,
  };
  const [signature] = signStreamed({ headers: most, body: "" }, [key]);
  assert.ok((signature?.value.length ?? 0) < 59_900, String(signature?.value.length));
});

test("methods out of order are errors", () => {
  const signer = new DkimSigner(keys, { now: () => NOW });
  assert.throws(() => signer.body(bytes("x")), /^Error: Cannot call body\(\) now/);
  assert.throws(() => signer.finish(), /Cannot call finish\(\) now/);
  signer.header(bytes("From"), bytes(" x"));
  signer.endOfHeaders();
  assert.throws(() => signer.header(bytes("From"), bytes(" x")), /Cannot call header\(\) now/);
  assert.throws(() => signer.endOfHeaders(), /Cannot call endOfHeaders\(\) now/);
  signer.finish();
  assert.throws(() => signer.finish(), /Cannot call finish\(\) now/);
});
