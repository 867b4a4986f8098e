// Fields as Python's email package writes and reads them, beside ours: what follows the RFCs reads the same everywhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { foldHeader } from "../../lib/message/fold.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { type HeaderAddress, parseAddresses } from "../../lib/mime/addresses.ts";
import { encodeFieldText, formatAddresses } from "../../lib/mime/encode_field.ts";
import { skipFor } from "../support/instance.ts";
import { at } from "../support/present.ts";
import { Random, testSeed } from "../support/random.ts";
import { pythonFieldsProblem, readByPython, writtenByPython } from "./peers/python_fields.ts";

/** How many of each kind are tried. */
const COUNT = 500;

const WORDS = {
  "us-ascii": ["the", "lottery", "Re:", "(2)", "=?", "?=", "a=b", "x_y"],
  "iso-8859-1": ["Grüße", "café", "Ñandú", "für", "x"],
  "koi8-r": ["Привет", "лотерея", "x"],
  "gb2312": ["中文", "彩票", "x"],
  "big5": ["中文", "彩票", "x"],
  "euc-kr": ["한글", "복권", "x"],
  "iso-2022-jp": ["テスト", "宝くじ", "x"],
  "utf-8": ["Grüße", "中文", "🎉", "лотерея", "é", "x"],
} as const;
const CHARSETS = Object.keys(WORDS) as (keyof typeof WORDS)[];

function randomText(random: Random, charset: keyof typeof WORDS): string {
  return Array.from({ length: 1 + random.below(12) }, () => random.pick<string>(WORDS[charset])).join(" ");
}

const skip = skipFor(pythonFieldsProblem());

test(
  `${COUNT} texts that Python encodes, in ${CHARSETS.length} charsets, are read as they were`,
  { skip },
  () => {
    const random = new Random(testSeed("python writes"));
    const texts = Array.from({ length: COUNT }, () => {
      const charset = random.pick(CHARSETS);
      return { text: randomText(random, charset), charset };
    }).filter(({ text }) => !text.includes("=?"));
    assert.ok(texts.length > COUNT / 2);
    const values = writtenByPython(texts);
    for (const [i, { text, charset }] of texts.entries()) {
      const value = at(values, i);
      assert.equal(HeaderField.of("Subject", value).text, text, `${charset}: ${JSON.stringify(value)}`);
    }
  },
);

test(`${COUNT} texts that we encode and fold are read by Python as they were`, { skip }, () => {
  const random = new Random(testSeed("python reads"));
  const texts = Array.from({ length: COUNT }, () => randomText(random, random.pick(CHARSETS)));
  const answers = readByPython(
    texts.map((text) => ({
      name: "Subject",
      value: foldHeader("Subject", encodeFieldText("Subject", text)),
    })),
  );
  for (const [i, text] of texts.entries()) assert.equal(at(answers, i).text, text);
});

/** A list of addresses as it is written in mail, with what must be read of it. */
function randomAddresses(random: Random): { value: string; addresses: HeaderAddress[] } {
  const addresses: HeaderAddress[] = [];
  const blank = () => random.pick([" ", " ", "\r\n ", "\t", " (a comment) "]);
  const address = (group?: string): string => {
    const local = random.pick(["joe", "zoe.doe", "o'neil", '"joe doe"', '"a@b"', "bücher"]);
    const domain = random.pick(["example.org", "mail.example", "[192.0.2.1]", "bücher.example"]);
    const [name, written] = random.pick<readonly [string, string]>([
      ["", ""],
      ["Joe Doe", "Joe Doe"],
      ["Joe Doe", `Joe${blank()}Doe`],
      ["Doe, Joe", '"Doe, Joe"'],
      ['"J"\\', '"\\"J\\"\\\\"'],
      ["x@y.example", '"x@y.example"'],
      ["Zoë Müller", "=?utf-8?Q?Zo=C3=AB_?=\r\n =?iso-8859-1?q?M=FCller?="],
      ["Zoë Doe", "=?utf-8?B?Wm/Dqw==?= Doe"],
      ["Grüße", "Grüße"],
    ]);
    addresses.push({ name, address: `${local}@${domain}`, ...(group === undefined ? {} : { group }) });
    return written === "" && random.below(2) === 0
      ? `${local}@${domain}`
      : `${written}${written === "" ? "" : blank()}<${local}@${domain}>`;
  };
  const items = Array.from({ length: 1 + random.below(4) }, () => {
    if (random.below(4) > 0) return address();
    const group = random.pick(["friends", "A Group"]);
    return `${group}:${Array.from({ length: random.below(3) }, () => address(group)).join(",")};`;
  });
  return { value: items.join(random.pick([",", ", ", ",\r\n "])), addresses };
}

test(`${COUNT} lists of addresses by RFC 5322 and 6532 are read as Python reads them`, { skip }, () => {
  const random = new Random(testSeed("addresses"));
  const lists = Array.from({ length: COUNT }, () => randomAddresses(random));
  const answers = readByPython(lists.map(({ value }) => ({ name: "To", value })));
  for (const [i, { value, addresses }] of lists.entries()) {
    assert.deepEqual(parseAddresses(value), addresses, JSON.stringify(value));
    assert.deepEqual(at(answers, i).addresses, addresses, JSON.stringify(value));
  }
});

test(`${COUNT} lists of addresses that we write are read by Python as they were`, { skip }, () => {
  const random = new Random(testSeed("written addresses"));
  const lists = Array.from({ length: COUNT }, () => randomAddresses(random).addresses);
  const answers = readByPython(
    lists.map((addresses) => ({ name: "To", value: foldHeader("To", formatAddresses(addresses)) })),
  );
  for (const [i, addresses] of lists.entries()) assert.deepEqual(at(answers, i).addresses, addresses);
});
