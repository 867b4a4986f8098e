// Long header values in lines that every MTA delivers whole.
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { foldHeader, MAX_DELIVERED_FIELD, shortenHeader } from "../../lib/message/fold.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import { at } from "../support/present.ts";
import { Random } from "../support/random.ts";

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `recipient-${i}@example.org`);
const sizeOf = (text: string) => toBytes(text).length;
/** The lines as they stand in a message. */
const linesOf = (name: string, value: string) => `${name}: ${value}`.split("\n");

describe("folding", () => {
  it("leaves a value alone whose line has 78 bytes, and not one of 79", () => {
    const value = (length: number) => `${"x".repeat(40)} ${"y".repeat(length - 41)}`;
    assert.equal(foldHeader("X-A", value(73)), value(73));
    assert.equal(foldHeader("X-A", value(74)), `${"x".repeat(40)}\n ${"y".repeat(33)}`);
  });

  for (const count of [5, 90, 500, 2100]) {
    it(`stands behind commas, with ${count} addresses, none of them broken`, () => {
      const lines = linesOf("X-Rcpt", foldHeader("X-Rcpt", addresses(count).join(", ")));
      for (const line of lines) assert.ok(line.length <= 78, line);
      for (const line of lines.slice(0, -1)) assert.match(line, /,$/);
      for (const line of lines.slice(1)) assert.match(line, /^ \S/);
      assert.deepEqual(lines.join("").slice("X-Rcpt: ".length).split(", "), addresses(count));
      // No line could take the first address of the next one.
      for (const [i, line] of lines.slice(0, -1).entries()) {
        assert.ok(line.length + at(at(lines, i + 1).split(/(?<=,) /), 0).length > 78, line);
      }
    });
  }

  it("stands behind a comma where one is, though other white space is nearer to the end", () => {
    const value = `${"a".repeat(30)}, b b b ${"c".repeat(20)} ${"d".repeat(30)}`;
    assert.deepEqual(foldHeader("X", value).split("\n"), [
      `${"a".repeat(30)},`,
      ` b b b ${"c".repeat(20)} ${"d".repeat(30)}`,
    ]);
  });

  it("stands at white space where what is behind the comma is too long", () => {
    const [b, c] = ["b".repeat(70), "c".repeat(20)];
    assert.equal(foldHeader("X", `a, ${b} ${c}`), `a, ${b}\n ${c}`);
  });

  it("keeps folds that are there, and folds only the lines that are too long", () => {
    const long = "word ".repeat(30).trim();
    assert.equal(foldHeader("X", `one\n\ttwo\r\n three`), `one\n\ttwo\r\n three`);
    const lines = foldHeader("X", `one\n\t${long}\n three`).split("\n");
    assert.deepEqual([lines[0], lines.at(-1)], ["one", " three"]);
    assert.equal(lines.slice(1, -1).join(""), `\t${long}`);
  });

  it("leaves words alone up to 980 bytes, and breaks longer ones behind commas", () => {
    assert.equal(foldHeader("X", "x".repeat(977)), "x".repeat(977));
    assert.deepEqual(foldHeader("X", "x".repeat(978)).split("\n"), ["x".repeat(977), " x"]);
    const lines = foldHeader("X", addresses(100).join(",")).split("\n");
    assert.ok(lines.length > 2);
    for (const line of lines) assert.ok(line.length <= 980);
    for (const line of lines.slice(0, -1)) assert.match(line, /\.org,$/);
    assert.deepEqual(lines.join("").split(/, ?/), addresses(100));
  });

  it("breaks no character, and counts bytes", () => {
    for (const char of ["é", "€", "😀"]) {
      const lines = foldHeader("X", char.repeat(1000)).split("\n");
      for (const line of lines) assert.ok(sizeOf(line) <= 980 && line.isWellFormed());
      assert.equal(lines.join("").replaceAll(" ", ""), char.repeat(1000));
    }
    // A byte that is not UTF-8 is one byte.
    const latin1 = utf8Text(new Uint8Array(977).fill(0xe9));
    assert.equal(foldHeader("X", latin1), latin1);
  });

  it("makes no blank line of much white space", () => {
    for (
      const value of [
        `a${" ".repeat(2000)}b`,
        `a${"\t".repeat(2000)}`,
        " ".repeat(3000),
        `a, ${" ".repeat(90)}`,
      ]
    ) {
      const lines = foldHeader("X", value).split("\n");
      for (const line of lines.slice(1)) assert.match(line, /\S/);
      for (const line of lines) assert.ok(line.length <= 78);
    }
  });

  it("takes nothing away and leaves no line too long, whatever the value", () => {
    const random = new Random(5322);
    const parts = [
      "a",
      "bc",
      "é",
      "\udce9",
      "😀",
      ",",
      ", ",
      " ",
      "\t",
      "x".repeat(60),
      "y".repeat(1200),
      "\n ",
    ];
    for (let round = 0; round < 800; round++) {
      let value = "v";
      for (let i = random.below(30); i > 0; i--) value += random.pick(parts);
      const folded = foldHeader("X-Name", value);
      const bare = (text: string) => text.replace(/\s/g, "");
      assert.equal(bare(folded), bare(value));
      // Where no word is too long, unfolding gives the value back.
      if (!value.split(/[\s]/).some((word) => sizeOf(word) > 900)) {
        assert.equal(folded.replaceAll("\n", ""), value.replaceAll("\n", ""));
      }
      const before = new Set(value.split("\n"));
      for (const line of linesOf("X-Name", folded)) {
        assert.ok(sizeOf(line) <= 980, line);
        if (!before.has(line)) assert.match(line, /\S/);
      }
      assert.equal(foldHeader("X-Name", folded), folded, "once is enough");
    }
  });
});

describe("shortening", () => {
  it("leaves what fits, to the byte", () => {
    const value = "x".repeat(MAX_DELIVERED_FIELD - "X: ".length);
    assert.equal(shortenHeader("X", value), value);
  });

  it("cuts at the last fold that fits, without its comma", () => {
    const all = addresses(4000);
    const value = shortenHeader("X-Rcpt", foldHeader("X-Rcpt", all.join(", ")));
    const size = sizeOf(`X-Rcpt: ${value}`);
    assert.ok(size <= MAX_DELIVERED_FIELD && size > MAX_DELIVERED_FIELD - 80, `${size}`);
    const left = value.replaceAll("\n", "").split(", ");
    assert.deepEqual(left, all.slice(0, left.length));
  });

  it("cuts what has no white space where it was broken", () => {
    const value = shortenHeader("X", foldHeader("X", "x".repeat(100_000)));
    assert.match(value, /^x{977}(\n x{979})+$/);
    assert.ok(sizeOf(`X: ${value}`) <= MAX_DELIVERED_FIELD);
  });
});

it("a CR before a line end is not folded to a line of its own, which would be blank", () => {
  const folded = foldHeader("X", `${"w".repeat(76)} \r\n more`);
  for (const line of folded.split("\n")) assert.match(line, /\w/, JSON.stringify(folded));
});

it("long runs of white space and of commas take linear time", () => {
  const values = [
    (length: number) => `a${" ".repeat(length)}`,
    (length: number) => `a${" ".repeat(length)}b`,
    (length: number) => `a ${`${",".repeat(900)} `.repeat(length / 900)}b`,
  ];
  for (const [i, value] of values.entries()) {
    const time = (length: number) => {
      const before = process.cpuUsage();
      assert.equal(shortenHeader("X", foldHeader("X", value(length))).trim()[0], "a");
      const { user, system } = process.cpuUsage(before);
      return Math.max(user + system, 2000);
    };
    time(1000);
    assert.ok(time(60_000) / time(6000) < 50, `${i}`);
  }
});
