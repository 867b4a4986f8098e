import assert from "node:assert/strict";
import { test } from "node:test";
import { foldHeader } from "../../lib/message/fold.ts";
import { parseAddresses } from "../../lib/mime/addresses.ts";
import { encodeFieldText, formatAddresses } from "../../lib/mime/encode_field.ts";
import { encodeWords } from "../../lib/mime/encode_words.ts";
import { decodeWords } from "../../lib/mime/encoded_words.ts";

for (
  const [what, text, encoded] of [
    ["ASCII", "Re: the minutes (2)", "Re: the minutes (2)"],
    ["nothing", "", ""],
    ["one word", "Re: Grüße an alle", "Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle"],
    ["two words together", "Schöne Grüße!", "=?utf-8?q?Sch=C3=B6ne_Gr=C3=BC=C3=9Fe!?="],
    ["two words apart", "ä b ü", "=?utf-8?q?=C3=A4?= b =?utf-8?q?=C3=BC?="],
    ["several spaces", "ä  ü  b", "=?utf-8?q?=C3=A4__=C3=BC?=  b"],
    ["mostly other letters", "中文字符 x", "=?utf-8?b?5Lit5paH5a2X56ym?= x"],
    ["a surrogate pair", "🎉", "=?utf-8?q?=F0=9F=8E=89?="],
    ["what looks like an encoded word", "=?utf-8?q?a?=", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?="],
    ["line breaks and other controls", " a\r\n\tb\nc\0d\x1b ", "a b cd"],
    ["a byte that is not UTF-8", "\udce9", "=?utf-8?q?=C3=A9?="],
    ["half a surrogate pair", "\ud800", "=?utf-8?b?77+9?="],
  ] as const
) {
  test(`${what}: ${JSON.stringify(text)}`, () => {
    assert.equal(encodeWords(text), encoded);
  });
}

for (
  const text of [
    "Grüße ".repeat(200).trim(),
    "中文".repeat(500),
    `${"x".repeat(2000)} y`,
    `a${" ".repeat(100)}b`,
    "ü".repeat(100) + " plain " + "🎉".repeat(100),
  ]
) {
  test(`long text is words of at most 75 characters on lines of at most 76: ${text.slice(0, 10)}`, () => {
    const value = encodeWords(text, "Subject");
    assert.equal(decodeWords(value), text);
    const lines = `Subject: ${foldHeader("Subject", value)}`.split("\n");
    assert.ok(lines.length > 1);
    for (const line of lines) assert.ok(line.length <= 76, line);
    for (const word of value.split(" ")) assert.ok(word.length <= 75, word);
    assert.equal(decodeWords(lines.join("")), `Subject: ${text}`);
  });
}

for (
  const [addresses, value] of [
    [[], ""],
    [[{ name: "", address: "a@x.test" }], "a@x.test"],
    [[{ name: "Joe Doe", address: "a@x.test" }], "Joe Doe <a@x.test>"],
    [[{ name: 'Doe, "J\\"', address: "a@x.test" }], '"Doe, \\"J\\\\\\"" <a@x.test>'],
    [[{ name: "Doe, Zoë", address: "a@x.test" }], "=?utf-8?q?Doe=2C_Zo=C3=AB?= <a@x.test>"],
    [[{ name: "=?utf-8?q?a?=", address: "a@x.test" }], "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?= <a@x.test>"],
    [[{ name: "", address: "zoë@x.test" }], "zoë@x.test"],
    [[{ name: "root", address: "" }], "root"],
    [[{ name: "", address: "" }], "<>"],
    [
      [
        { name: "", address: "a@x.test" },
        { name: "B", address: "b@x.test", group: "friends" },
        { name: "", address: "c@x.test", group: "friends" },
        { name: "", address: "d@x.test", group: "Kölner" },
        { name: "", address: "e@x.test" },
      ],
      "a@x.test, friends: B <b@x.test>, c@x.test;, =?utf-8?q?K=C3=B6lner?=: d@x.test;, e@x.test",
    ],
  ] as const
) {
  test(`addresses are written as ${value}, and read as they were`, () => {
    assert.equal(formatAddresses(addresses), value);
    assert.deepEqual(parseAddresses(value), addresses);
  });
}

test("in fields with addresses only names are encoded", () => {
  const encoded = encodeFieldText("FROM", '"Müller, Zoë" <zoe@x.test>, joe@x.test');
  assert.equal(encoded, "=?utf-8?q?M=C3=BCller=2C_Zo=C3=AB?= <zoe@x.test>, joe@x.test");
  assert.equal(encodeFieldText("To", 'odd "but" (ASCII)'), 'odd "but" (ASCII)');
  assert.equal(encodeFieldText("Subject", "Müller, <x>"), "=?utf-8?q?M=C3=BCller=2C?= <x>");
});
