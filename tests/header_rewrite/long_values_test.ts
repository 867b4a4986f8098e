// Values that are long: folded, shortened or refused for good, and never a reason to put a message off.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MAX_DELIVERED_FIELD } from "../../lib/message/fold.ts";
import { deliver } from "../../lib/testing.ts";
import type { Given } from "../support/made_filter.ts";
import { makeFilter } from "./support.ts";

const addresses = (count: number, domain = "example.net") =>
  Array.from({ length: count }, (_, i) => `recipient-number-${i}@${domain}`);

const through = async (given: Given, to: string[], header: readonly (readonly [string, string])[] = []) =>
  await deliver(await makeFilter(given), { to, header });

for (const word of ["add", "insert", "set"] as const) {
  for (const count of [90, 500, 1300]) {
    it(`--${word} with ${count} recipients holds each of them unbroken, in short lines`, async () => {
      const delivered = await through([[word, "X-Rcpt: {rcpt_to}"]], addresses(count));
      delivered.assertAccepted();
      const value = delivered.header("X-Rcpt")!;
      const lines = value.split("\n");
      assert.deepEqual(lines.flatMap((line) => line.trim().replace(/,$/, "").split(", ")), addresses(count));
      assert.ok(`X-Rcpt: ${value}`.split("\n").every((line) => line.length <= 78));
      assert.ok(!delivered.notes.some(({ remark }) => remark));
    });
  }

  it(`--${word} of more than any MTA delivers holds whole recipients, and the log says so`, async () => {
    const all = addresses(2100, "a.rather.long.domain.example.net");
    const delivered = await through([[word, "X-Rcpt: {rcpt_to}"]], all);
    delivered.assertAccepted();
    const value = delivered.header("X-Rcpt")!;
    const left = value.replaceAll("\n", "").split(", ");
    assert.deepEqual(left, all.slice(0, left.length));
    const size = "X-Rcpt: ".length + value.length;
    assert.ok(size <= MAX_DELIVERED_FIELD && size > MAX_DELIVERED_FIELD - 100, `${size}`);
    const [remark] = delivered.notes.flatMap(({ remark }) => remark ?? []);
    assert.match(remark ?? "", new RegExp(`^X-Rcpt shortened from \\d{6} to ${value.length} bytes$`));
  });
}

describe("--replace", () => {
  it("keeps the sender's lines of up to 980 bytes, and folds longer ones", async () => {
    const line = "word ".repeat(100).trim();
    const { fields } = await through([["replace", "X-A /one/ 1"]], ["a@b"], [["X-A", `one\n ${line}`]]);
    assert.equal(fields.find((field) => field.is("X-A"))!.value, `1\n ${line}`);
    const grown = await through([["replace", "X-A /word/g a-longer-word"]], ["a@b"], [["X-A", line]]);
    const lines = grown.header("X-A")!.split("\n");
    assert.ok(lines.every((each) => each.length <= 78));
    assert.equal(lines.join(""), line.replaceAll("word", "a-longer-word"));
  });

  it("that would make a field larger than any MTA delivers has the message rejected for good", async () => {
    const large = "a ".repeat(15_000).trim();
    const delivered = await through([["replace", "X-A /a/g abcde"]], ["a@b"], [["X-A", large]]);
    delivered.assertRejected(552, "Header field too large: X-A");
    assert.equal(delivered.reply?.enhanced, "5.3.4");
    (await through([["replace", "X-A /a/g ab"]], ["a@b"], [["X-A", large]])).assertAccepted();
  });

  it("of a value that is that large already may make it smaller", async () => {
    const large = `b ${"a ".repeat(29_948)}`;
    const smaller = await through([["replace", "X-A /b / "]], ["a@b"], [["X-A", large]]);
    assert.ok(smaller.assertAccepted().header("X-A")!.startsWith("a a"));
  });

  it("within a value that a rule wrote is shortened with it", async () => {
    const rules: Given = [["add", "X-A: {rcpt_to}"], ["replace", "X-A /@/g @some.more.words.before.the."]];
    const delivered = await through(rules, addresses(2000));
    assert.ok(delivered.assertAccepted().header("X-A")!.length <= MAX_DELIVERED_FIELD);
  });
});

it("--rename to a longer name of a field that is large has the message rejected for good", async () => {
  const header = [["X-A", "a".repeat(59_890)]] as const;
  (await through([["rename", "X-A X-A-Much-Longer-Name"]], ["a@b"], header)).assertRejected(
    552,
    "Header field too large: X-A-Much-Longer-Name",
  );
  (await through([["rename", "X-A X-B"]], ["a@b"], header)).assertAccepted();
});
