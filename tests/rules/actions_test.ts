// What rules do, and what they ask the MTA for.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FilterNote } from "../../lib/filter/report.ts";
import { fate, rulesOf, through, type Words } from "./support.ts";

describe("a rule", () => {
  it("refuses with its reply, in which values are filled in", async () => {
    const cases: [string, string][] = [
      ["reject Not from {client_addr}", "reject at mail 550 5.7.1 Not from 192.0.2.1"],
      ["reject 554 Not here", "reject at mail 554 5.7.1 Not here"],
      ["reject 5.7.26 Not here", "reject at mail 550 5.7.26 Not here"],
      ["reject 552 5.3.4 100% too large", "reject at mail 552 5.3.4 100% too large"],
      ["reject 5 apples", "reject at mail 550 5.7.1 5 apples"],
      ["tempfail Later, {helo}", "tempfail at mail 451 4.7.1 Later, mail.example.com"],
      ["tempfail 450 4.2.0 {{later}", "tempfail at mail 450 4.2.0 {later}"],
    ];
    for (const [action, said] of cases) assert.equal(fate(await through(["rule a", action])), said);
  });

  it("fills in values that are foreign or long so that the reply holds", async () => {
    const words = ["rule a", "reject No {mail_from} here"];
    const said = async (from: string) => (await through(words, { from })).reply?.lines;
    assert.deepEqual(await said("jürgen@example.org"), ["No j?rgen@example.org here"]);
    const long = `${"a".repeat(600)}@example.org`;
    assert.deepEqual(await said(long), [`No ${"a".repeat(474)}...`]);
  });

  it("holds, with the name of the rule if the reason is empty", async () => {
    (await through(["rule a", "quarantine From {client_addr}"])).assertHeld("From 192.0.2.1");
    (await through(["rule doubtful", "quarantine {our_own}"])).assertHeld("doubtful");
    // Of two reasons the first rule's counts.
    const two = ["match all", "rule a", "quarantine A", "rule b", "quarantine B"];
    (await through(two)).assertHeld("A");
  });

  it("changes header fields in the words of header-rewrite, in the order given", async () => {
    const words = [
      "rule a",
      "remove X-Spam*",
      "add X-Client: {client_addr}",
      "replace text:Subject /^/ [EXT] ",
      "set Precedence: bulk",
      "insert X-Top: 1",
      "rename X-Old X-New",
      "replace X-Client /192/ 193",
    ];
    const header = { "X-Spam-Flag": "YES", Subject: "Test", "X-Old": "1" };
    const { fields } = await through(words, { header });
    assert.deepEqual(fields.map(({ name, value }) => `${name}: ${value}`), [
      "X-Top: 1",
      "Subject: [EXT] Test",
      "X-New: 1",
      "X-Client: 193.0.2.1",
      "Precedence: bulk",
    ]);
  });

  it("refuses a message whose field it would make too large to deliver", async () => {
    const words = ["rule a", "replace X-A /./g aaaaaaaaaa"];
    const delivered = await through(words, { header: { "X-A": "b".repeat(7000) } });
    assert.equal(fate(delivered), "reject at eom 552 5.3.4 Header field too large: X-A");
  });

  it("logs a line, and labels the message", async () => {
    const words = ["rule lottery", "only-subject /lottery/", "log lottery from {mail_from}", "reject No"];
    const delivered = await through(words, { header: { Subject: "lottery" } });
    delivered.assertLogged("rule lottery: lottery from sender@example.com", "info");
    const remarks = delivered.notes.flatMap(({ remark }: FilterNote) => remark ?? []);
    assert.deepEqual(remarks, ["lottery: lottery from sender@example.com"]);
    const quiet = await through(words);
    assert.deepEqual([quiet.logs, quiet.notes], [[], []]);
    // Also where nothing is left for the end of the message.
    (await through(["rule seen", "log seen"])).assertAccepted().assertLogged("rule seen: seen");
  });

  it("with dry-run only says what it would do", async () => {
    const delivered = await through(["dry-run", "rule a", "reject No"]);
    delivered.assertAccepted().assertUnchanged();
    const [note] = delivered.notes;
    assert.equal(`${note?.verdict} ${note?.reply} ${note?.dryRun}`, "reject 550 5.7.1 No true");
  });
});

describe("rules ask the MTA for what they need", () => {
  const cases: [Words, verdicts: string, changes: string, callbacks: string][] = [
    [["rule a", "only-client 10.0.0.0/8", "reject No"], "mail", "", "mail"],
    [["rule a", "only-recipient a.example", "reject No"], "rcpt", "", "mail rcpt"],
    [["rule a", "only-recipient a.example", "accept", "rule b", "reject No"], "rcpt", "", "mail rcpt"],
    [["rule a", "only-recipient a.example", "discard"], "eom", "deleteRcpt", "mail eom"],
    [["rule a", "only-recipient a.example", "log No"], "eom", "", "mail eom"],
    [["rule a", "only-subject /a/", "reject No"], "eom", "", "mail eom"],
    [["rule a", "only-subject /a/", "accept", "rule b", "only-tls", "reject No"], "eom", "", "mail eom"],
    [
      ["rule a", "only-subject /a/", "only-client 10.0.0.0/8", "accept", "rule b", "only-tls", "reject No"],
      "mail eom",
      "",
      "mail eom",
    ],
    [["rule a", "only-larger 1MB", "reject No"], "mail eom", "", "mail body eom"],
    [["rule a", "quarantine Q"], "eom", "quarantine", "mail eom"],
    [["rule a", "redirect a@a.example"], "eom", "deleteRcpt addRcpt", "mail eom"],
    [["rule a", "add-recipient a@a.example"], "eom", "addRcpt", "mail eom"],
    [["rule a", "add X-A: 1"], "eom", "addHeader", "mail eom"],
    [["rule a", "log L"], "", "", "mail"],
    [["rule a", "accept"], "", "", "mail"],
    [["only-from a.example", "rule a", "only-tls", "reject No"], "eom", "", "eom"],
  ];
  for (const [words, verdicts, changes, callbacks] of cases) {
    it(words.join(", "), async () => {
      const filter = await rulesOf(words);
      assert.equal(filter.verdicts?.join(" "), verdicts);
      assert.equal(filter.changes?.join(" "), changes);
      const events = (["mail", "rcpt", "header", "body", "eom"] as const).filter((event) => filter[event]);
      assert.equal(events.join(" "), callbacks);
    });
  }

  it("and say which fields they change, for the order of filters", async () => {
    const filter = await rulesOf([
      "match all",
      "rule a",
      "remove X-Spam*",
      "add X-A: 1",
      "rule b",
      "set Subject: a",
    ]);
    assert.deepEqual(filter.changedFields, ["X-Spam*", "Subject"]);
  });
});
