// Rules about senders and recipients, whose addresses clients spell in many ways.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fate, through, type Words } from "./support.ts";

const ALL = "all@example.org";
/** Spellings that mean the address and nothing else. */
const CERTAIN = [
  ALL,
  "ALL@Example.ORG.",
  '"all"@example.org',
  '"a\\ll"@example.org',
  "@r.example:all@example.org",
];
/** Spellings that lenient servers accept. */
const LENIENT = [
  "all(x)@example.org",
  "all@example.org (x)",
  "all @ example.org",
  "all@ example.org",
  "all@example .org",
  "all@example\\.org",
  "all@example.org(x)",
  "Joe <all@example.org>",
  "all%example.org",
  "example.org!all",
  "Joe:all@example.org;",
];

async function fateOf(words: Words, from: string, to: readonly string[], lists = {}): Promise<string> {
  return fate(await through(words, { from: `<${from}>`, to: to.map((each) => `<${each}>`) }, [], { lists }));
}

for (const spelling of [...CERTAIN, ...LENIENT]) {
  const isCertain = CERTAIN.includes(spelling);
  describe(`the address ${spelling}`, () => {
    const lists = { closed: [ALL], ours: ["example.org"] };
    const conditions = [
      "sender all@example.org",
      "sender example.org",
      "sender @closed",
      "sender @ours",
      "sender-address /^all@example\\.org\\.?$/i",
    ];

    it("does not get a sender past a refusal, at MAIL", async () => {
      for (const condition of conditions) {
        const only = ["rule a", `only-${condition}`, "reject 550 5.7.1 no"];
        assert.equal(await fateOf(only, spelling, ["b@example.net"], lists), "reject at mail 550 5.7.1 no");
      }
    });

    it("does not get past a refusal of this recipient, at RCPT", async () => {
      for (const condition of conditions) {
        const only = ["rule a", `only-${condition.replace("sender", "recipient")}`, "reject 550 5.1.1 no"];
        assert.equal(
          await fateOf(only, "a@example.net", [spelling, "b@example.net"], lists),
          `accept; <${spelling}>: 550 no`.replace(/<(.*)>/, "$1"),
        );
      }
    });

    it("is privileged only if it is certain", async () => {
      const words = ["rule a", `only-sender ${ALL}`, "accept", "rule b", "reject 550 5.7.1 no"];
      assert.equal(
        await fateOf(words, spelling, ["b@example.net"]),
        isCertain ? "accept" : "reject at mail 550 5.7.1 no",
      );
      const not = ["rule a", `not-sender ${ALL}`, "accept", "rule b", "reject 550 5.7.1 no"];
      assert.equal(await fateOf(not, spelling, ["b@example.net"]), "reject at mail 550 5.7.1 no");
    });
  });
}

describe("a pattern with unnecessary quotes", () => {
  it("matches the address without them", async () => {
    for (const pattern of ['"all"@example.org', '"a\\ll"@example.org']) {
      const words = ["rule a", `only-recipient ${pattern}`, "reject 550 5.1.1 no"];
      assert.match(await fateOf(words, "a@example.net", [ALL]), /^reject at rcpt/);
    }
    const words = ["rule a", 'only-recipient "a b"@example.org', "reject 550 5.1.1 no"];
    assert.match(await fateOf(words, "a@example.net", ['"a\\ b"@example.org']), /^reject at rcpt/);
    assert.equal(await fateOf(words, "a@example.net", ["ab@example.org"]), "accept");
  });
});

describe("a recipient that is dropped or redirected", () => {
  it("is found by any spelling of its address", async () => {
    for (const spelling of [...CERTAIN, ...LENIENT]) {
      for (const action of ["discard", "redirect new@example.net"]) {
        const words = ["rule a", "only-subject /x/", action];
        const mail = { to: [`<${spelling}>`, "<b@example.net>"], header: { Subject: "x" } };
        const some = await through([`only-recipient example.org`, ...words], mail);
        const added = action === "discard" ? [] : ["new@example.net"];
        assert.deepEqual(some.recipients, ["b@example.net", ...added], spelling);
      }
    }
  });
});
