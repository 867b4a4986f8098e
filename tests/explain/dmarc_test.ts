// How DMARC is explained: the walk, alignment and policy, and the verdict that follows.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitCodeFor } from "../../cli/commands/explain/verdict.ts";
import { formatMessage, type Message, signMessage } from "../auth/dkim/support.ts";
import { fixedKey } from "./cases.ts";
import { explained, reportOf } from "./support.ts";

const KEY = fixedKey(9);
const KEYS = ["a.example", "news.a.example", "b.example"]
  .map((domain) => `s1._domainkey.${domain} "${KEY.record}"\n`).join("");
const CLIENT = { client: "192.0.2.1", helo: "h.example" };

function mail(from: readonly string[], signers: readonly string[] = []): string {
  let message: Message = {
    headers: [...from.map((value): [string, string] => ["From", ` ${value}`]), ["Subject", " hi"]],
    body: "one\r\n",
  };
  for (const d of signers) message = signMessage(message, { key: KEY, tags: { d, s: "s1", h: "from" } });
  return formatMessage(message);
}

interface Given {
  readonly from?: readonly string[];
  readonly signers?: readonly string[];
  readonly sender?: string;
}

async function outcome(
  records: string,
  { from = ["joe@a.example"], signers, sender = "joe@b.example" }: Given = {},
) {
  const explanation = await explained({
    records: KEYS + records,
    message: mail(from, signers),
    given: { ...CLIENT, from: sender },
  });
  return { ...explanation, code: exitCodeFor(explanation.verdict), text: reportOf("x", explanation) };
}

describe("the explanation of DMARC", () => {
  it("names both organizational domains where they differ", async () => {
    const { text, code } = await outcome('_dmarc.a.example "v=DMARC1; p=reject"', { signers: ["b.example"] });
    assert.match(
      text,
      /d=b\.example is not aligned with a\.example: their organizational domains differ, b\.example and a\.example/,
    );
    assert.equal(code, 3);
  });

  it("names the common organizational domain, and the record that applies", async () => {
    const { text, dmarc, code } = await outcome('_dmarc.a.example "v=DMARC1; p=reject; sp=none"', {
      from: ["joe@x.a.example"],
      signers: ["news.a.example"],
    });
    assert.match(
      text,
      /d=news\.a\.example is aligned with x\.a\.example: both have the organizational domain a\.example/,
    );
    assert.match(text, /that of the organizational domain, a\.example/);
    assert.match(text, /For x\.a\.example it is none: sp= is for subdomains/);
    assert.equal(dmarc.authors[0]?.recordOf, "organizational");
    assert.equal(code, 0);
  });

  it("says which record of a public suffix applies, and np for a domain that does not exist", async () => {
    const { text, dmarc } = await outcome(
      '_dmarc.example "v=DMARC1; p=none; sp=quarantine; np=reject; psd=y"',
      {
        from: ["joe@no.example"],
      },
    );
    assert.equal(dmarc.authors[0]?.recordOf, "psd");
    assert.match(text, /that of the public suffix, example/);
    assert.match(text, /For no\.example it is reject: np= is for subdomains that do not exist/);
  });

  it("says that a record only tests, and what strict alignment means", async () => {
    const { text } = await outcome('_dmarc.a.example "v=DMARC1; p=reject; t=y; adkim=s"', {
      signers: ["news.a.example"],
    });
    assert.match(text, /For a\.example it is quarantine: .*; t=y makes it a step milder/);
    assert.match(text, /the record says adkim=s, so only a\.example itself is/);
  });

  it("does not let SPF of HELO count, unless the sender is null", async () => {
    const records = 'h.example "v=spf1 +all"\n_dmarc.h.example "v=DMARC1; p=reject"';
    const message = mail(["joe@h.example"]);
    const unknown = await explained({ records, message, given: CLIENT });
    assert.deepEqual([unknown.spf.result, unknown.spf.identity, unknown.dmarc.result], [
      "pass",
      "helo",
      "fail",
    ]);
    const none = await explained({ records, message, given: { ...CLIENT, from: "<>" } });
    assert.deepEqual([none.spf.identity, none.dmarc.result], ["helo", "pass"]);
  });

  it("has no author without From, and with two", async () => {
    const none = await outcome("", { from: [] });
    assert.deepEqual([none.dmarc.result, none.code], ["permerror", 3]);
    assert.match(none.verdict.text, /there is no author to check, since there is no From/);
    const two = await outcome("", { from: ["joe@a.example", "ann@b.example"] });
    assert.match(
      two.text,
      /DMARC: permerror, there are 2 From fields\n {2}From: joe@a\.example\n {2}From: ann@b\.example/,
    );
  });

  it("explains each of several domains in From", async () => {
    const { text, dmarc } = await outcome(
      '_dmarc.a.example "v=DMARC1; p=none"\n_dmarc.b.example "v=DMARC1; p=reject"',
      {
        from: ["joe@a.example, ann@b.example"],
        signers: ["a.example"],
      },
    );
    assert.deepEqual(dmarc.authors.map(({ domain, result }) => [domain, result]), [
      ["a.example", "pass"],
      ["b.example", "fail"],
    ]);
    assert.match(text, /From names 2 domains; b\.example decides: fail/);
  });

  it("points out tags that are gone, and a record in the wrong place", async () => {
    const { text } = await outcome(
      '_dmarc.a.example "v=DMARC1; p=reject; pct=20; ri=3600; rua=mailto:pct=@a.example"',
    );
    assert.match(text, /Problem: pct= and ri= in the record means nothing any more \(RFC 9989\)/);
    const misplaced = await outcome('a.example "v=DMARC1; p=reject"');
    assert.match(
      misplaced.text,
      /Problem: a\.example itself has a DMARC record, which counts only at _dmarc\.a\.example/,
    );
    const right = await outcome('_dmarc.a.example "v=DMARC1; p=reject"');
    assert.deepEqual(right.dmarc.authors[0]?.problems, []);
  });

  it("shows signatures of one domain and result once", async () => {
    const { text } = await outcome('_dmarc.a.example "v=DMARC1; p=none"', {
      signers: ["b.example", "b.example"],
    });
    assert.equal(text.match(/DKIM for b\.example: /g)?.length, 1);
  });
});

describe("the verdict", () => {
  it("without a DMARC record is that of SPF and DKIM", async () => {
    const spf = await outcome('b.example "v=spf1 +all"');
    assert.deepEqual([spf.verdict.outcome, spf.code], ["authenticates", 0]);
    assert.match(spf.verdict.text, /by SPF for b\.example, but for another domain than that of From/);
    const dkim = await outcome("", { signers: ["a.example"] });
    assert.match(dkim.verdict.text, /by DKIM for a\.example; a\.example publishes no usable DMARC record/);
    assert.match(dkim.text, /which would count if there were a record/);
    const none = await outcome("");
    assert.deepEqual([none.verdict.outcome, none.code], ["does-not-authenticate", 3]);
  });

  it("is open while a lookup fails that could change it", async () => {
    const record = await outcome("_dmarc.a.example TIMEOUT");
    assert.deepEqual([record.verdict.outcome, record.code], ["unknown", 4]);
    const spf = await outcome("b.example SERVFAIL");
    assert.deepEqual([spf.verdict.outcome, spf.code], ["unknown", 4]);
    const saved = await outcome('b.example SERVFAIL\n_dmarc.a.example "v=DMARC1; p=reject"', {
      signers: ["a.example"],
    });
    assert.deepEqual([saved.verdict.outcome, saved.code], ["authenticates", 0]);
  });

  it("says that SPF was not checked", async () => {
    const records = '_dmarc.a.example "v=DMARC1; p=reject"';
    const { verdict, spf } = await explained({
      records,
      message: mail(["joe@a.example"]),
      given: { from: "joe@a.example" },
    });
    assert.match(spf.skipped ?? "", /no client is known; give its address with --client/);
    assert.match(verdict.text, /its policy for such mail is reject; SPF was not checked/);
  });
});
