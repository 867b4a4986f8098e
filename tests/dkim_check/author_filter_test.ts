// --require-from-domain: whose signatures count, and what becomes of a message without one of its author.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Given } from "../support/made_filter.ts";
import { makeFilter, outcomeOf } from "./filter_support.ts";
import { ed25519Key, type Message, SAMPLE, signMessage, withHeader } from "../auth/dkim/support.ts";
import { at } from "../support/present.ts";

const key = ed25519Key();
const RECORDS = `
sel._domainkey.example.org   ${key.record}
sel._domainkey.example.com   ${key.record}
sel._domainkey.evil.example  ${key.record}
sel._domainkey.org           ${key.record}
down._domainkey.example.org  SERVFAIL
`;

const from = (value: string) => withHeader(SAMPLE, "From", () => ` ${value}`);
const by = (tags: Record<string, string>, message = SAMPLE) => signMessage(message, { key, tags });

async function run(message: Message, ...given: Given) {
  return await outcomeOf(await makeFilter([["require-from-domain", ""], ...given], RECORDS), message);
}

async function verdict(message: Message, ...given: Given): Promise<string> {
  return (await run(message, ["on-fail", "reject"], ...given)).verdict;
}

const NO_MATCH = "reject (550 5.7.22 No valid author-matched DKIM signature found";

test("only signatures of From's domain count, and each domain needs one", async () => {
  const passes = [
    by({}, from("A <a@example.org>")),
    by({}, from('"b@example.com, <c@example.com>" <a@EXAMPLE.ORG>')),
    by({}, from("a@mail.example.org")),
    by({ d: "example.org", i: "@x.example.org" }, from("a@example.org")),
    by({ d: "example.com" }, by({}, from("a@example.org, b@example.com"))),
    by({}, from("a@example.org (b@example.com)")),
    by({}, from("Friends: a@example.org, b@example.org;")),
  ];
  for (const message of passes) assert.equal(await verdict(message), "continue", message.headers[1]?.[1]);
  const foreign: [Message, string][] = [
    [by({}, from("a@example.com")), "example.com"],
    [by({}, from("a@notexample.org")), "notexample.org"],
    [by({}, from("a@example.org, b@example.com")), "example.com"],
    [by({}, from("a@example.org <b@example.com>")), "example.com"],
    [by({}, from("<a@example.org> <b@example.com>")), "example.com"],
    [by({ d: "org" }, from("a@example.org")), "example.org"],
  ];
  for (const [message, domain] of foreign) {
    assert.equal(await verdict(message), `${NO_MATCH} (From names ${domain}))`, message.headers.at(-4)![1]);
  }
});

test("a From field that cannot be read is nobody's", async () => {
  for (const value of ["a@example.org (", "nobody", "", "a@example.org\0", "a@example.org b@example.org"]) {
    const refusal = await verdict(by({}, from(value)));
    assert.ok(refusal.startsWith(`${NO_MATCH} (From has `), `${JSON.stringify(value)}: ${refusal}`);
  }
  const second: Message = { headers: [["From", " ceo"], ...SAMPLE.headers], body: SAMPLE.body };
  assert.equal(await verdict(by({ h: "from:from" }, second)), `${NO_MATCH} (From has no address))`);
  const headless: Message = {
    headers: SAMPLE.headers.filter(([name]) => name !== "From"),
    body: SAMPLE.body,
  };
  assert.equal(await verdict(by({}, headless)), `${NO_MATCH} (there is no From))`);
});

test("the signer's domain beside another's in From is not enough, however it is written", async () => {
  const spoofs = [
    "ceo@bank.example: x@evil.example",
    "ceo@bank.example x@evil.example",
    "Boss <ceo@bank.example>: x@evil.example;",
    "<ceo@bank.example>:<x@evil.example>",
    "ceo@bank.example <x@evil.example>",
    "x@evil.example, ceo@bank.example",
    "x@evil.example@bank.example",
    "<@bank.example:x@evil.example>",
    "ceo@bank.example(x) <x@evil.example>",
    '"ceo@bank.example", x@evil.example',
    "=?utf-8?Q?ceo=40bank.example=3E?=@evil.example",
  ];
  for (const value of spoofs) {
    const refusal = await verdict(by({ d: "evil.example", h: "from:to:date" }, from(value)));
    assert.match(refusal, /^reject \(550 5\.7\.22 .* \(From (names bank\.example|has an? .*)\)\)$/, value);
  }
  const twice: Message = {
    headers: [["From", " ceo@bank.example"], ...from("x@evil.example").headers],
    body: "",
  };
  const refusal = await verdict(by({ d: "evil.example", h: "from:from" }, twice));
  assert.equal(refusal, `${NO_MATCH} (From names bank.example))`);
});

test("everyday forms that RFC 5322 does not know pass with the signature of the one domain in them", async () => {
  for (
    const value of [
      "x@evil.example <x@evil.example>",
      "'x@evil.example' <x@evil.example>",
      "Doe, Joe <x@evil.example>",
    ]
  ) {
    const message = by({ d: "evil.example", h: "from:to:date" }, from(value));
    assert.equal(await verdict(message), "continue", value);
  }
});

test("without a signature that matches, the author's own signatures tell what is wrong", async () => {
  const good = signMessage(SAMPLE, { key });
  const altered = { ...good, body: good.body + "altered" };
  assert.match(await verdict(altered), /^reject \(550 5\.7\.20 No passing DKIM signature found/);
  assert.equal(await verdict(SAMPLE), "continue", "that is for --on-none");
  assert.match(await verdict(SAMPLE, ["on-none", "reject"]), /^reject \(550 5\.7\.20/);
  assert.match(await verdict(from("nobody"), ["on-none", "reject"]), /^reject \(550 5\.7\.20/);
  const down = by({ d: "example.com" }, by({ s: "down" }));
  assert.match(await verdict(down), /^tempfail/, "the author's own signature may pass later");
  const foreign = await run(by({ d: "example.com" }));
  assert.match(at(foreign.results, 0), /dkim=pass .*header\.d=example\.com/, "the result itself stays");
});
