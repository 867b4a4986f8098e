import assert from "node:assert/strict";
import { test } from "node:test";
import { replyVerdict } from "../support/scripted/reply.ts";

const LONG = "x".repeat(981);

for (
  const [args, kind, reply] of [
    [["550", "5.7.1", "no"], "reject", { code: 550, enhanced: "5.7.1", lines: ["no"] }],
    [["451", "-", "later"], "tempfail", { code: 451, lines: ["later"] }],
    [["550"], "reject", { code: 550, lines: [] }],
    [["450", "-", "a", "b"], "tempfail", { code: 450, enhanced: "4.0.0", lines: ["a", "b"] }],
    [["550", "5.7.1", "100%% sure"], "reject", { code: 550, enhanced: "5.7.1", lines: ["100% sure"] }],
    [["550", "-", "caf\xc3\xa9"], "reject", { code: 550, lines: ["café"] }],
  ] as [string[], string, unknown][]
) {
  test(`setreply ${args.join(" ")}`, () => {
    const verdict = replyVerdict(args, "postfix");
    assert.deepEqual([verdict?.kind, verdict?.reply], [kind, reply]);
  });
}

for (
  const args of [
    [],
    ["350", "-", "x"],
    ["5500", "-", "x"],
    ["55x", "-", "x"],
    ["550", "", "x"],
    ["550", "5.7", "x"],
    ["550", "3.7.1", "x"],
    ["550", "4.7.1", "x"],
    ["550", "5.7.1", "a\nb"],
    ["550", "5.7.1", LONG],
    ["550", "5.7.1", ...Array(33).fill("x")],
  ]
) {
  test(`setreply ${args.join(" ").slice(0, 30).replace("\n", "\\n")} is refused`, () => {
    assert.equal(replyVerdict(args, "postfix"), undefined);
  });
}

test("a lone % is skipped by Postfix, and costs the whole reply with Sendmail", () => {
  const args = ["550", "5.7.1", "100% sure, 50%"];
  assert.deepEqual(replyVerdict(args, "postfix")?.reply?.lines, ["100 sure, 50"]);
  assert.deepEqual(replyVerdict(args, "sendmail"), { kind: "reject" });
});
