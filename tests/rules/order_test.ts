// In which order rules are asked, when they act, and that it makes no difference to ask all of them at the end.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromIs } from "../../lib/filter/condition.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { parseOption } from "../../lib/options/options.ts";
import type { DomainPattern } from "../../lib/options/options.ts";
import { deliver, type TestClient, type TestMail } from "../../lib/testing.ts";
import { fate, rulesOf, through, type Words } from "./support.ts";

const INSIDE = { client: { address: "10.1.2.3" } };
const OUTSIDE = { client: { address: "192.0.2.1" } };

describe("of several rules", () => {
  const words = [
    ...["rule inside", "only-client 10.0.0.0/8", "accept"],
    ...["rule forged", "only-sender example.org", "reject 550 5.7.1 You are not us"],
    ...["rule lottery", "only-subject /lottery/i", "reject 554 5.6.0 No lotteries"],
  ];
  const lottery = { header: { Subject: "=?utf-8?B?TG90dGVyeQ==?=" } };

  it("the first one that acts is the last", async () => {
    const forged = { from: "joe@example.org" };
    assert.equal(fate(await through(words, { ...INSIDE, ...forged, ...lottery })), "accept");
    assert.equal(
      fate(await through(words, { ...OUTSIDE, ...forged })),
      "reject at mail 550 5.7.1 You are not us",
    );
    assert.equal(
      fate(await through(words, { ...OUTSIDE, ...lottery })),
      "reject at eom 554 5.6.0 No lotteries",
    );
    assert.equal(fate(await through(words, OUTSIDE)), "accept");
  });

  it("with match all those behind one that acts act too, up to one that decides", async () => {
    const all = [
      "match all",
      ...["rule a", "add X-A: 1"],
      ...["rule b", "only-subject /lottery/i", "add X-B: 1", "accept"],
      ...["rule c", "add X-C: 1"],
    ];
    const added = async (mail: TestMail) => {
      const { fields } = await through(all, mail);
      return fields.map(({ name }) => name).filter((name) => name.startsWith("X-"));
    };
    assert.deepEqual(await added({}), ["X-A", "X-C"]);
    assert.deepEqual(await added({ header: { Subject: "lottery" } }), ["X-A", "X-B"]);
  });

  it("one that cannot be decided yet holds those behind it up", async () => {
    const words = [
      ...["rule ticket", "only-subject /\\[ticket \\d+\\]/", "accept"],
      ...["rule outside", "only-client 192.0.2.0/24", "reject Only with a ticket"],
    ];
    assert.equal(fate(await through(words, OUTSIDE)), "reject at eom 550 5.7.1 Only with a ticket");
    assert.equal(fate(await through(words, { ...OUTSIDE, header: { Subject: "[ticket 7]" } })), "accept");
    const early = words.with(1, "only-tls");
    assert.equal(fate(await through(early, OUTSIDE)), "reject at mail 550 5.7.1 Only with a ticket");
  });

  it("one that could only refuse as well does not hold up a refusal behind it", async () => {
    const of = (decision: string) => [
      ...["rule large", "only-larger 1kB", decision],
      ...["rule outside", "only-client 192.0.2.0/24", "reject No"],
    ];
    assert.equal(fate(await through(of("reject 552 Too large"), OUTSIDE)), "reject at mail 550 5.7.1 No");
    // What is put off may come again, so this is not the same.
    assert.equal(fate(await through(of("tempfail 452 Too large"), OUTSIDE)), "reject at eom 550 5.7.1 No");
    assert.equal(fate(await through(of("discard"), OUTSIDE)), "reject at eom 550 5.7.1 No");
    assert.equal(fate(await through(of("log large"), OUTSIDE)), "reject at eom 550 5.7.1 No");
    assert.equal(
      fate(await through(["match all", ...of("log large")], OUTSIDE)),
      "reject at mail 550 5.7.1 No",
    );
    const between = [
      ...of("reject 552 Too large").slice(0, 3),
      "rule us",
      "only-sender example.org",
      "accept",
    ];
    const all = [...between, ...of("accept").slice(3)];
    assert.equal(fate(await through(all, { ...OUTSIDE, from: "joe@example.org" })), "accept");
    assert.equal(fate(await through(all, OUTSIDE)), "reject at mail 550 5.7.1 No");
  });

  it("accept ends these rules, but not the filters behind them", async () => {
    const after = await rulesOf(["rule late", "reject 550 Late"]);
    const delivered = await deliver([await rulesOf(["rule early", "accept"]), after as Filter]);
    assert.equal(fate(delivered), "reject at mail 550 5.7.1 Late");
  });
});

describe("when rules act", () => {
  const cases: readonly [condition: string, event: string][] = [
    ["only-client 192.0.2.0/24", "mail"],
    ["only-client-name .example.com", "mail"],
    ["only-helo mail.example.com", "mail"],
    ["only-sender example.com", "mail"],
    ["only-sender-address /^sender@/", "mail"],
    ["only-login alice", "mail"],
    ["only-tls", "mail"],
    ["only-macro our_own=1", "mail"],
    ["only-larger 1kB", "mail"],
    ["only-recipient example.org", "rcpt"],
    ["only-recipient-address /^recipient@/", "rcpt"],
    ["only-from example.com", "eom"],
    ["only-subject /test/i", "eom"],
    ["only-header X-A /1/", "eom"],
    ["only-header-line /^x-a: 1$/i", "eom"],
  ];
  const mail = {
    client: { address: "192.0.2.1", hostname: "mail.example.com" },
    macros: { auth_authen: "alice", tls_version: "TLSv1.3", our_own: "1" },
    fromArgs: ["SIZE=2000"],
    header: { From: "joe@example.com", Subject: "Test", "X-A": "1" },
  };
  for (const [condition, event] of cases) {
    it(`${condition}: at ${event}`, async () => {
      const delivered = await through(["rule a", condition, "reject No"], mail);
      assert.equal(delivered.event, event);
      assert.equal(delivered.outcome, "reject");
      const not = condition.replace("only-", "not-");
      if (condition.includes("larger")) return;
      assert.equal(fate(await through(["rule a", not, "reject No"], mail)), "accept", not);
    });
  }

  it("a size that was not announced is that of the message", async () => {
    const words = ["rule large", "only-larger 1kB", "reject 552 5.3.4 Too large"];
    assert.equal(fate(await through(words, { body: "a".repeat(600) })), "accept");
    assert.equal(fate(await through(words, { body: "a".repeat(1000) })), "reject at eom 552 5.3.4 Too large");
    // What a client announces is enough to refuse it.
    assert.equal(
      fate(await through(words, { fromArgs: ["SIZE=5000"] })),
      "reject at mail 552 5.3.4 Too large",
    );
    assert.equal(
      fate(await through(["rule small", "only-smaller 1kB", "discard"], { body: "a".repeat(1000) })),
      "accept",
    );
  });
});

describe("a size that the client announces", () => {
  const large = { body: "a".repeat(1000) };
  const rest = ["rule rest", "reject No"];
  const rows: readonly (readonly [what: string, words: Words, mail: TestMail, fate: string])[] = [
    [
      "does not get large mail past a rule",
      ["rule large", "only-larger 1kB", "reject 552 5.3.4 Too large"],
      { ...large, fromArgs: ["SIZE=1"] },
      "reject at eom 552 5.3.4 Too large",
    ],
    [
      "does not get small mail past a rule",
      ["rule small", "only-smaller 1kB", "reject 554 5.6.0 Too small"],
      { fromArgs: ["SIZE=5000"] },
      "reject at eom 554 5.6.0 Too small",
    ],
    [
      "does not let mail through",
      ["rule small", "only-smaller 1kB", "accept", ...rest],
      { ...large, fromArgs: ["SIZE=1"] },
      "reject at eom 550 5.7.1 No",
    ],
    [
      "does not end the rules at one that only logs",
      ["rule small", "only-smaller 1kB", "log small", ...rest],
      { ...large, fromArgs: ["SIZE=1"] },
      "reject at eom 550 5.7.1 No",
    ],
    [
      "does not drop mail",
      ["rule large", "only-larger 1kB", "discard"],
      { fromArgs: ["SIZE=5000"] },
      "accept",
    ],
    [
      "does not matter to rules for header fields",
      ["match field", "rule large", "field /^Subject:/", "only-larger 1kB", "reject 552 5.3.4 Too large"],
      { ...large, header: { Subject: "x" }, fromArgs: ["SIZE=1"] },
      "reject at eom 552 5.3.4 Too large",
    ],
  ];
  for (const [what, words, mail, wanted] of rows) {
    it(what, async () => assert.equal(fate(await through(words, mail)), wanted));
  }
});

describe("it makes no difference to ask all rules at the end", () => {
  // A condition of the filter itself that is known only at the end, and true.
  const LATE = "not-subject /never/";
  const conditions = [
    "only-client 10.0.0.0/8",
    "only-sender example.org",
    "only-recipient example.org",
    "only-subject /a/",
  ];
  const actions = ["reject 550 R", "accept", "discard", "add X-A: 1"];
  const messages: readonly (TestMail & TestClient)[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
    ...(bits & 1 ? INSIDE : OUTSIDE),
    from: bits & 2 ? "joe@example.org" : "joe@example.com",
    header: { Subject: bits & 4 ? "a" : "b" },
    to: bits === 7 ? "joe@example.net" : "joe@example.org",
  }));
  const PAIRS = [[0, 1], [1, 0], [1, 3], [2, 1], [3, 0], [3, 2], [3, 3]] as const;
  const ofRule = (name: string, i: number, j: number) => [`rule ${name}`, conditions[i]!, actions[j]!];
  for (const first of [0, 1, 2, 3]) {
    for (const match of ["first", "all"]) {
      it(`${conditions[first]} first, match ${match}`, async () => {
        for (const second of [0, 1, 2, 3]) {
          if (second === first || second === (first + 3) % 4) continue;
          for (const [i, j] of PAIRS) {
            const words = [
              `match ${match}`,
              ...ofRule("a", first, i),
              ...ofRule("b", second, j),
              "rule c",
              "add X-C: 1",
            ];
            const [early, late] = [await rulesOf(words), await rulesOf([LATE, ...words])];
            for (const message of messages) {
              const outcome = async (filter: Filter) => {
                const { outcome, reply, fields, failures } = await deliver([filter], message);
                assert.deepEqual(failures, []);
                const left = outcome === "accept"
                  ? fields.map(({ name }) => name).join()
                  : reply?.lines.join();
                return `${outcome} ${left}`;
              };
              assert.equal(
                await outcome(early as Filter),
                await outcome(late as Filter),
                JSON.stringify({ words, message }),
              );
            }
          }
        }
      });
    }
  }
});

describe("in doubt", () => {
  // Of two authors one is of bank.example.
  const mail: TestMail = { header: { From: "a@bank.example, b@example.com", Subject: "Test" } };
  const cases: readonly [action: string, acts: boolean][] = [
    ["reject No", true],
    ["tempfail Later", true],
    ["quarantine Doubtful", true],
    ["add X-A: 1", true],
    ["add-recipient copy@example.org", true],
    ["discard", false],
    ["accept", false],
    ["redirect other@example.org", false],
    ["log Doubtful", true],
  ];
  for (const [action, acts] of cases) {
    it(`${action} ${acts ? "acts" : "does not act"}`, async () => {
      const then = ["rule rest", "only-subject /Test/", "reject 550 Rest"];
      for (const condition of ["only-from bank.example", "not-from bank.example"]) {
        const delivered = await through(["rule doubt", condition, action, ...then], mail);
        assert.equal(delivered.labels.includes("doubt"), acts, `${condition}: ${fate(delivered)}`);
        // One that does not refuse spares the message nothing.
        const isRest = delivered.reply?.lines[0] === "Rest";
        assert.equal(isRest, !/^(?:reject|tempfail)/.test(action), `${condition}: ${fate(delivered)}`);
      }
    });
  }

  it("a rule for fields acts, but does not spare the field the rules behind it", async () => {
    const acting = async (action: string, header = mail.header!) => {
      const behind = ["rule no", "field /^Subject:/", "reject No"];
      const words = ["match field", "rule doubt", "field /^Subject:/", "only-from bank.example", action];
      const { outcome, labels } = await through([...words, ...behind], { header });
      return `${outcome} ${labels.join()}`;
    };
    const certain = { From: "a@bank.example", Subject: "Test" };
    for (const [action, label] of [["next-field", ""], ["log a", "doubt,"], ["add X-A: 1", "doubt,"]]) {
      assert.equal(await acting(action!), `reject ${label}no`, action);
      assert.equal(await acting(action!, certain), "accept doubt", action);
    }
  });

  it("a condition that throws is a failure of the filter, and on-error decides", async () => {
    const broken = { ...fromIs([parseOption(FROM, "a.example") as DomainPattern]), test: () => fail() };
    const conditions = new Map([["broken", broken]]);
    const words: Words = ["rule a", "if broken", "accept"];
    const delivered = await through(words, {}, [], { conditions });
    assert.equal(delivered.outcome, "tempfail");
    assert.match(String(delivered.failures[0]?.error), /broken condition/);
    const open = await through(["on-error accept", ...words], {}, [], { conditions });
    assert.equal(open.outcome, "accept");
    const closed = await through(["on-error reject", ...words], {}, [], { conditions });
    assert.equal(closed.outcome, "reject");
  });
});

const FROM = { name: "only-from", kind: "domain-pattern", description: "" } as const;

function fail(): never {
  throw new Error("broken condition");
}
