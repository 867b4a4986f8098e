// Whose message it is, and who may have it signed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { authorOf } from "../../filters/dkim_sign/author.ts";
import { refuseMismatch } from "../../filters/dkim_sign/matching.ts";
import { refuseStranger } from "../../filters/dkim_sign/own_senders.ts";
import { isUnsigned, unsigned } from "../../filters/dkim_sign/reasons.ts";
import { parseNetwork } from "../../lib/options/network.ts";
import { bytes } from "../auth/dkim/support.ts";

/** The author of fields in their order, as `name: value`; or the reason and its text. */
function author(...fields: string[]): string {
  const values = new Map<string, Uint8Array[]>();
  for (const field of fields) {
    const [, name = "", value = ""] = /^([^:]+):([^]*)$/.exec(field) ?? [];
    values.set(name, [...values.get(name) ?? [], ...(value === "-" ? [] : [bytes(value)])]);
  }
  const found = authorOf(values);
  return isUnsigned(found) ? `${found.reason}: ${found.text}` : `${found.address} (${found.domain})`;
}

test("the author is the address in From", () => {
  assert.equal(author("from: Joe <Joe@Example.org>"), "Joe@example.org (example.org)");
  assert.equal(
    author('from: "a@b.example" (c@d.example) <joe@example.org>'),
    "joe@example.org (example.org)",
  );
  assert.equal(author('from: "joe doe"@example.org'), '"joe doe"@example.org (example.org)');
  assert.equal(author("from: team: joe@example.org, ann@example.org;"), "joe@example.org (example.org)");
  assert.equal(
    author("from: joe@b\xc3\xbccher.example"),
    "joe@xn--bcher-kva.example (xn--bcher-kva.example)",
  );
});

test("a message without one author for certain has none", () => {
  const rows: [string[], string][] = [
    [["from:-"], "no-from: there is no From"],
    [["from: a@example.org", "from: a@example.org"], "several-from: there are 2 From fields"],
    [
      ["from: a@example.org, b@example.net"],
      "several-from: From names several domains: example.org, example.net",
    ],
    [["from: joe"], "unreadable-from: From has no address"],
    [["from: a@example.org\0b@example.net"], "unreadable-from: From has a control character"],
    [["sender: a@x.example", "from:-"], "no-from: there is no From"],
    [
      ["sender: a@x.example", "from: a@x.example", "from: b@x.example"],
      "several-from: there are 2 From fields",
    ],
    [["reply-to: a", "from: a@x.example"], "unreadable-from: Reply-To has no address"],
    [
      ["sender: a@x.example", "sender: a@x.example", "from: a@x.example"],
      "several-from: there are 2 Sender fields",
    ],
  ];
  for (const [fields, wanted] of rows) assert.equal(author(...fields), wanted);
});

test("another field can name the author, the first that is there", () => {
  assert.equal(author("sender: s@example.net", "from: a@example.org"), "s@example.net (example.net)");
  assert.equal(author("sender:-", "from: a@example.org"), "a@example.org (example.org)");
});

test("mail is signed for clients that logged in, are named, or are described by a macro", () => {
  const networks = [parseNetwork("192.0.2.0/24"), parseNetwork("2001:db8::/32")];
  const macros = [{ name: "daemon_name", value: "ORIGINATING" }, { name: "own", value: undefined }];
  const ask = (address: string, given: Record<string, string> = {}, senders = { networks, macros }) =>
    refuseStranger(
      {
        client: { address, hostname: "h", family: "inet", port: 25 },
        macro: (name) => given[name],
      },
      senders,
    )?.text;
  const nobody = { networks: [], macros: [] };
  assert.equal(ask("198.51.100.1", { auth_authen: "joe" }, nobody), undefined);
  assert.equal(ask("192.0.2.7"), undefined);
  assert.equal(ask("::ffff:192.0.2.7"), undefined);
  assert.equal(ask("2001:db8::1"), undefined);
  assert.equal(ask("198.51.100.1", { daemon_name: "ORIGINATING" }), undefined);
  assert.equal(ask("198.51.100.1", { own: "x" }), undefined);
  const stranger = "client 198.51.100.1 did not log in, and --sign-client and --sign-macro do not name it";
  assert.equal(ask("198.51.100.1"), stranger);
  assert.equal(ask("198.51.100.1", { auth_authen: "", daemon_name: "originating", own: "" }), stranger);
  assert.equal(ask("127.0.0.1", {}, nobody), "client 127.0.0.1 did not log in");
  assert.equal(ask("", {}, nobody), "the client did not log in");
});

test("the login or the envelope sender must have the author's domain if that is wanted", () => {
  const ask = (
    match: "login" | "envelope" | "either" | undefined,
    login: string | undefined,
    envelope: string,
    below?: string,
  ) => refuseMismatch(match, "example.org", below, { login, envelope })?.text;
  assert.equal(ask(undefined, undefined, ""), undefined);
  assert.equal(ask("login", "joe@Example.org", "x@y.example"), undefined);
  assert.equal(ask("envelope", "x", "joe@example.org"), undefined);
  assert.equal(ask("either", "x", "joe@example.org"), undefined);
  assert.equal(ask("either", "joe@example.org", ""), undefined);
  assert.equal(ask("login", "joe", "joe@example.org"), "login joe, but From is of example.org");
  assert.equal(ask("login", undefined, "joe@example.org"), "no login, but From is of example.org");
  assert.equal(ask("envelope", "joe@example.org", ""), "envelope sender <>, but From is of example.org");
  assert.equal(
    ask("either", "joe@x.example", "a@sub.example.org"),
    "login joe@x.example and envelope sender <a@sub.example.org>, but From is of example.org",
  );
  assert.equal(ask("envelope", undefined, "a@sub.example.org", "example.org"), undefined);
  assert.match(ask("envelope", undefined, "a@notexample.org", "example.org") ?? "", /^envelope sender/);
});

test("a reason has no control characters", () => {
  assert.equal(unsigned("mismatch", "a\x1b[31m\r\nb\x85c").text, "a [31m b c");
});
