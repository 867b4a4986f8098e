// The address that mail goes to, however a client spells it. Expected is what Postfix makes of each spelling.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mailboxReadings, plainLocalPart } from "../../lib/message/mailbox.ts";

const JOE = "joe@example.org";

describe("the readings of an address", () => {
  it("are one for a plain address, the null sender, and a user without a domain", () => {
    for (
      const address of [JOE, "", "Postmaster", "a%b@example.org", "j@[192.0.2.1]", "j@[IPv6:2001:db8::1]"]
    ) {
      assert.deepEqual(mailboxReadings(address), [address]);
    }
  });

  it("are one, without what does not matter, for every other spelling that RFC 5321 allows", () => {
    const spellings: Readonly<Record<string, string>> = {
      '"joe"@example.org': JOE,
      '"j\\oe"@example.org': JOE,
      "@relay.example:joe@example.org": JOE,
      "@a.example,@b.example:joe@example.org": JOE,
      '@relay.example:"joe"@example.org': JOE,
      "joe@example.org.": JOE,
      '"joe doe"@example.org': '"joe doe"@example.org',
      '"j\\"o\\e"@example.org': '"j\\"oe"@example.org',
      '"a@b"@example.org': '"a@b"@example.org',
    };
    for (const [address, mailbox] of Object.entries(spellings)) {
      assert.deepEqual(mailboxReadings(address), [mailbox], address);
    }
  });

  it("are two for a spelling that only lenient servers accept", () => {
    const spellings = [
      "joe(x)@example.org",
      "joe@example.org (x)",
      "joe@example.org (x",
      "joe@(a(b\\)c)d)example.org",
      "joe @ example . org",
      "\tjoe@example.org\t",
      "joe@example\\.org",
      'joe@"example.org"',
      'joe@example."org"',
      'j"oe"@example.org',
      '"joe@example.org"',
      "Joe <joe@example.org>",
      "<joe@example.org>",
      "<joe@example.org>(x)",
      "Joe:joe@example.org;",
      "Joe:joe@example.org;(x)",
      "joe@example.org@",
      "joe%example.org",
      "example.org!joe",
    ];
    for (const address of spellings) assert.deepEqual(mailboxReadings(address), [JOE, address]);
    const others: Readonly<Record<string, string>> = {
      "a!z%example.org": "z%example.org@a",
      "z:y@example.org": '"z:y"@example.org',
      "z\\ y@example.org": '"z y"@example.org',
      "a@b@example.org": '"a@b"@example.org',
      "<>": "",
      " ": "",
    };
    for (const [address, mailbox] of Object.entries(others)) {
      assert.deepEqual(mailboxReadings(address), [mailbox, address]);
    }
  });

  it("end whatever is left open", () => {
    for (const address of ["(", '"', "<", "@", "@:", "[", "\\", "a@[", "a@(", 'a@"', ">", ";:", "!", "%"]) {
      assert.equal(mailboxReadings(address).at(-1), address);
    }
    assert.equal(mailboxReadings('"joe@example.org')[0], JOE);
    assert.equal(mailboxReadings("j@[192.0.2.1")[0], "j@[192.0.2.1");
  });
});

describe("a local part", () => {
  it("keeps the quotes that it needs", () => {
    assert.equal(plainLocalPart("joe"), "joe");
    assert.equal(plainLocalPart('"joe.doe"'), "joe.doe");
    assert.equal(plainLocalPart('"joe doe"'), '"joe doe"');
    assert.equal(plainLocalPart('"\\j\\\\"'), '"j\\\\"');
  });
});
