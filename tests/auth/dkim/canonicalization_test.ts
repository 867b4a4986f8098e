import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalizeHeader } from "../../../lib/auth/dkim/canonicalization.ts";
import { ownHalf } from "../../support/runtime.ts";
import type { Canonicalization } from "../../../lib/auth/dkim/signature.ts";
import { bytes, canonicalBody, plainBody, plainHeader, text } from "./support.ts";

const FORMS: readonly Canonicalization[] = ["simple", "relaxed"];

test("RFC 6376 section 3.4.5: the examples", () => {
  const header = (form: Canonicalization, name: string, value: string) =>
    text([canonicalizeHeader(form, bytes(name), bytes(value))]);
  assert.equal(header("relaxed", "A", " X"), "a:X");
  assert.equal(header("relaxed", "B ", " Y\t\r\n\tZ  "), "b:Y Z");
  assert.equal(canonicalBody("relaxed", " C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
  assert.equal(header("simple", "B ", " Y\t\r\n\tZ  "), "B : Y\t\r\n\tZ  ");
  assert.equal(canonicalBody("simple", " C \r\nD \t E\r\n\r\n\r\n"), " C \r\nD \t E\r\n");
});

test("bodies without content and without a final line end", () => {
  const cases: [string, string, string][] = [
    ["", "\r\n", ""],
    ["\r\n", "\r\n", ""],
    ["\r\n\r\n\r\n", "\r\n", ""],
    [" ", " \r\n", ""],
    [" \r\n\t", " \r\n\t\r\n", ""],
    ["a", "a\r\n", "a\r\n"],
    ["a \r", "a \r\r\n", "a \r\r\n"],
    ["\r", "\r\r\n", "\r\r\n"],
    ["\n", "\n\r\n", "\n\r\n"],
    ["\r\r\n", "\r\r\n", "\r\r\n"],
    ["\0\x0b\x0c \r\n", "\0\x0b\x0c \r\n", "\0\x0b\x0c\r\n"],
  ];
  for (const [body, simple, relaxed] of cases) {
    assert.equal(canonicalBody("simple", body), simple, JSON.stringify(body));
    assert.equal(canonicalBody("relaxed", body), relaxed, JSON.stringify(body));
  }
});

test("every body of up to 7 characters of CR LF space tab a agrees with a plain reading, cut anywhere", () => {
  const alphabet = "\r\n \ta";
  for (let length = 0; length <= 7; length++) {
    // Shorter ones are few: each runtime tries them all.
    const all = alphabet.length ** length;
    const { first, end } = length === 7 ? ownHalf(all) : { first: 0, end: all };
    for (let number = first; number < end; number++) {
      let body = "";
      for (let rest = number, i = 0; i < length; i++, rest = Math.floor(rest / 5)) body += alphabet[rest % 5];
      for (const form of FORMS) {
        const expected = plainBody(form, body);
        const cut = 1 + number % Math.max(1, length);
        if (canonicalBody(form, body, cut < length ? [cut] : []) !== expected) {
          assert.fail(`${form} ${JSON.stringify(body)} cut at ${cut}`);
        }
      }
    }
  }
});

test("a body gives the same at every cut, and byte by byte", () => {
  const body = "a  b \t\r\n\r\n \r\nc\rd\ne\r\r\n\xe9\0 \r\n\t\r\n.\r\n \r \n\r\n\r\n";
  for (const form of FORMS) {
    const expected = plainBody(form, body);
    for (let cut = 0; cut <= body.length; cut++) {
      assert.equal(canonicalBody(form, body, [cut]), expected);
      for (let second = cut; second <= body.length; second++) {
        assert.equal(canonicalBody(form, body, [cut, second]), expected);
      }
    }
    assert.equal(canonicalBody(form, body, [...body].map((_, i) => i)), expected);
  }
});

test("large bodies, whose pieces pass the inner buffer's size", () => {
  const bodies = [
    "x".repeat(100_000),
    "\r\n".repeat(50_000) + "x",
    "\r\n".repeat(100_000),
    " ".repeat(70_000) + "x" + " ".repeat(70_000),
    "ab \r\n".repeat(30_000),
    ("\r\n".repeat(16_000) + "y ").repeat(5),
    "\r".repeat(70_000),
  ];
  for (const body of bodies) {
    for (const form of FORMS) {
      const expected = plainBody(form, body);
      assert.ok(canonicalBody(form, body) === expected);
      assert.ok(canonicalBody(form, body, [16_383, 16_384, 49_153]) === expected);
    }
  }
});

test("header fields: folding by LF hashes as folding by CRLF, 8-bit bytes stay", () => {
  const values = [
    " a\n\tb",
    " a\r\n\tb",
    "a\n b\r\n c",
    "",
    " ",
    "\t\n ",
    " \xe9\xff \t ",
    " a\rb",
    "\n x",
    " a\r\r\n b",
  ];
  for (const value of values) {
    for (const form of FORMS) {
      const result = text([canonicalizeHeader(form, bytes("X-Name \t"), bytes(value))]);
      assert.equal(result, plainHeader(form, "X-Name \t", value), JSON.stringify(value));
    }
  }
});

test("white space is reduced wherever it stands in text that has little of it", () => {
  const text = "The quick brown\r\nfox \njumps\rover\r\n\r\nthe\r lazy dog. ".repeat(180);
  for (const around of [0, 255, 256, 4095, 4096, 4351, 4352, 8191, 8192, text.length]) {
    for (let at = Math.max(0, around - 3); at <= around + 3; at++) {
      for (const excess of ["\t", "  ", " \r\n", "\r\n", "\r", " ", "\r\n\r\n \r\n"]) {
        const body = text.slice(0, at) + excess + text.slice(at);
        assert.equal(
          canonicalBody("relaxed", body),
          plainBody("relaxed", body),
          `${JSON.stringify(excess)} at ${at}`,
        );
        assert.equal(canonicalBody("relaxed", body, [at + 1]), plainBody("relaxed", body));
      }
    }
  }
});
