// The filter: what it writes, removes, and does with a message.
import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { dkimCheck } from "../../filters/dkim_check/dkim_check.ts";
import type { Action } from "../../filters/authentication/actions.ts";
import { OptionError } from "../../lib/options/options.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";

import type { Filter } from "../../lib/filter/filter.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";
import { type Circumstances, ID, makeFilter, outcomeOf } from "./filter_support.ts";
import { ed25519Key, type Message, rsaKey, SAMPLE, signMessage, withHeader } from "../auth/dkim/support.ts";
import { at } from "../support/present.ts";

const key = ed25519Key();
const RECORDS = `
sel._domainkey.example.org   ${key.record}
sel._domainkey.example.com   ${key.record}
gone._domainkey.example.org  v=DKIM1; k=ed25519; p=
down._domainkey.example.org  SERVFAIL
late._domainkey.example.org  TIMEOUT
junk._domainkey.example.org  v=spf1 -all
`;
const good = signMessage(SAMPLE, { key });
const by = (tags: Record<string, string>, message = SAMPLE) => signMessage(message, { key, tags });
const altered = { ...good, body: good.body + "altered" };

async function run(given: Given, message: Message, circumstances?: Circumstances) {
  return await outcomeOf(await makeFilter(given, RECORDS), message, circumstances);
}

test("results stand on top, one for each signature, with all that is known of it", async () => {
  const two = signMessage(by({ s: "down" }), { key });
  const { results, verdict, deleted, failures } = await run([["on-dns-error", "accept"]], two);
  assert.equal(results.length, 1);
  assert.match(
    at(results, 0),
    /^mx\.example\.test; dkim=pass \(256-bit key\) header\.d=example\.org header\.i=@example\.org header\.s=sel header\.a=ed25519-sha256 header\.b="[^"]{8,}"; dkim=temperror reason="the key lookup failed \(servfail\)" header\.d=example\.org header\.i=@example\.org header\.s=down header\.a=ed25519-sha256 header\.b="[^"]{8,}"$/,
  );
  assert.deepEqual([verdict, deleted, failures], ["continue", [], []]);
});

test("without options only a failed lookup is acted on", async () => {
  const cases: [Message, string, RegExp][] = [
    [good, "continue", /; dkim=pass /],
    [altered, "continue", /; dkim=fail \(256-bit key\) reason="the body hash did not verify"/],
    [SAMPLE, "continue", /; dkim=none$/],
    [by({ s: "gone" }), "continue", /; dkim=permerror reason="the key is revoked"/],
    [by({ s: "nothing" }), "continue", /; dkim=permerror reason="there is no key"/],
    [{ headers: [["DKIM-Signature", " v=1; ;;"]], body: "" }, "continue", /; dkim=permerror reason="[^"]+"$/],
    [{ headers: [], body: "" }, "continue", /; dkim=none$/],
  ];
  for (const [message, verdict, results] of cases) {
    const outcome = await run([], message);
    assert.equal(outcome.verdict, verdict);
    assert.match(at(outcome.results, 0), results);
    assert.equal(outcome.quarantine, undefined);
  }
  for (const s of ["down", "late"]) {
    const { verdict } = await run([], by({ s }));
    assert.match(
      verdict,
      /^tempfail \(451 4\.7\.20 No passing DKIM signature found \(example\.org: the key lookup /,
    );
  }
});

/** Each fault, with a message that has it and no other. */
const FAULTS: readonly [option: string, message: Message, reason: string][] = [
  ["on-fail", altered, " (example.org: the body hash did not verify)"],
  ["on-fail", by({ s: "junk" }), " (example.org: the key record has an unknown version)"],
  ["on-none", SAMPLE, ""],
  ["on-none", by({ a: "rsa-sha512" }), ""],
  ["on-no-key", by({ s: "gone" }), " (example.org: the key is revoked)"],
  ["on-no-key", by({ s: "nothing" }), " (example.org: there is no key)"],
  ["on-dns-error", by({ s: "down" }), " (example.org: the key lookup failed (servfail))"],
  ["on-dns-error", by({ s: "late" }), " (example.org: the key lookup failed (timeout))"],
];
const OPTIONS = ["on-fail", "on-none", "on-no-key", "on-dns-error"];

test("each fault has an option of its own, with five actions", async () => {
  for (const [option, message, reason] of FAULTS) {
    const others = OPTIONS.filter((other) => other !== option).map((
      other,
    ): [string, string] => [other, "discard"]);
    const text = `No passing DKIM signature found${reason}`;
    const expected: Record<Action, [verdict: string, quarantine: string | undefined]> = {
      accept: ["continue", undefined],
      reject: [`reject (550 5.7.20 ${text})`, undefined],
      tempfail: [`tempfail (451 4.7.20 ${text})`, undefined],
      discard: ["discard", undefined],
      quarantine: ["continue", text],
    };
    for (const [action, [verdict, quarantine]] of Object.entries(expected)) {
      const outcome = await run([[option, action], ...others], message);
      assert.deepEqual([outcome.verdict, outcome.quarantine], [verdict, quarantine], `${option} ${action}`);
      assert.deepEqual(outcome.failures, []);
      if (verdict === "continue") assert.equal(outcome.results.length, 1);
    }
  }
});

test("one signature that passes is enough, whatever else is wrong", async () => {
  const all = OPTIONS.map((option): [string, string] => [option, "reject"]);
  for (const [, message] of FAULTS) {
    if (message === altered) continue;
    const outcome = await run(all, signMessage(message, { key }));
    assert.equal(outcome.verdict, "continue");
  }
});

test("of several faults a failed lookup counts first, then any that is not a missing key", async () => {
  const given: Given = [["on-fail", "reject"], ["on-no-key", "discard"], ["on-dns-error", "tempfail"]];
  const verdict = async (message: Message) => (await run(given, message)).verdict.split(" ")[0];
  const failed = by({ s: "junk" });
  assert.equal(await verdict(by({ s: "down" }, failed)), "tempfail");
  assert.equal(await verdict(signMessage(by({ s: "down" }), { key, tags: { s: "junk" } })), "tempfail");
  assert.equal(await verdict(by({ s: "gone" }, failed)), "reject");
  assert.equal(await verdict(by({ s: "gone" }, by({ s: "nothing" }))), "discard");
  assert.equal(await verdict(by({ s: "gone" }, by({ v: "2" }))), "discard");
});

test("a signature that is not acceptable is refused with 5.7.21", async () => {
  const second: Message = { headers: [["From", " x@bank.example"], ...good.headers], body: good.body };
  const cases: [Given, Message, string][] = [
    [[], by({ a: "rsa-sha1" }), "SHA-1 is not accepted"],
    [[], second, "one more From field is not signed"],
    [
      [["length-tag", "refuse"]],
      { ...by({ l: "3" }), body: SAMPLE.body + "x" },
      "a part of the body is not signed",
    ],
    [[["max-header-bytes", "300B"]], good, "the header is too large"],
  ];
  for (const [given, message, reason] of cases) {
    const { verdict, results } = await run([["on-fail", "reject"], ...given], message);
    assert.match(verdict, /^reject \(550 5\.7\.21 No acceptable DKIM signature found \(/, reason);
    assert.ok(verdict.includes(reason), verdict);
    assert.deepEqual(results, []);
    const accepted = await run(given, message);
    assert.match(at(accepted.results, 0), /dkim=policy /);
  }
});

test("--length-tag: a comment, silence or policy", async () => {
  const message = { ...by({ l: "3" }), body: SAMPLE.body };
  const results = async (...given: Given) => at((await run(given, message)).results, 0);
  assert.match(await results(), /dkim=pass \(256-bit key, \d+ body bytes not signed\)/);
  assert.match(await results(["length-tag", "report"]), /\d+ body bytes not signed/);
  assert.match(await results(["length-tag", "accept"]), /dkim=pass \(256-bit key\) header/);
  assert.match(
    await results(["length-tag", "refuse"]),
    /dkim=policy \([^)]*\) reason="a part of the body is not/,
  );
});

test("limits of the verifier are options", async () => {
  const rsa = rsaKey(1024);
  const records = `sel._domainkey.example.org ${rsa.record}`;
  const small = signMessage(SAMPLE, { key: rsa });
  const results = async (given: Given, message: Message) =>
    at((await outcomeOf(await makeFilter(given, records), message)).results, 0);
  assert.match(await results([], small), /dkim=pass \(1024-bit key\)/);
  assert.match(
    await results([["min-key-bits", "2048"]], small),
    /dkim=policy .*reason="the key is too short"/,
  );
  const many = signMessage(signMessage(small, { key: rsa }), { key: rsa });
  assert.equal((await results([["max-signatures", "2"]], many)).match(/dkim=/g)?.length, 2);
  const past = signMessage(SAMPLE, { key: rsa, tags: { x: String(Math.floor(Date.now() / 1000) - 1000) } });
  assert.match(await results([], past), /dkim=fail reason="the signature has expired"/);
  assert.match(await results([["clock-drift", "2000s"]], past), /dkim=pass/);
});

test("forged results are removed wherever they stand; others by --strip", async () => {
  const forged: Message["headers"] = [
    ["Authentication-Results", ` ${ID}; dkim=pass header.d=bank.example`],
    ["authentication-results", ` (a (comment))\r\n\t${ID.toUpperCase()}.\r\n\t1; dkim=pass`],
    ["AUTHENTICATION-RESULTS", ` "${ID}" ; dkim=pass`],
    ["Authentication-Results", ` \xc2\xa0${ID.replace(".", ".(c)\r\n ")}; dkim=pass`],
  ];
  const foreign: Message["headers"] = [["Authentication-Results", " other.example; dkim=pass"]];
  const message: Message = {
    headers: [
      ...forged.slice(0, 1),
      ...foreign,
      ...good.headers,
      ...forged.slice(1, 2),
      ...foreign,
      ...forged.slice(2),
    ],
    body: good.body,
  };
  const deleted = async (...given: Given) => (await run(given, message)).deleted.length;
  assert.equal(await deleted(), 4);
  assert.equal(await deleted(["strip", "ours"]), 4);
  assert.equal(await deleted(["strip", "all"]), 6);
  assert.equal(await deleted(["strip", "none"]), 0);
  const trusted = await run([["trust", "192.0.2.0/24"]], message);
  assert.equal(trusted.deleted.length, 4, "also from clients that are not checked");
  assert.ok(trusted.deleted.every((line) => !line.includes("other.example")));
});

test("clients of a trusted network and authenticated senders are not checked", async () => {
  const all: Given = [["on-fail", "reject"], ["trust", "198.51.100.0/24"], ["trust", "2001:db8::/32"]];
  const checked = (outcome: { verdict: string }) => outcome.verdict.startsWith("reject");
  for (const address of ["198.51.100.7", "2001:db8::1"]) {
    const outcome = await run(all, altered, { address });
    assert.equal(outcome.verdict, "continue");
    assert.deepEqual(outcome.results, [`${ID} (not checked: trusted network); none`]);
    assert.equal(outcome.pieces, 1, "its body is not wanted");
  }
  for (const address of ["198.51.101.7", "2001:db9::1", ""]) {
    assert.ok(checked(await run(all, altered, { address })), address);
  }
  const authenticated = { macros: { auth_authen: "someone" } };
  const outcome = await run(all, altered, authenticated);
  assert.deepEqual([outcome.verdict, outcome.results], ["continue", [
    `${ID} (not checked: authenticated sender); none`,
  ]]);
  assert.ok(checked(await run([...all, ["check-authenticated", ""]], altered, authenticated)));
  assert.ok(checked(await run(all, altered, { macros: { auth_authen: "" } })));
});

test("exempt domains are those of From, all of them", async () => {
  const given: Given = [["on-fail", "reject"], ["exempt-domain", "Example.ORG"], [
    "exempt-domain",
    ".b.example",
  ]];
  const verdict = async (from: string) => {
    const outcome = await run(given, withHeader(altered, "From", () => ` ${from}`));
    return outcome.results[0] === `${ID} (not checked: exempt domain); none` ? "exempt" : outcome.verdict;
  };
  assert.equal(await verdict("a@example.org"), "exempt");
  assert.equal(await verdict("a@example.org, b@x.b.example"), "exempt");
  for (
    const from of ["a@sub.example.org", "a@b.example", "a@example.org, c@other.example", "x", "a@xb.example"]
  ) {
    assert.match(await verdict(from), /^reject/, from);
  }
});

test("nothing is hashed in vain: without signatures, or with none that can pass, the body is skipped", async () => {
  const body = "some text\r\n".repeat(1000);
  const pieces = async (message: Message, ...given: Given) =>
    (await run(given, message, { chunk: 1000 })).pieces;
  const long = { ...SAMPLE, body };
  assert.equal(await pieces(long), 1);
  assert.equal(await pieces(by({ a: "rsa-sha1" }, long)), 1);
  // The answer about the key comes while the first piece is hashed.
  for (const s of ["gone", "down", "nothing"]) assert.ok(await pieces(by({ s }, long)) <= 2, s);
  assert.ok(await pieces(withHeader(by({}, long), "From", () => " x@example.org")) <= 2);
  assert.equal(await pieces(by({}, long)), 11);
  assert.equal(await pieces(by({ s: "gone" }, by({}, long))), 11);
});

test("the id is the MTA's own name unless set", async () => {
  const file = (given: Given) => madeFilter(dkimCheck, given);
  const { results } = await outcomeOf(await file([["dns-server", "192.0.2.1"]]), SAMPLE, {
    macros: { j: "mail.example" },
  });
  assert.deepEqual(results, ["mail.example; dkim=none"]);
  const unnamed = await outcomeOf(await file([["dns-server", "192.0.2.1"]]), SAMPLE);
  assert.match(at(unnamed.results, 0), /^[\w.-]+; dkim=none$/);
  // Sendmail gives a macro that is not set as an empty one.
  for (const j of ["", " ", "m\u00fcller.example"]) {
    const field: [string, string] = ["Authentication-Results", ` ${hostname()}; dkim=pass`];
    const forged = { ...SAMPLE, headers: [field, ...SAMPLE.headers] };
    const options: Given = [["dns-server", "192.0.2.1"], ["on-error", "accept"]];
    const { results, deleted, failures } = await outcomeOf(await file(options), forged, { macros: { j } });
    assert.deepEqual([results, failures, deleted.length], [unnamed.results, [], 1], JSON.stringify(j));
  }
});

test("it declares no more than its options need", async () => {
  const declared = async (...given: Given) => {
    const { changes, verdicts, onError } = await makeFilter(given);
    return { changes, verdicts, onError };
  };
  const reportOnly: Given = [["on-dns-error", "accept"], ["on-error", "accept"]];
  assert.deepEqual(await declared(), {
    changes: ["insertHeader", "deleteHeader"],
    verdicts: ["eom"],
    onError: "tempfail",
  });
  assert.deepEqual(await declared(...reportOnly), {
    changes: ["insertHeader", "deleteHeader"],
    verdicts: [],
    onError: "accept",
  });
  assert.deepEqual(await declared(["on-none", "quarantine"], ["strip", "none"], ...reportOnly), {
    // It takes the place of the field of an earlier filter.
    changes: ["insertHeader", "deleteHeader", "quarantine"],
    verdicts: [],
    onError: "accept",
  });
  assert.equal((await declared(["on-error", "reject"])).onError, "reject");
});

test("options that cannot be used are refused by name", async () => {
  const cases: [Given, RegExp][] = [
    [[["dns-server", "name.example"]], /--dns-records|--dns-server "name\.example"/],
    [[["exempt-domain", "a b"]], /--exempt-domain "a b"/],
    [[["authserv-id", "a b"]], /can be given only once|--authserv-id/],
    [[["min-key-bits", "100"]], /--min-key-bits "100"/],
    [[["on-fail", "bounce"]], /--on-fail "bounce"/],
    [[["trust", "example.org"]], /--trust "example\.org"/],
  ];
  for (const [given, message] of cases) {
    await assert.rejects(
      makeFilter(given),
      (error) => error instanceof OptionError && message.test(error.message),
    );
  }
  const create = (given: Given) => madeFilter(dkimCheck, given);
  await assert.rejects(create([["dns-server", "name.example"]]), /--dns-server "name\.example"/);
  await assert.rejects(create([["dns-records", "/nonexistent"]]), /--dns-records "\/nonexistent"/);
  await assert.rejects(create([["authserv-id", "a b"]]), /--authserv-id "a b"/);
});

/** A filter whose lookups break in a way that no lookup should. */
async function brokenFilter(action: Action): Promise<Filter> {
  const broken = () =>
    Promise.resolve({ status: "found", records: null as unknown as string[], ttl: 1 } as const);
  const resolver = Object.assign(parseRecordsFile(""), { resolveTxt: broken });
  return await madeFilter(dkimCheck, [["authserv-id", ID], ["on-error", action]], { resolver });
}

test("--on-error: what a mistake of ours comes to; forged results never survive it", async () => {
  const forged: Message = {
    headers: [["Authentication-Results", ` ${ID}; dkim=pass`], ...good.headers],
    body: good.body,
  };
  for (const action of ["tempfail", "reject"] as const) {
    const { verdict, failures } = await outcomeOf(await brokenFilter(action), forged);
    assert.equal(verdict, action);
    assert.equal(failures.length, 1, "it is logged");
    assert.ok(failures[0]?.endsWith(`(${action})`));
  }
  for (const action of ["accept", "quarantine", "discard"] as const) {
    const { verdict, results, deleted, quarantine } = await outcomeOf(await brokenFilter(action), forged);
    assert.equal(verdict, action === "discard" ? "discard" : "continue");
    if (action === "discard") continue;
    assert.deepEqual(results, [`${ID}; dkim=temperror reason="internal error"`]);
    assert.equal(deleted.length, 1);
    assert.equal(quarantine !== undefined, action === "quarantine");
    if (quarantine !== undefined) assert.match(quarantine, /^The message could not be checked: \S/);
  }
});
