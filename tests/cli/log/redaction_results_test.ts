// What a log leaves out of people in results of authentication.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redaction } from "../../../cli/log/redaction.ts";
import type { RedactionKind } from "../../../cli/options/log_options.ts";
import type { MessageReport } from "../../../lib/filter/report.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import { at } from "../../support/present.ts";
import { REPORT } from "./redaction_support.ts";

const property = (ptype: string, property: string, value: string) => ({ ptype, property, value });

/** A message whose sender was checked. */
const CHECKED: MessageReport = {
  ...REPORT,
  reply: "550 5.7.1 example.com asks to reject this",
  notes: [
    {
      filter: "authenticate",
      event: "eom",
      remark:
        "iprev=pass, spf=pass mailfrom=bounce.example.com, spf=fail helo=pass, spf=none helo=anns-pc, " +
        "dkim=fail (no key at s._domainkey.sign.example) d=sign.example s=s, " +
        "dmarc=fail (nothing is aligned with news.example.com: SPF for bounce.example.com) from=news.example.com, " +
        "as notsign.example and sign.example.test are not.",
      changes: ["insert Authentication-Results: mx; iprev=pass (dsl-7.isp.example) smtp.helo=pc.example"],
    },
  ],
  results: [
    {
      method: "iprev",
      result: "pass",
      comment: "DSL-7.isp.example",
      properties: [property("policy", "iprev", "192.0.2.77")],
    },
    { method: "spf", result: "pass", properties: [property("smtp", "mailfrom", "joe@bounce.example.com")] },
    { method: "spf", result: "fail", properties: [property("smtp", "helo", "pass")] },
    { method: "spf", result: "none", properties: [property("smtp", "helo", "anns-pc")] },
    { method: "spf", result: "none", properties: [property("smtp", "helo", "pc.example")] },
    {
      method: "dkim",
      result: "fail",
      reason: "no key at s._domainkey.sign.example",
      properties: [
        property("header", "d", "sign.example"),
        property("header", "i", "zoe@sign.example"),
        property("header", "s", "s"),
      ],
    },
    { method: "dkim", result: "pass", properties: [property("header", "d", "intranet")] },
    { method: "auth", result: "pass", properties: [property("smtp", "auth", "carl")] },
    {
      method: "dmarc",
      result: "fail",
      reason: "nothing is aligned with news.example.com: SPF for bounce.example.com",
      properties: [property("Header", "From", "News.example.com")],
    },
  ],
};

/** What is left of it. */
function checked(...kinds: RedactionKind[]): MessageReport {
  const event = { type: "message", connection: 1, report: CHECKED } as const;
  return (new Redaction(kinds).event(event) as ServerEvent & { type: "message" }).report;
}

describe("redaction of results of authentication", () => {
  it("leaves out local parts", () => {
    const { results, notes } = checked("local-parts");
    const text = JSON.stringify(results);
    assert.doesNotMatch(text, /joe|zoe|carl/);
    assert.match(text, /"value":"…@bounce\.example\.com"/);
    assert.match(text, /"value":"sign\.example"/);
    assert.deepEqual(notes, CHECKED.notes);
  });

  it("leaves out the domains of senders with their addresses, wherever the message's filters name them", () => {
    const report = checked("addresses");
    const text = JSON.stringify(report).replace("sign.example.test", "");
    assert.doesNotMatch(text, /joe|zoe|carl|intranet|example\.com|[^t]sign\.example/i);
    assert.equal(report.reply, "550 5.7.1 … asks to reject this");
    assert.equal(
      at(report.notes, 0).remark,
      "iprev=pass, spf=pass mailfrom=…, spf=fail helo=pass, spf=none helo=anns-pc, " +
        "dkim=fail (no key at …) d=… s=s, " +
        "dmarc=fail (nothing is aligned with …: SPF for …) from=…, as notsign.example and sign.example.test are not.",
    );
    assert.deepEqual(at(report.results ?? [], -1), {
      method: "dmarc",
      result: "fail",
      reason: "nothing is aligned with …: SPF for …",
      properties: [property("Header", "From", "…")],
    });
    assert.match(text, /anns-pc|pc\.example|192\.0\.2\.77/);
  });

  it("leaves out names of clients, and no word that looks like one", () => {
    const report = checked("clients");
    assert.doesNotMatch(JSON.stringify(report), /192\.0\.2\.77|anns-pc|pc\.example|dsl-7/i);
    assert.match(
      at(report.notes, 0).remark ?? "",
      /^iprev=pass, spf=pass mailfrom=bounce\.example\.com, spf=fail helo=pass, spf=none helo=…,/,
    );
    assert.deepEqual(at(report.notes, 0).changes, [
      "insert Authentication-Results: mx; iprev=pass (…) smtp.helo=…",
    ]);
    assert.deepEqual(at(report.results ?? [], 2).properties, [property("smtp", "helo", "…")]);
  });
});
