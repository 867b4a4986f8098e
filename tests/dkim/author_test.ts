import assert from "node:assert/strict";
import { test } from "node:test";
import { authorDomains } from "../../filters/dkim/author.ts";
import { bytes } from "./support.ts";

const domains = (...values: string[]) => authorDomains(values.map(bytes));

test("the domains of the authors, each once, in lower case ASCII", () => {
  const cases: [string, string[]][] = [
    [" a@example.org", ["example.org"]],
    [" Some One <a@Example.ORG>", ["example.org"]],
    [' "One, Some <x@bank.example>" <a@example.org>', ["example.org"]],
    [" a@example.org (not b@bank.example, nor (c@bank.example))", ["example.org"]],
    [" a@example.org,\r\n\tb@example.com , <c@example.org>", ["example.org", "example.com"]],
    [' "a@b"@example.org', ["example.org"]],
    [' "a\\"@bank.example"@example.org', ["example.org"]],
    [" All of us: a@example.org, <b@example.com>;", ["example.org", "example.com"]],
    [" x: a@example.org;, b@example.net", ["example.org", "example.net"]],
    [` a@${Buffer.from("bücher.example", "utf8").toString("latin1")}`, ["xn--bcher-kva.example"]],
  ];
  for (const [value, expected] of cases) assert.deepEqual(domains(value), expected, value);
  assert.deepEqual(domains(" a@example.org", " b@example.com"), ["example.org", "example.com"]);
});

test("what cannot be read for certain names nobody", () => {
  const values = [
    "",
    " ",
    " nobody",
    " @example.org",
    " a@",
    " a@example.org <b@bank.example>",
    " <a@example.org> b@bank.example",
    " <a@example.org> <b@bank.example>",
    " <a@example.org",
    " a@example.org>",
    " a@example.org (",
    ' "a@example.org',
    " a@exam ple.org/x",
    " a@[192.0.2.1]",
    " undisclosed:;",
    " a@example.org\0",
    " " + "a@example.org,".repeat(1000),
  ];
  for (const value of values) assert.equal(domains(value), undefined, JSON.stringify(value));
  assert.equal(domains(), undefined);
  assert.equal(domains(" a@example.org", " ("), undefined, "one bad field spoils all");
});
