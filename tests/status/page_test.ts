// What the overview shows where no messages are kept; with them: mail_pages_test.ts.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { statusPage } from "../../cli/observe/status/page.ts";
import { markup } from "../../cli/observe/status/markup.ts";
import { busyReport, emptyReport, HOSTILE_TEXTS, hostileReport } from "./sample.ts";
import { attribute, elements, parsePage, textOf } from "./parsed_page.ts";
import { at } from "../support/present.ts";

const pages = {
  busy: statusPage(busyReport(), undefined),
  empty: statusPage(emptyReport(), undefined),
  hostile: statusPage(hostileReport(), undefined),
};

/** The texts of all elements of a class, or of all with a tag. */
function texts(page: string, wanted: string): string[] {
  return elements(parsePage(page).document).filter((element) =>
    element.tagName === wanted || attribute(element, "class")?.split(" ").includes(wanted)
  ).map((element) => textOf(element).replace(/\s+/g, " ").trim());
}

describe("the page", () => {
  it("shows what happened", () => {
    const figures = texts(pages.busy, "figure");
    const { messages, filters } = busyReport();
    assert.match(at(figures, 0), new RegExp(`^Messages ?${messages.total.toLocaleString("en")} `));
    assert.match(at(figures, 1), /^Refused ?\d\.\d % \d+ rejected, \d+ deferred, \d+ discarded$/);
    assert.match(at(figures, 2), /^Filter errors ?\d+ \d+ in milter$/);
    assert.deepEqual(texts(pages.busy, "th").slice(5, 10), [
      "size-limit",
      "dkim-check",
      "no-lotteries dry run",
      "milter",
      "header-rewrite",
    ]);
    const verdicts = texts(pages.busy, "verdicts");
    const wouldReject = at(filters, 2).verdicts["header reject"];
    assert.equal(verdicts[2], `would reject ${wouldReject}`);
    assert.match(at(verdicts, 3), /^reject \d+ tempfail \d+ discard \d+ changes [\d,]+$/);
  });

  it("counts as refused a share of the messages that got an answer", () => {
    const report = busyReport();
    const outcomes = { accept: 50, reject: 30, tempfail: 15, discard: 5, abort: 900 };
    const page = statusPage(
      { ...report, messages: { ...report.messages, total: 1000, outcomes } },
      undefined,
    );
    assert.match(at(texts(page, "figure"), 1), /^Refused ?50 % 30 rejected, 15 deferred, 5 discarded$/);
  });

  it("shows the last refusals with their reasons", () => {
    assert.deepEqual(texts(pages.busy, "reply").slice(0, 3), [
      "552 5.3.4 Message too big",
      "–",
      "550 5.7.20 No passing DKIM signature of bank.example",
    ]);
    assert.equal(texts(pages.busy, "who")[3], "<> to sales-old@example.org");
    assert.equal(texts(pages.busy, "client")[0], "198.51.100.7 4fRkBq2Ls6");
    assert.equal(texts(pages.busy, "by")[5], "milter at connect");
  });

  it("says that nothing happened yet", () => {
    assert.deepEqual(texts(pages.empty, "nothing"), [
      "Just started: the first figures come after ten seconds",
      "Nothing was refused since the start.",
    ]);
    assert.doesNotMatch(pages.empty, /NaN|Infinity|undefined|>null</);
  });

  it("says since when there are figures, if that is less than it looks back", () => {
    assert.deepEqual(texts(pages.empty, "since"), ["Milterkit was not running before 09:26:41 UTC"]);
    assert.deepEqual(texts(pages.busy, "since"), []);
    // The page may have been turned on long after the start.
    const report = { ...emptyReport(), service: busyReport().service };
    assert.deepEqual(texts(statusPage(report, undefined), "since"), [
      "nothing was counted before about 09:26:43 UTC",
    ]);
  });

  it("leads nowhere where no messages are kept", () => {
    const links = elements(parsePage(pages.busy).document).map((element) => attribute(element, "href"));
    assert.deepEqual(
      links.filter((link) => link !== undefined && /^(messages|message|log)\b/.test(link)),
      [],
    );
    assert.doesNotMatch(pages.busy, /<form/);
  });

  it("says what is out of order, and nothing else", () => {
    const trouble = (page: string) =>
      elements(parsePage(page).document).find((element) => attribute(element, "id") === "trouble")!;
    assert.notEqual(attribute(trouble(pages.busy), "hidden"), undefined);
    assert.equal(attribute(trouble(pages.hostile), "hidden"), undefined);
    const text = textOf(trouble(pages.hostile));
    assert.match(text, /3 of 4 workers are ready\./);
    assert.match(text, /12 connections did not speak the milter protocol in the last 30 minutes\./);
    assert.match(text, /1 connection could not be accepted/);
    assert.match(text, /Since the start, 1 connection was lost with a worker that died\./);
    assert.match(text, /Since the start, 5 connections were closed because no worker took them\./);
    assert.match(text, /stays in use: milterkit\.toml:3:7: unknown key/);
    const stopping = { ...busyReport(), service: { ...hostileReport().service, phase: "stopping" as const } };
    assert.match(textOf(trouble(statusPage(stopping, undefined))), /is stopping/);
  });

  it("shows what filters count themselves, up to a bound", () => {
    const rows = (page: string) =>
      elements(parsePage(page).document).filter((element) => attribute(element, "class") === "custom")
        .flatMap((table) => elements(table).filter(({ tagName }) => tagName === "tr")).slice(1)
        .map((row) => textOf(row).replace(/\s+/g, " ").trim());
    assert.deepEqual(rows(pages.busy), [
      "no-lotteries words_total place=subject Forbidden words, by where they were 41",
      "no-lotteries words_total place=body Forbidden words, by where they were 1,266",
      "no-lotteries text_bytes Sizes of texts that were searched 2,000, mean 20,617",
    ]);
    assert.deepEqual(rows(pages.empty), []);
    assert.equal(rows(pages.hostile).length, 100);
    assert.match(at(rows(pages.hostile), 0), / 0\.123$/);
    const more = 30 * HOSTILE_TEXTS.length - 100;
    assert.ok(texts(pages.hostile, "nothing").includes(`${more} more are in status.json and /metrics.`));
  });

  it("shows results of authentication, and who fails DMARC most", () => {
    const part = (page: string) =>
      elements(parsePage(page).document).find((element) => attribute(element, "id") === "authentication")!;
    const rows = (page: string) =>
      elements(part(page)).filter(({ tagName }) => tagName === "tr")
        .map((row) => textOf(row).replace(/\s+/g, " ").trim());
    assert.equal(attribute(part(pages.busy), "hidden"), undefined);
    const { results, dmarcFailures } = busyReport().authentication;
    const figure = (method: string, result: string) => (results[method]?.[result] ?? 0).toLocaleString("en");
    const fails = dmarcFailures.map(({ messages }) => messages.toLocaleString("en"));
    assert.deepEqual(rows(pages.busy), [
      "Methodpassfailnone",
      `spf ${figure("spf", "pass")} ${figure("spf", "fail")} –`,
      `dkim ${figure("dkim", "pass")} ${figure("dkim", "fail")} ${figure("dkim", "none")}`,
      `dmarc ${figure("dmarc", "pass")} ${figure("dmarc", "fail")} –`,
      "Domain in FromMessagesSPFDKIMReason",
      `bank.example ${fails[0]} ${fails[0]} fail ${
        fails[0]
      } none neither SPF nor DKIM passed for bank.example`,
      `list.example ${fails[1]} ${fails[1]} pass ${fails[1]} fail nothing that passed is aligned with ` +
      "list.example: SPF for bulk-sender.example: another domain",
    ]);
    assert.notEqual(attribute(part(pages.empty), "hidden"), undefined);
    assert.equal(elements(part(pages.empty)).filter(({ tagName }) => tagName === "table").length, 0);
    const hostile = textOf(part(pages.hostile));
    for (const i of [0, 1, 2, 3]) assert.ok(hostile.includes(at(HOSTILE_TEXTS, i)), at(HOSTILE_TEXTS, i));
    assert.match(hostile, /evil\\u\{202e\}txt/);
  });

  it("shows who is near a limit", () => {
    const part = (page: string) =>
      elements(parsePage(page).document).find((element) => attribute(element, "id") === "limits")!;
    const rows = (page: string) =>
      elements(part(page)).filter(({ tagName }) => tagName === "tr")
        .map((row) => textOf(row).replace(/\s+/g, " ").trim());
    assert.deepEqual(rows(pages.busy), [
      "WhoLimitUsedExceededLastFilter",
      "joe@example.org 100/1h 100 of 100 1,412 09:26:52 rate-limit",
      "newsletter 1000/1d 613 of 1,000 – 09:26:12 rate-limit",
    ]);
    assert.notEqual(attribute(part(pages.empty), "hidden"), undefined);
    assert.equal(rows(pages.hostile).length, 21);
    assert.ok(textOf(part(pages.hostile)).includes(`And at least ${3 * HOSTILE_TEXTS.length - 20} more.`));
  });

  it("shows strangers' text as the text that it is", () => {
    const replies = texts(pages.hostile, "reply").toReversed();
    assert.equal(replies.length, HOSTILE_TEXTS.length);
    // Those without hidden characters and not cut are there letter by letter.
    for (const i of [0, 1, 2, 3, 4]) assert.equal(replies[i], HOSTILE_TEXTS[i]);
    assert.equal(replies[5], "a\\x00b\\x1b[31mc\\x0d\\x0ad\\u{2028}e\\x9f");
    assert.equal(replies[6], "evil\\u{202e}txt.exe\\u{2066}\\u{200b}\\u{feff}");
    assert.equal(replies[7], "half \\u{d83d}, whole \u{1f600}, none \\u{fffe}");
  });

  it("stays small whatever is sent", () => {
    assert.ok(pages.hostile.length < 200_000, String(pages.hostile.length));
  });
});

describe("markup", () => {
  it("escapes for text and attributes, and does not twice", () => {
    const inner = markup`<b title="${`"'<&>`}">${"<&>"}</b>`;
    const outer = markup`<p>${inner}${[1, "<", undefined]}</p>`;
    assert.equal(
      outer.text,
      '<p><b title="&quot;&#39;&lt;&amp;&gt;">&lt;&amp;&gt;</b>1&lt;</p>',
    );
  });

  it("keeps backslashes and dollar signs", () => {
    assert.equal(markup`<i>${"$& $1 \\n `"}</i>`.text, "<i>$&amp; $1 \\n `</i>");
  });
});
