// Finds messages, groups of refusals, and lines of the log.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LogLine, MailEntry } from "../../cli/observe/mail_log/entry.ts";
import { readLineQuery } from "../../cli/observe/mail_log/query.ts";
import { replyPattern } from "../../cli/observe/mail_log/refusal_groups.ts";
import { at } from "../support/present.ts";
import { FIRST, logOf, part, query } from "./support.ts";

/** One message for each way to find it; the first is found by nothing else. */
const MESSAGES: readonly Partial<MailEntry>[] = [
  { queueId: "AAAA1", messageId: "m1@a.example", sender: "plain@a.example", recipients: ["to@a.example"] },
  { sender: "", queueId: "BBBB2", messageId: "Bounce.2@b.example", recipients: ["Ben@B.Example"] },
  { client: "10.1.2.3", helo: "mua.c.example", login: "carla", tls: "TLSv1.3 TLS_AES_256_GCM_SHA384" },
  {
    refused: [{
      recipient: "no@d.example",
      outcome: "reject",
      filter: "judge",
      reply: "550 5.1.1 No such user",
    }],
  },
  {
    outcome: "reject",
    filter: "dmarc",
    event: "eom",
    reply: '550 5.7.1 "Quoted"',
    filters: [part({ name: "dmarc", verdicts: [{ event: "eom", verdict: "reject" }] }), part()],
    results: [{ method: "dkim", result: "fail", domain: "e.example", reason: "body hash" }],
  },
  { outcome: "abort", event: "abort", client: "2001:db8::1" },
  { held: "looks odd", labels: ["big-attachment"], filters: [part({ remarks: ["Größe 40 MB"] })] },
  {
    filters: [part({ name: "scan", errors: [{ event: "eom", error: "clamd is down", onError: "accept" }] })],
  },
  {
    of: "connection",
    outcome: "tempfail",
    filter: "rate-limit",
    event: "connect",
    recipients: [],
    client: "10.9.9.9",
  },
];

describe("a search", () => {
  const log = logOf(MESSAGES);
  const found = (text: string) =>
    log.search(query(text)).found.map(({ id }) => Number(id.slice("test-".length)));

  for (
    const [text, numbers] of [
      ["", [8, 7, 6, 5, 4, 3, 2, 1, 0]],
      ["limit=2", [8, 7]],
      ["from=PLAIN@a", [0]],
      ["from=<>", [1]],
      ["from=<plain@a.example>", [0]],
      ["to=ben@b.example", [1]],
      ["to=no@d", [3]],
      ["client=10.1", [2]],
      ["client=10.0.0.0/8", [8, 2]],
      ["client=2001:db8::/32", [5]],
      ["client=mua.c", [2]],
      ["login=carl", [2]],
      ["id=aaaa1", [0]],
      ["id=bounce.2@B", [1]],
      ["id=test-4", [4]],
      ["filter=dmarc", [4]],
      // It took part in this message, and did nothing.
      ["filter=judge", [6]],
      ["filter=scan", [7]],
      ["label=big", [6]],
      ["outcome=reject", [4]],
      ["outcome=refused", [8, 4, 3]],
      ["outcome=held,abort", [6, 5]],
      ["outcome=error", [7]],
      ["q=größe", [6]],
      ["q=GRÖSSE", []],
      ["q=dkim=fail", [4]],
      ['q="quoted"', [4]],
      ["q=tlsv1.3 carla", [2]],
      ["q=carla dkim", []],
      ["q=down", [7]],
      ["q=odd", [6]],
      // Names of properties are not searched.
      ["q=recipients", []],
      ["q=onError", []],
      ["from=plain&to=ben", []],
      [`since=${new Date(FIRST + 6000).toISOString()}`, [8, 7, 6]],
      ["since=61m", [8, 7, 6, 5, 4, 3, 2, 1, 0]],
      ["since=59m", []],
    ] as const
  ) {
    test(`${text || "for nothing"} finds ${numbers.join(", ") || "nothing"}`, () => {
      assert.deepEqual(found(text.replaceAll("+", "%2B")), numbers);
    });
  }

  test("goes on behind what was found, page by page", () => {
    const pages: string[][] = [];
    for (let before = ""; pages.length < 5;) {
      const { found, before: next } = log.search(query(`limit=3&before=${before}`));
      pages.push(found.map(({ id }) => id));
      if (next === undefined) break;
      before = next;
    }
    assert.deepEqual(pages, [["test-8", "test-7", "test-6"], ["test-5", "test-4", "test-3"], [
      "test-2",
      "test-1",
      "test-0",
    ]]);
  });

  test("behind a message that is gone finds nothing", () => assert.deepEqual(found("before=test-99"), []));
});

describe("one message", () => {
  test("is found by its id and its queue id, of which the last counts", () => {
    const log = logOf([{ queueId: "SAME" }, { queueId: "SAME" }, { sender: "SAME" }]);
    assert.equal(log.message("test-0")?.id, "test-0");
    assert.equal(log.message("SAME")?.id, "test-1");
    assert.equal(log.message("test-9"), undefined);
    assert.equal(log.message(""), undefined);
  });

  test("comes with the lines of the log about it, oldest first", () => {
    const line = (id: string, parts: Partial<LogLine>): LogLine => ({
      id,
      at: new Date(FIRST + Number(id.slice(2))).toISOString(),
      level: "info",
      text: id,
      ...parts,
    });
    const log = logOf([{ queueId: "MINE", lines: ["l-1"] }], [
      line("l-1", { level: "error" }),
      line("l-2", { queueId: "MINE", level: "warning" }),
      line("l-3", { queueId: "OTHER", text: "MINE" }),
      line("l-4", { queueId: "MINE" }),
    ]);
    assert.deepEqual(log.linesOf(log.message("MINE")!).map(({ id }) => id), ["l-1", "l-2", "l-4"]);
    const lines = (text: string) =>
      log.lines(readLineQuery(new URLSearchParams(text))).found.map(({ id }) => id);
    assert.deepEqual(lines(""), ["l-4", "l-3", "l-2", "l-1"]);
    assert.deepEqual(lines("level=error,warning"), ["l-2", "l-1"]);
    assert.deepEqual(lines("id=mine"), ["l-4", "l-2"]);
    assert.deepEqual(lines("q=mine"), ["l-4", "l-3", "l-2"]);
    assert.deepEqual(lines("q=l-1"), ["l-1"]);
  });
});

describe("equal refusals", () => {
  const refused = { outcome: "reject", filter: "limit", event: "mail" } as const;
  const log = logOf([
    { ...refused, reply: "452 4.7.1 Try again in 10 s" },
    { ...refused, reply: "452 4.7.1 Try again in 20 s" },
    { ...refused, reply: "550 5.7.1 10 MB are too many" },
    { ...refused, reply: "550 5.7.1 10 MB are too many" },
    { ...refused, reply: "550 5.7.1 10 MB are too many", event: "eom" },
    {},
  ]);
  const groups = (text: string) =>
    log.groups(query(text)).map(({ reply, event, count, ids }) => [reply, event, count, ids]);

  test("are counted, with their reply if it is the same", () => {
    assert.deepEqual(groups(""), [
      ["550 5.7.1 10 MB are too many", "mail", 2, ["test-3", "test-2"]],
      ["452 4.7.1 Try again in … s", "mail", 2, ["test-1", "test-0"]],
      ["550 5.7.1 10 MB are too many", "eom", 1, ["test-4"]],
    ]);
    const first = at(log.groups(query("")), 0);
    assert.deepEqual([first.first, first.last], ["2030-01-31T12:00:02.000Z", "2030-01-31T12:00:03.000Z"]);
  });

  test("are counted among the messages that a search finds", () => {
    assert.deepEqual(groups("q=again&limit=1"), [["452 4.7.1 Try again in … s", "mail", 2, [
      "test-1",
      "test-0",
    ]]]);
    assert.deepEqual(groups("outcome=accept"), []);
  });

  for (
    const [reply, pattern] of [
      ["550 5.7.1 <ann@example.net> is not welcome", "550 5.7.1 … is not welcome"],
      ["550 5.7.1 ann@example.net is not welcome", "550 5.7.1 … is not welcome"],
      ["451 Client 192.0.2.1, of example.org", "451 Client …, of example.org"],
      ["550 5.7.26 No pass (see 2001:db8::1)", "550 5.7.26 No pass (see …)"],
      ['550 "a b" and <c d>', "550 … and …"],
      ["held", "held"],
      [`550 ${"<".repeat(300)}`, `550 ${"<".repeat(300)}`],
    ] as const
  ) {
    test(`of the kind ${pattern.slice(0, 40)}`, () => assert.equal(replyPattern(reply), pattern));
  }
});
