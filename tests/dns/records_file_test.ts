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
});

test("aborted lookups reject", async () => {
  const resolver = parseRecordsFile("a.example x");
  await assert.rejects(resolver.resolveTxt("a.example", AbortSignal.abort(new Error("enough"))), /enough/);
  await assert.rejects(resolver.resolveTxt(""), TypeError);
});
