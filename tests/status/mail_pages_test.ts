// What the pages show of messages and of the log.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { logAnswer, messageAnswer, messagesAnswer, pageAnswer } from "../../cli/observe/status/answers.ts";
import { attribute, type Element, elements, parsePage, textOf } from "./parsed_page.ts";
import { entry, failedMessage, filterPart, mailLog } from "./mail_sample.ts";
import { SAMPLE_TIME } from "./sample.ts";
import { STATES } from "./states.ts";
import { at } from "../support/present.ts";

const query = (text: string) => new URLSearchParams(text);
const spaced = (element: Element) => textOf(element).replace(/\s+/g, " ").trim();

/** All elements of a page. */
const all = (body: string) => elements(parsePage(body).document);
/** Those of a class. */
const of = (body: string, wanted: string) =>
  all(body).filter((element) => attribute(element, "class")?.split(" ").includes(wanted));
/** The texts of a table's rows, without its head. */
function rows(body: string, table: string): string[] {
  return of(body, table).flatMap(elements).filter(({ tagName }) => tagName === "tr").slice(1).map(spaced);
}

const BUSY = STATES.busy();
const TROUBLE = STATES.trouble();

describe("the overview", () => {
  it("shows equal refusals together with their number, the most frequent first, and leads to them", () => {
    const { body } = pageAnswer(query(""), BUSY);
    const groups = rows(body, "groups");
    assert.equal(groups.length, 4);
    assert.match(
      at(groups, 0),
      /^(\d+) rejected dkim-check at eom 550 5\.7\.20 No passing DKIM signature of bank\.example [\d:]+ to [\d:]+ 1 2 3 4 5$/,
    );
    assert.match(at(groups, 2), /^\d+ rejected size-limit at mail 552 5\.3\.4 … MB are more than … MB/);
    for (
      const [i, group] of of(body, "groups").flatMap(elements).filter((each) =>
        attribute(each, "class")?.includes("count")
      ).entries()
    ) {
      const link = attribute(elements(group)[0]!, "href")!;
      const found = messagesAnswer(query(`${link.replace("messages?", "")}&limit=500`), BUSY);
      assert.equal(rows(found.body, "messages").length, parseInt(at(groups, i)), link);
    }
  });

  it("shows accepted messages, too, each with a link to its page", () => {
    const { body } = pageAnswer(query(""), BUSY);
    const messages = rows(body, "messages");
    assert.equal(messages.length, 10);
    assert.match(
      messages.join("\n"),
      /^09:26:\d\d \d+ ms accepted \S+@\S+ to \S+@example\.org 198\.51\S+ 4fRk\S+ spf=pass dkim=pass dmarc=pass$/m,
    );
    const links = of(body, "messages").flatMap(elements).filter(({ tagName }) => tagName === "a");
    assert.equal(links.length, 10);
    for (const link of links) {
      assert.equal(messageAnswer(query(attribute(link, "href")!.replace("message?", "")), BUSY).status, 200);
    }
  });

  it("shows the last warnings and errors of the log, with their messages", () => {
    const { body } = pageAnswer(query(""), TROUBLE);
    const lines = rows(body, "log");
    assert.equal(lines.length, 6);
    assert.match(
      at(lines, 0),
      /^09:26:35 error 4fRkE7Tz9: filter milter failed in eom: .* refused message 4fRkE7Tz9 worker 2$/,
    );
    const calm = all(pageAnswer(query(""), BUSY).body).find((each) => attribute(each, "id") === "warnings")!;
    assert.notEqual(attribute(calm, "hidden"), undefined);
  });

  it("leads from a figure and from a filter to the messages that it counts", () => {
    const { body } = pageAnswer(query("minutes=15"), TROUBLE);
    const links = all(body).map((each) => attribute(each, "href"));
    for (
      const link of [
        "messages?since=15m",
        "messages?outcome=refused&since=15m",
        "messages?outcome=error&since=15m",
      ]
    ) {
      assert.ok(links.includes(link), link);
    }
    assert.ok(links.includes("messages?filter=milter"));
  });

  it("says that there was no message", () => {
    const { body } = pageAnswer(query(""), STATES.empty());
    const said = of(body, "nothing").map(spaced);
    assert.deepEqual(said, [
      "No messages in the last 30 minutes",
      "Nothing was refused in the last 30 minutes.",
      "No messages since the start.",
    ]);
  });
});

describe("the search for messages", () => {
  const source = {
    ...BUSY,
    log: mailLog([
      entry({ id: "a-2", at: "2026-03-13T23:59:59.000Z", held: "odd", labels: ["a", "b"], login: "ada" }),
      entry({
        id: "a-1",
        sender: "",
        recipients: [],
        refused: [{ recipient: "x@example.org", outcome: "reject", filter: "milter", reply: "550 5.1.1 No" }],
      }),
      entry({
        id: "a-3",
        of: "connection",
        outcome: "reject",
        filter: "milter",
        event: "connect",
        recipients: Array.from({ length: 5 }, (_, i) => `r${i}@example.org`),
        moreRecipients: 20,
      }),
      entry({ id: "a-4", outcome: "abort" }),
    ]),
  };

  it("shows of each what it is", () => {
    const found = rows(messagesAnswer(query(""), source).body, "messages");
    assert.match(at(found, 0), /^09:26:50 74 ms aborted ann@example\.net/);
    assert.match(
      at(found, 1),
      /rejected connection milter at connect ann@example.net to r0@example.org, r1@example.org, r2@example.org and 22 more/,
    );
    assert.match(at(found, 3), /^03-13 23:59:59 74 ms accepted held .* as ada 4fRk2c1Tz9 a b$/);
    assert.match(at(found, 2), /<> to x@example\.org rejected/);
  });

  it("keeps in its form what was searched for, even what the form does not offer", () => {
    const { body } = messagesAnswer(query("from=%22a%22&since=90s&outcome=reject,tempfail"), source);
    const chosen = all(body).filter((each) => attribute(each, "selected") !== undefined);
    assert.deepEqual(chosen.map((each) => attribute(each, "value")), ["reject,tempfail", "90s"]);
    const from = all(body).find((each) => attribute(each, "name") === "from")!;
    assert.equal(attribute(from, "value"), '"a"');
    const details = all(body).find(({ tagName }) => tagName === "details")!;
    assert.notEqual(attribute(details, "open"), undefined);
    const closed = all(messagesAnswer(query("q=x"), source).body).find(({ tagName }) =>
      tagName === "details"
    )!;
    assert.equal(attribute(closed, "open"), undefined);
  });

  it("has pages", () => {
    let link: string | undefined = "limit=1";
    const ids: string[] = [];
    for (let page = 0; link !== undefined && page < 9; page++) {
      const { body } = messagesAnswer(query(link.replace(/^\?/, "")), source);
      ids.push(
        ...of(body, "messages").flatMap(elements).map((each) => attribute(each, "href")).filter((each) =>
          each !== undefined
        ),
      );
      const next = all(body).find((each) => attribute(each, "rel") === "next");
      link = next && attribute(next, "href");
      // Only the first one changes.
      assert.equal(all(body).some((each) => attribute(each, "id") === "live"), page === 0);
    }
    assert.deepEqual(ids.toSorted(), [
      "message?id=a-1",
      "message?id=a-2",
      "message?id=a-3",
      "message?id=a-4",
    ]);
    assert.equal(ids.at(-1), "message?id=a-2");
  });

  it("leads from an older page back to the newest, with the rest of the search", () => {
    const newest = (search: string) => {
      const { body } = messagesAnswer(query(search), source);
      const links = all(body).filter(({ tagName }) => tagName === "a");
      return attribute(links.find((each) => spaced(each) === "Newest")!, "href");
    };
    assert.equal(newest("limit=1&before=a-4"), "?limit=1");
    // What is empty would be the same page again.
    assert.equal(newest("before=a-4"), "?");
  });

  it("says that no messages are kept", () => {
    const none = { ...BUSY, log: mailLog([], [], 0) };
    assert.match(messagesAnswer(query(""), none).body, /none are kept: --status-messages is 0/);
  });
});

describe("the page of a message", () => {
  const facts = (body: string) =>
    Object.fromEntries(
      of(body, "facts").flatMap(elements).filter(({ tagName }) => tagName === "div").map((row) => {
        const [name, value] = elements(row).filter(({ tagName }) => tagName === "dt" || tagName === "dd");
        return [spaced(name!), spaced(value!)];
      }),
    );

  it("shows everything that is known about it", () => {
    const log = mailLog([entry({
      labels: ["forged"],
      held: "odd",
      login: "ada",
      moreRecipients: 3,
      refused: [{
        recipient: "x@example.org",
        outcome: "tempfail",
        filter: "greylist",
        reply: "450 4.2.0 Later",
      }],
      results: [{
        method: "dkim",
        result: "fail",
        domain: "example.net",
        selector: "s1",
        reason: "body hash",
      }],
    })]);
    assert.deepEqual(facts(messageAnswer(query("id=a-1"), { ...BUSY, log }).body), {
      "Outcome": "accepted",
      "Held": "odd",
      "Ended": "2026-03-14 09:26:50 UTC",
      "Took": "74 ms",
      "From": "ann@example.net",
      "To": "ada@example.org and 3 more",
      "Refused": "x@example.org deferred 450 4.2.0 Later by greylist",
      "Client": "198.51.100.7",
      "HELO": "mail.example.net",
      "Login": "ada",
      "TLS": "TLSv1.3 TLS_AES_256_GCM_SHA384",
      "Queue id": "4fRk2c1Tz9",
      "Message-ID": "1c9e@mail.example.net",
      "Size": "48,213 bytes",
      "Listener": "inet:8891@localhost",
      "Labels": "forged",
      "Results": "dkim=fail example.net selector s1 body hash",
    });
  });

  it("shows its way through the chain, with the share of the time that each filter took", () => {
    const log = mailLog([entry({
      outcome: "reject",
      milliseconds: 100,
      filters: [
        filterPart({ name: "one", milliseconds: 25, changes: ["add X-A"], remarks: ["looks good"] }),
        filterPart({
          name: "two",
          milliseconds: 50,
          dryRun: true,
          verdicts: [{ event: "eom", verdict: "reject", reply: "550 No" }],
        }),
        filterPart({ name: "three", milliseconds: 5 }),
      ],
    })]);
    const { body } = messageAnswer(query("id=a-1"), { ...BUSY, log });
    assert.deepEqual(rows(body, "way"), [
      "one add X-A looks good 25 ms",
      "two dry run would reject 550 No at eom 50 ms",
      "three nothing 5.0 ms",
      "outside the filters the client, the network and the MTA 20 ms",
    ]);
    const bars = of(body, "bar").flatMap(elements).map((bar) => attribute(bar, "width"));
    assert.deepEqual(bars, ["25", "50", "5", "20"]);
  });

  it("leads from an error to its line in the log", () => {
    const { message, line } = failedMessage(1, SAMPLE_TIME);
    const { body } = messageAnswer(query(`id=${message.id}`), { ...BUSY, log: mailLog([message], [line]) });
    const links = all(body).map((each) => attribute(each, "href")).filter((link) => link?.startsWith("#"));
    assert.deepEqual(links, [`#line-${line.id}`]);
    // Lines are not kept for as long as messages.
    const late = messageAnswer(query(`id=${message.id}`), { ...BUSY, log: mailLog([message]) });
    assert.doesNotMatch(late.body, /href="#/);
    const target = all(body).find((each) => attribute(each, "id") === `line-${line.id}`)!;
    assert.match(
      spaced(target),
      /^09:26:53 error 4fRkE1Tz9: filter milter failed in eom: connect .* worker 2$/,
    );
  });
});

describe("the search in the log", () => {
  it("shows lines, and leads to their messages", () => {
    const { body } = logAnswer(query("id=4fRkE3Tz9"), TROUBLE);
    assert.equal(rows(body, "log").length, 1);
    const link = of(body, "log").flatMap(elements).find(({ tagName }) => tagName === "a")!;
    assert.equal(attribute(link, "href"), "message?id=4fRkE3Tz9");
    assert.equal(rows(logAnswer(query("level=info"), TROUBLE).body, "log").length, 0);
  });
});
