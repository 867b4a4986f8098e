// text:NAME: rules that see what mail programs show.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Given } from "../support/made_filter.ts";
import { makeFilter, rewrite } from "./support.ts";

const LOTTERY = "Subject: =?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=";

for (
  const [condition, header, holds] of [
    ["text:Subject /lottery/", LOTTERY, true],
    ["Subject /lottery/", LOTTERY, false],
    [
      "text:subject /^you won the lottery$/i",
      "Subject: You won\n\tthe =?utf-8?q?lot?=\n =?utf-8?q?tery?=",
      true,
    ],
    ["text:Subject /café/", "Subject: caf\xe9", true],
    ["text:Subject /café/", "Subject: caf\xc3\xa9", true],
    ["text:Subject /lottery/", "Subject: =?utf-8?q?lot=00tery?=", true],
    ["text:X-A /lottery/", LOTTERY, false],
  ] as const
) {
  test(`${condition} ${holds ? "holds" : "does not hold"} for ${JSON.stringify(header)}`, async () => {
    const added = async (word: string) =>
      (await rewrite([[word, condition], ["add", "X: yes"]], { header: [header] })).includes("X: yes");
    assert.equal(await added("if-header"), holds);
    assert.equal(await added("unless-header"), !holds);
  });
}

for (
  const [rule, header, expected] of [
    ["text:Subject /lottery/ raffle", LOTTERY, "Subject: You won the raffle"],
    ["text:Subject /^/ [Grüße] ", LOTTERY, "Subject: =?utf-8?q?=5BGr=C3=BC=C3=9Fe=5D?= You won the lottery"],
    [
      "text:Subject /(ö|ü)/g <$1>",
      "Subject: s=?utf-8?q?=C3=B6_=C3=BC?=",
      "Subject: =?utf-8?q?s=3C=C3=B6=3E_=3C=C3=BC=3E?=",
    ],
    [
      "text:From /Zoë/ Chloë",
      "From: =?utf-8?q?Zo=C3=AB?= <zoe@x.test>",
      "From: =?utf-8?q?Chlo=C3=AB?= <zoe@x.test>",
    ],
    // What does not match stays byte for byte.
    ["text:Subject /raffle/ x", LOTTERY, LOTTERY],
    ["text:Subject /z/ x", "Subject: a\n\t caf\xe9", "Subject: a\n\t caf\xe9"],
  ] as const
) {
  test(`replace ${rule} makes ${JSON.stringify(expected)} of ${JSON.stringify(header)}`, async () => {
    assert.deepEqual(await rewrite([["replace", rule]], { header: [header] }), [expected]);
  });
}

test("a text that was replaced is folded", async () => {
  const [line = ""] = await rewrite([["replace", "text:Subject /$/ ü"]], {
    header: [`Subject: ${"word ".repeat(60).trim()}`],
  });
  const lines = line.split("\n");
  assert.ok(lines.length > 3);
  for (const part of lines) assert.ok(part.length <= 78, part);
});

for (
  const given of [
    ["add", "text:Subject: hello"],
    ["insert", "text:Subject: hello"],
    ["set", "text:Subject:hello"],
    ["remove", "text:Subject"],
    ["rename", "text:Subject X-Subject"],
    ["rename", "Subject text:X-Subject"],
    ["replace", "text:text:Subject /a/ b"],
  ] as Given[number][]
) {
  test(`${given.join(" ")} is refused: text: has no meaning there`, async () => {
    await assert.rejects(makeFilter([given]), /text: works only in replace, if-header and unless-header/);
  });
}

test("a field can be named text", async () => {
  assert.deepEqual(await rewrite([["add", "text: hello"]]), ["text: hello"]);
});
