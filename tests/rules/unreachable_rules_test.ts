// Rules that could never act, and those that can although they look like it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { allOf, fromIs } from "../../lib/filter/condition.ts";
import { OptionError } from "../../lib/options/options.ts";
import { configured, type Parts, type Words } from "./support.ts";

const PARTS: Parts = {
  lists: { internal: ["10.0.0.0/8", "192.168.0.0/16"], partners: ["a.example", ".a.example"] },
  conditions: new Map([["partner", allOf([fromIs([])])]]),
};

async function said(words: Words): Promise<string> {
  try {
    await configured(words, PARTS);
    return "";
  } catch (error) {
    assert.ok(error instanceof OptionError, String(error));
    return `${error.option} ${error.value} in ${error.group}: ${
      error.message.replace(/^Invalid --\S+ ".*?": /, "")
    }`;
  }
}

const ALL = "rule b in 1: it can never act, since the rule a before it is for all mail; put it before that";
const SAME =
  "rule b in 1: it can never act, since the rule a before it is for all mail that this one is for; put it before that";

describe("a rule behind one that ends the rules", () => {
  const two = (
    first: Words,
    second: Words,
    decides = "accept",
    then = "reject No",
  ) => ["rule a", ...first, decides, "rule b", ...second, then];

  const covered: readonly [outer: Words, inner: Words][] = [
    [["only-client 10.0.0.0/8"], ["only-client 10.1.0.0/16"]],
    [["only-client 10.0.0.0/8", "only-client 192.0.2.1"], ["only-client 192.0.2.1", "only-tls"]],
    [["only-client @internal"], ["only-client 192.168.7.0/24"]],
    [["not-client 10.1.0.0/16"], ["not-client 10.0.0.0/8"]],
    [["only-sender .example.org"], ["only-sender a.example.org", "only-sender joe@b.example.org"]],
    [["only-sender @partners"], ["only-sender joe@b.a.example"]],
    [["not-recipient joe@example.org"], ["not-recipient example.org"]],
    [["only-subject /a/", "only-subject /b/"], ["only-subject /b/", "only-subject /a/"]],
    [["only-header X-A"], ["only-header X-A", "only-larger 1MB"]],
    [["only-larger 1MB"], ["only-larger 2MB"]],
    [["only-smaller 2MB"], ["only-smaller 1MB", "only-larger 10kB"]],
    [["only-tls", "only-authenticated"], ["only-authenticated", "only-tls", "only-macro i"]],
    [["only-login alice"], ["only-login alice"]],
  ];
  for (const [outer, inner] of covered) {
    it(`${outer.join(", ")}, then ${inner.join(", ")}: can never act`, async () => {
      assert.equal(await said(two(outer, inner)), SAME);
      // With match all only a rule that decides ends them.
      assert.equal(await said(["match all", ...two(outer, inner, "log seen")]), "");
      assert.equal(await said(["match all", ...two(outer, inner)]), SAME);
    });
  }

  const open: readonly [outer: Words, inner: Words][] = [
    [["only-client 10.1.0.0/16"], ["only-client 10.0.0.0/8"]],
    [["only-client 10.0.0.0/8"], ["only-tls"]],
    [["only-client 10.0.0.0/8", "only-tls"], ["only-client 10.0.0.0/8"]],
    [["only-client 10.0.0.0/8"], ["only-client 10.1.0.0/16", "only-client 192.0.2.1"]],
    [["not-client 10.0.0.0/8"], ["not-client 10.1.0.0/16"]],
    [["not-client 10.0.0.0/8"], ["only-client 192.0.2.1"]],
    [["only-subject /a/"], ["only-subject /a/i"]],
    [["only-larger 2MB"], ["only-larger 1MB"]],
    [["only-login alice"], ["only-login bob"]],
    // Of two authors one may be of that domain: then the first rule does not act, and the other one does.
    [["only-from example.org"], ["only-from example.org"]],
    [["if partner"], ["if partner"]],
  ];
  for (const [outer, inner] of open) {
    it(`${outer.join(", ")}, then ${inner.join(", ")}: can act`, async () => {
      assert.equal(await said(two(outer, inner)), "");
    });
  }

  it("cannot act if no doubt makes a difference", async () => {
    for (const condition of ["only-from example.org", "if partner"]) {
      assert.equal(await said(two([condition], [condition], "accept", "discard")), SAME);
      assert.equal(await said(two([condition], [condition], "reject No", "discard")), SAME);
      // In doubt, both act.
      assert.equal(await said(two([condition], [condition], "log all", "reject No")), "");
      assert.equal(await said(two([condition], [condition], "log all", "discard")), SAME);
    }
    assert.equal(await said(two(["only-from .example.org"], ["only-from a.example.org"], "reject No")), SAME);
  });

  it("that is for all mail can never act", async () => {
    assert.equal(await said(two([], ["only-tls"])), ALL);
    assert.equal(await said(two([], ["only-tls"], "log all")), ALL);
    assert.equal(await said(["match all", ...two([], ["only-tls"], "log all")]), "");
  });
});

describe("a rule by itself", () => {
  const cases: readonly [words: Words, says: string][] = [
    [
      ["only-tls"],
      'rule a in 0: it does nothing: give it an action, such as --reject "550 5.7.1 Not here", or --accept',
    ],
    [["reject No", "accept"], "accept true in 0: a rule decides once, and this one has --reject"],
    [["discard", "tempfail No"], "tempfail No in 0: a rule decides once, and this one has --discard"],
    [["reject No", "add X-A: 1"], "add X-A: 1 in 0: beside --reject it changes nothing that anybody gets"],
    [["quarantine Q", "discard"], "quarantine Q in 0: beside --discard it changes nothing that anybody gets"],
    [
      ["redirect a@b.example", "tempfail No"],
      "redirect a@b.example in 0: beside --tempfail it changes nothing that anybody gets",
    ],
    [["only-tls", "not-tls", "accept"], "not-tls true in 0: with --only-tls it leaves nothing"],
    [
      ["only-client 10.1.0.0/16", "not-client 10.0.0.0/8", "accept"],
      "only-client 10.1.0.0/16 in 0: --not-client 10.0.0.0/8 leaves nothing of it",
    ],
    [
      ["if partner", "if nobody", "accept"],
      "if nobody in 0: there is no condition nobody; did you mean partner?",
    ],
    [["accept", "rule a", "reject No"], "rule a in 1: an earlier rule has this name; give each its own"],
  ];
  for (const [words, says] of cases) {
    it(`${words.join(", ")}: ${says}`, async () => {
      assert.equal(await said(["rule a", ...words]), says);
    });
  }

  it("may decide and log, and accept what it changes", async () => {
    assert.equal(await said(["rule a", "reject No", "log no"]), "");
    assert.equal(await said(["rule a", "accept", "add X-A: 1", "quarantine Q", "redirect a@b.example"]), "");
  });
});
