// Which keys sign for an author.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyChoice, KeyRing } from "../../filters/dkim_sign/key_ring.ts";
import { isUnsigned } from "../../filters/dkim_sign/reasons.ts";
import { foreignWarnings, parseSignRule, refuseHiddenRules } from "../../filters/dkim_sign/sign_rules.ts";
import type { KeyFile } from "../../filters/dkim_sign/keys/key_file.ts";
import { parseDkimPrivateKey } from "../../lib/auth/dkim/private_key.ts";
import { pemOf } from "./key_files.ts";

const keys = { rsa: parseDkimPrivateKey(pemOf("rsa")), ed25519: parseDkimPrivateKey(pemOf("ed25519")) };

function file(domain: string, selector: string, type: "rsa" | "ed25519" = "rsa"): KeyFile {
  return { path: `/k/${domain}/${selector}.pem`, domain, selector, key: keys[type] };
}

function choice(rules: readonly string[] = [], more: Partial<KeyChoice> = {}): KeyChoice {
  return { rules: rules.map((rule) => parseSignRule(rule)), all: false, subdomains: false, ...more };
}

/** The keys for an address, as `DOMAIN/SELECTOR`; or why it is not signed. */
function chosen(files: readonly KeyFile[], how: KeyChoice, address: string): string {
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const found = new KeyRing(files, how).keysFor({ domain, address });
  if (isUnsigned(found)) return found.text;
  return found.map((key) => `${key.domain}/${key.selector}`).join(" ");
}

test("a domain's keys sign for its authors, both kinds", () => {
  const files = [file("example.org", "a"), file("example.org", "b", "ed25519"), file("example.net", "c")];
  assert.equal(chosen(files, choice(), "x@example.org"), "example.org/a example.org/b");
  assert.equal(chosen(files, choice(), "x@sub.example.org"), "");
  assert.equal(chosen(files, choice(), "x@notexample.org"), "");
});

test("with --subdomains, the nearest domain above that has keys signs", () => {
  const files = [file("example.org", "a"), file("b.example.org", "b")];
  const how = choice([], { subdomains: true });
  assert.equal(chosen(files, how, "x@c.example.org"), "example.org/a");
  assert.equal(chosen(files, how, "x@d.b.example.org"), "b.example.org/b");
  assert.equal(chosen(files, how, "x@example.net"), "");
  assert.equal(chosen(files, how, "x@org"), "");
});

test("a key of the domain % signs as the author's own domain, unless that has a key", () => {
  const files = [file("%", "any"), file("example.org", "a")];
  assert.equal(chosen(files, choice(), "x@example.net"), "example.net/any");
  assert.equal(chosen(files, choice(), "x@example.org"), "example.org/a");
  assert.equal(chosen(files, choice(["*=%/any"]), "x@example.org"), "example.org/any");
});

test("rules choose in place of the domain, and the first that matches signs", () => {
  const files = [file("example.org", "a"), file("example.org", "news"), file("example.net", "c", "ed25519")];
  const rules = [
    "news@example.org=example.org/news",
    "example.org=example.org/a,example.net/c",
    ".example.org=example.org/a",
  ];
  assert.equal(chosen(files, choice(rules), "News@example.org"), "example.org/news");
  assert.equal(chosen(files, choice(rules), "joe@example.org"), "example.org/a example.net/c");
  assert.equal(chosen(files, choice(rules), "joe@sub.example.org"), "example.org/a");
  assert.equal(chosen(files, choice(rules), "joe@example.net"), "");
  const all = choice([...rules, "*=example.org/a"], { all: true });
  assert.equal(chosen(files, all, "news@example.org"), "example.org/news example.org/a example.net/c");
});

test("the domain % in a rule is the author's own key of that selector, or else that of all domains", () => {
  const files = [file("example.org", "a"), file("example.net", "a"), file("%", "b")];
  assert.equal(chosen(files, choice(["*=%/a"]), "x@example.net"), "example.net/a");
  assert.equal(chosen(files, choice(["*=%/a"]), "x@example.com"), "");
  assert.equal(chosen(files, choice(["*=%/a,%/b"]), "x@example.org"), "example.org/a example.org/b");
  assert.throws(() => new KeyRing(files, choice(["*=%/c"])), /there is no key %\/c in --keys or --key/);
});

test("a rule with none leaves its authors out, also where every rule that matches signs", () => {
  const files = [file("example.org", "a")];
  const rules = ["joe@example.org=none", "*=example.org/a"];
  for (const all of [false, true]) {
    assert.equal(
      chosen(files, choice(rules, { all }), "joe@example.org"),
      "--sign joe@example.org=none says so",
    );
    assert.equal(chosen(files, choice(rules, { all }), "ann@example.org"), "example.org/a");
  }
  assert.throws(() => parseSignRule("*=none,example.org/a"), /want PATTERN=DOMAIN\/SELECTOR/);
});

test("a local part with an equals sign can be a pattern", () => {
  assert.equal(parseSignRule("a=b@example.org=example.org/s").pattern?.text, "a=b@example.org");
});

test("keys of which it cannot be told which one signs are refused, with both files", () => {
  const two = [file("example.org", "a"), file("example.org", "b")];
  assert.throws(() => new KeyRing(two, choice()), {
    name: "KeyFileError",
    message:
      "Cannot use /k/example.org/b.pem: it and /k/example.org/a.pem are both RSA keys of example.org, and only one of a " +
      "kind signs; take one away, or say with --sign when each signs",
  });
  new KeyRing(two, choice(["example.org=example.org/a"]));
  const same = [file("example.org", "a"), { ...file("example.org", "a", "ed25519"), path: "/other" }];
  assert.throws(
    () => new KeyRing(same, choice()),
    /\/other: it and \/k\/example.org\/a.pem are both for example.org and the selector a/,
  );
});

test("a rule that names a key that is not there is refused", () => {
  const says = /Invalid --sign "\*=example.org\/b": there is no key example.org\/b in --keys or --key$/;
  assert.throws(() => new KeyRing([file("example.org", "a")], choice(["*=example.org/b"])), says);
});

test("a rule that an earlier one hides is refused", () => {
  const refuse = (...rules: string[]) => refuseHiddenRules(rules.map((rule) => parseSignRule(rule)));
  assert.throws(
    () => refuse("*=a.example/s", "b.example=b.example/s"),
    /\*=a.example\/s before it matches all of it, .*put it first/,
  );
  assert.throws(
    () => refuse("a.example=a.example/s", "joe@a.example=a.example/t"),
    /put it first, or give --sign-all/,
  );
  assert.throws(() => refuse("a.example=a.example/s", "a.example=a.example/t"), /name both keys in one rule/);
  refuse("joe@a.example=a.example/t", "a.example=a.example/s", ".a.example=a.example/s", "*=%/s");
});

test("a rule that signs everybody's mail with one domain is warned of", () => {
  const warned = (rule: string) => foreignWarnings([parseSignRule(rule)]);
  assert.match(
    warned("*=example.org/a")[0] ?? "",
    /^--sign \*=example.org\/a signs the mail of every author as example.org, others' too/,
  );
  assert.match(warned("*=%/a,example.org/a")[0] ?? "", /as example.org, others' too/);
  for (const rule of ["*=%/a", "example.org=example.org/a", ".org=example.org/a"]) {
    assert.deepEqual(warned(rule), []);
  }
});
