// What may be asked of the mail log, and what is answered to anything else.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type MailQuery,
  QueryError,
  readId,
  readLineQuery,
  readMailQuery,
} from "../../cli/observe/mail_log/query.ts";

const NOW = Date.parse("2030-01-31T12:00:00Z");

function read(text: string): MailQuery {
  return readMailQuery(new URLSearchParams(text), NOW);
}

/** The sentence of the error for a query. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof QueryError);
    return `${error.code} ${error.value}: ${error.message}`;
  }
  return "none";
}

describe("a query", () => {
  test("without anything asks for the last 100", () => {
    assert.deepEqual(read(""), { texts: {}, limit: 100 });
  });

  test("ignores fields that a form sends empty", () => {
    assert.deepEqual(read("q=&from=+&outcome=&since=&limit=&client="), { texts: {}, limit: 100 });
  });

  test("has texts, words apart, and ids and addresses without brackets", () => {
    const { texts } = read("q=Ann++Ben&from=%3CAnn@Example.NET%3E&id=%3Cone@x%3E&to=a b");
    assert.deepEqual(texts, { q: ["Ann", "Ben"], from: ["Ann@Example.NET"], id: ["one@x"], to: ["a b"] });
    assert.deepEqual(read("from=<>").texts, { from: ["<>"] });
  });

  test("has outcomes", () => {
    assert.deepEqual([...read("outcome=reject, held").outcomes!], ["reject", "held"]);
  });

  for (
    const [text, time] of [
      ["10m", "2030-01-31T11:50:00Z"],
      ["1.5h", "2030-01-31T10:30:00Z"],
      ["2030-01-30", "2030-01-30T00:00:00Z"],
      ["2030-01-30T10:00", "2030-01-30T10:00:00Z"],
      ["2030-01-30T10:00:01.5%2B02:00", "2030-01-30T08:00:01.500Z"],
    ]
  ) {
    test(`looks back to ${text}`, () => assert.equal(read(`since=${text}`).since, Date.parse(time!)));
  }

  test("has a network", () => {
    const { network } = read("client=10.0.0.0/8");
    assert.equal(network?.has("10.1.2.3"), true);
    assert.equal(read("client=10.1").network, undefined);
  });
});

const ALL = "want q, from, to, client, login, id, filter, label, outcome, since, before, limit";

describe("a query that makes no sense is refused:", () => {
  const OUTCOMES = "want one or more of accept, reject, tempfail, discard, abort, refused, held, error, " +
    "with commas between them";
  for (
    const [text, sentence] of [
      ["sender=ann", `unknown-parameter sender: "sender" is unknown; ${ALL}`],
      ["q=a&q=b", "repeated-parameter q: q is given twice"],
      [`q=${"x".repeat(301)}`, "invalid-value q: q is longer than 300 characters"],
      ["limit=0", "invalid-value limit: limit: want a number from 1 to 500"],
      ["limit=501", "invalid-value limit: limit: want a number from 1 to 500"],
      ["limit=1e2", "invalid-value limit: limit: want a number from 1 to 500"],
      ["outcome=accepted", `invalid-value outcome: outcome: ${OUTCOMES}`],
      ["outcome=accept,", `invalid-value outcome: outcome: ${OUTCOMES}`],
      ["since=10", "invalid-value since: since: write 10s, or 10ms if you mean milliseconds"],
      ["since=0s", "invalid-value since: since: it must be at least 1ms"],
      ["since=999d", "invalid-value since: since: it must be at most 366d"],
      [
        "since=yesterday",
        "invalid-value since: since: want how long ago, such as 10m, or a time such as 2030-01-31T12:00:00Z",
      ],
      [
        "since=2030-02-31T25:00",
        "invalid-value since: since: want how long ago, such as 10m, or a time such as 2030-01-31T12:00:00Z",
      ],
      ["before=<b>", "invalid-value before: before: want the id of an entry"],
      [
        "client=10.1.0.0/8",
        "invalid-value client: client: 10.1.0.0 is not the first address of a network of /8: " +
        "write 10.0.0.0/8, or 10.1.0.0 for one address",
      ],
    ] as const
  ) {
    test(text.slice(0, 40), () => assert.equal(refusal(() => read(text)), sentence));
  }

  test("a line of the log has no sender", () => {
    assert.equal(
      refusal(() => readLineQuery(new URLSearchParams("from=ann"))),
      'unknown-parameter from: "from" is unknown; want q, id, filter, level, since, before, limit',
    );
    assert.equal(
      refusal(() => readLineQuery(new URLSearchParams("level=debug"))),
      "invalid-value level: level: want one or more of info, warning, error, with commas between them",
    );
  });

  test("one message without its id", () => {
    const missing = "invalid-value id: id is missing: give the id of an entry, or a queue id";
    assert.equal(refusal(() => readId(new URLSearchParams("id="))), missing);
  });
});

test("a page may have parameters of its own", () => {
  assert.deepEqual(readMailQuery(new URLSearchParams("minutes=5"), NOW, ["minutes"]).texts, {});
});
