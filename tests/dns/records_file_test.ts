import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRecordsFile, RecordsFileError } from "../../lib/dns/records_file.ts";

test("names, values, strings, comments and special answers", async () => {
  const resolver = parseRecordsFile(
    [
      "# a comment",
      "",
      "  \t ",
      "A.example. v=DKIM1; p=abc  # trailing",
      'b.example\t"v=DKIM1; "   "p=a#b;c"  # trailing',
      'c.example "one"\r',
      "c.example two",
      "d.example NXDOMAIN # gone",
      "e.example SERVFAIL",
      "f.example TIMEOUT",
      'g.example "NXDOMAIN"',
      'h.example "q\\"b\\\\ \\233" # \\233 is one byte',
      "i.example caf\xe9",
      'j.example ""',
    ].join("\n"),
  );
  const records = async (name: string) => {
    const answer = await resolver.resolveTxt(name);
    return answer.status === "found" ? answer.records : answer.status;
  };
  assert.deepEqual(await records("a.EXAMPLE"), ["v=DKIM1; p=abc"]);
  assert.deepEqual(await records("b.example."), ["v=DKIM1; p=a#b;c"]);
  assert.deepEqual(await records("c.example"), ["one", "two"]);
  assert.equal(await records("d.example"), "nxdomain");
  assert.equal(await records("e.example"), "servfail");
  assert.equal(await records("f.example"), "timeout");
  assert.deepEqual(await records("g.example"), ["NXDOMAIN"]);
  assert.deepEqual(await records("h.example"), ['q"b\\ \xe9']);
  assert.deepEqual(await records("i.example"), ["caf\xc3\xa9"]);
  assert.deepEqual(await records("j.example"), [""]);
  assert.equal(await records("other.example"), "nxdomain");
  assert.equal(await resolver.resolveTxt("a.example"), await resolver.resolveTxt("a.example"));
  resolver.close();
  assert.equal(await records("a.example"), "closed");
});

test("records of other types, and what a name without them answers", async () => {
  const resolver = parseRecordsFile(
    [
      "example.org TXT v=spf1 mx -all",
      'example.org\tMX "10 Mail.Example.ORG."  # comment',
      "example.org MX   20\tmail2.example.org",
      "null.example.org MX 0 .",
      "mail.example.org A 192.0.2.1",
      "mail.example.org A 192.0.2.2",
      "mail.example.org AAAA 2001:DB8:0::1",
      "1.2.0.192.in-addr.arpa PTR Mail.example.org.",
      "alias.example.org CNAME example.org",
      "circle.example.org CNAME circle.example.org",
      "slow.example.org A TIMEOUT",
      'slow.example.org "A TIMEOUT"',
      "gone.example.org NXDOMAIN",
      "down.example.org SERVFAIL",
      "a.b.example.net AMX 10",
      "x.gone.example NXDOMAIN",
    ].join("\n"),
  );
  const shown = async (type: "Txt" | "A" | "Aaaa" | "Mx" | "Ptr", name: string) => {
    const answer = await resolver[`resolve${type}`](name);
    return answer.status === "found" ? answer.records : answer.status;
  };
  const mx = [
    { preference: 10, exchange: "mail.example.org" },
    { preference: 20, exchange: "mail2.example.org" },
  ];
  assert.deepEqual(await shown("Txt", "example.org"), ["v=spf1 mx -all"]);
  assert.deepEqual(await shown("Mx", "example.org"), mx);
  assert.deepEqual(await shown("Mx", "ALIAS.example.org"), mx);
  assert.deepEqual(await shown("Mx", "null.example.org"), [{ preference: 0, exchange: "" }]);
  assert.deepEqual(await shown("A", "mail.example.org"), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(await shown("Aaaa", "mail.example.org"), ["2001:db8::1"]);
  assert.deepEqual(await shown("Ptr", "1.2.0.192.in-addr.arpa"), ["mail.example.org"]);
  assert.equal(await shown("A", "example.org"), "nodata");
  assert.equal(await shown("A", "alias.example.org"), "nodata");
  assert.equal(await shown("A", "circle.example.org"), "servfail");
  assert.equal(await shown("A", "slow.example.org"), "timeout");
  assert.equal(await shown("Mx", "slow.example.org"), "nodata");
  assert.deepEqual(await shown("Txt", "slow.example.org"), ["A TIMEOUT"]);
  for (const type of ["Txt", "A", "Aaaa", "Mx", "Ptr"] as const) {
    assert.equal(await shown(type, "gone.example.org"), "nxdomain");
    assert.equal(await shown(type, "down.example.org"), "servfail");
    assert.equal(await shown(type, "b.example.net"), "nodata", "a name below it exists");
    assert.equal(await shown(type, "gone.example"), "nxdomain", "nothing below it exists");
  }
  assert.deepEqual(await shown("Txt", "a.b.example.net"), ["AMX 10"]);
  assert.equal(await shown("Txt", "other.example.net"), "nxdomain");
  resolver.close();
  assert.equal(await shown("Mx", "example.org"), "closed");
});

test("a line that cannot be read is named by its number, with what to write", () => {
  const cases: [string, RegExp][] = [
    ["a.example", /^line 3: the name has no value; write the TXT text/],
    ["a.example # x", /^line 3: the name has no value/],
    ["a..example x", /^line 3: the name is not a domain name; write labels/],
    [`${"a".repeat(64)} x`, /^line 3: the name is not a domain name/],
    ['a.example "x', /^line 3: a quoted string does not end; add the closing "/],
    ['a.example "x" y', /^line 3: text follows a quoted string; put quotes/],
    ['a.example "\\x"', /^line 3: a backslash must be followed/],
    ['a.example "\\256"', /^line 3: a backslash must be followed/],
    ['a.example "x\\', /^line 3: a backslash must be followed/],
    ["ok.example NXDOMAIN", /^line 3: the name has both a record and NXDOMAIN/],
    ["ok.example TXT SERVFAIL", /^line 3: the name has more than one answer for TXT; keep one/],
    ["ok.example CNAME b.example", /^line 3: a name with a CNAME record can have no other; keep one/],
    ["a.example MX", /^line 3: the name has no value/],
    ["a.example A # x", /^line 3: the name has no value/],
    ["a.example A 2001:db8::1", /^line 3: the value is not an IPv4 address, as in 192\.0\.2\.1$/],
    ["a.example A 192.0.2", /^line 3: the value is not an IPv4 address/],
    ["a.example AAAA 192.0.2.1", /^line 3: the value is not an IPv6 address, as in 2001:db8::1$/],
    ["a.example MX mail.example", /^line 3: an MX record needs a preference from 0 to 65535 and a host/],
    ["a.example MX 65536 mail.example", /^line 3: an MX record needs a preference/],
    ["a.example MX 10 a..b", /^line 3: the value is not a host name; write labels/],
    ["a.example PTR a_b c", /^line 3: the value is not a host name/],
    ["a.example CNAME TIMEOUT", /^line 3: write SERVFAIL or TIMEOUT without CNAME/],
    ["a.example A NXDOMAIN", /^line 3: NXDOMAIN is about all types; write it without a type/],
  ];
  for (const [line, message] of cases) {
    assert.throws(() => parseRecordsFile(`# one\nok.example x\n${line}\nb.example y`), (error) => {
      assert.ok(error instanceof RecordsFileError);
      assert.equal(error.line, 3);
      assert.ok(error.value !== "" && line.includes(error.value), JSON.stringify(error.value));
      assert.match(error.message, message);
      return true;
    });
  }
  assert.throws(() => parseRecordsFile("a.b SERVFAIL\na.b x"), /^RecordsFileError: line 2:/);
  assert.throws(() => parseRecordsFile("a.b A TIMEOUT\na.b A 1.2.3.4"), /line 2: the name has more than one/);
  assert.throws(() => parseRecordsFile("a.b CNAME c.d\na.b A 1.2.3.4"), /line 2: a name with a CNAME/);
  assert.throws(() => parseRecordsFile("a.b CNAME c.d\na.b CNAME c.e"), /line 2: a name with a CNAME/);
});

test("aborted lookups reject", async () => {
  const resolver = parseRecordsFile("a.example x");
  await assert.rejects(resolver.resolveTxt("a.example", AbortSignal.abort(new Error("enough"))), /enough/);
  await assert.rejects(resolver.resolveTxt(""), TypeError);
});
