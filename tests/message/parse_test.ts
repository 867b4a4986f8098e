import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { HeaderField } from "../../lib/message/header.ts";
import { formatMessage, parseMessage } from "../../lib/message/parse.ts";
import { latin1Bytes, latin1Text, toBytes } from "../../lib/message/text.ts";

function parsed(message: string) {
  const { header, body } = parseMessage(latin1Bytes(message));
  return [
    header.map((field) => [latin1Text(field.nameBytes), latin1Text(field.rawValueBytes)]),
    latin1Text(body),
  ];
}

for (
  const [what, message, header, body] of [
    ["a plain message", "A: 1\r\nB: 2\r\n\r\nbody\r\n", [["A", " 1"], ["B", " 2"]], "body\r\n"],
    ["line ends of one LF", "A: 1\nB: 2\n\nbody\nmore\n", [["A", " 1"], ["B", " 2"]], "body\r\nmore\r\n"],
    ["folded lines", "A: 1\r\n\ttwo\r\n three\r\nB:\r\n x\r\n\r\n", [["A", " 1\n\ttwo\n three"], [
      "B",
      "\n x",
    ]], ""],
    ["values with several spaces or none", "A:  1\r\nB:2\r\nC:\r\n\r\n", [["A", "  1"], ["B", "2"], [
      "C",
      "",
    ]], ""],
    ["a body alone, after an empty line", "\r\nbody: no header\r\n", [], "body: no header\r\n"],
    [
      "a line that is no header begins the body",
      "A: 1\r\nno header here\r\n",
      [["A", " 1"]],
      "no header here\r\n",
    ],
    ["a name with a space is no header", "A b: 1\r\n", [], "A b: 1\r\n"],
    ["a colon alone is no header", ": 1\r\n", [], ": 1\r\n"],
    ["no end of line at the end", "A: 1\r\n\r\nbody", [["A", " 1"]], "body\r\n"],
    ["no body", "A: 1\r\n", [["A", " 1"]], ""],
    ["no end of line in the header", "A: 1", [["A", " 1"]], ""],
    ["nothing", "", [], ""],
    ["empty lines in the body", "A: 1\n\n\n\nx", [["A", " 1"]], "\r\n\r\nx\r\n"],
    ["eight-bit bytes", "A: \xff\xfe\r\n\r\n\x80\r\n", [["A", " \xff\xfe"]], "\x80\r\n"],
    ["a colon in a later line only", "A\r\nB: 1\r\n", [], "A\r\nB: 1\r\n"],
  ] as [string, string, string[][], string][]
) {
  test(`a message is taken apart: ${what}`, () => {
    assert.deepEqual(parsed(message), [header, body]);
  });
}

for (
  const message of [
    "A: 1\r\nB: 2\r\n\r\nbody\r\n",
    "A:  1\r\n\ttwo\r\nB:2\r\nC:\r\n\r\n\r\n\r\nbody\r\n",
    "A: \xff\r\n\r\n\x80\r\n",
    "\r\nbody\r\n",
  ]
) {
  test(`${JSON.stringify(message)} is put together as it was`, () => {
    assert.equal(latin1Text(formatMessage(parseMessage(latin1Bytes(message)))), message);
  });
}

test("fields that were made are put down with one space", () => {
  const message = formatMessage({ header: [HeaderField.of("A", "1\n\t2")], body: toBytes("x\r\n") });
  assert.equal(latin1Text(message), "A: 1\r\n\t2\r\n\r\nx\r\n");
});

test("a run of CRs is read in linear time", () => {
  const time = (length: number) => {
    const before = process.cpuUsage();
    const { body } = parseMessage(toBytes(`A: b\n\n${"\r".repeat(length)}x\r\r\ny\r\r`));
    const { user, system } = process.cpuUsage(before);
    assert.equal(latin1Text(body), `${" ".repeat(length)}x\r\ny\r\n`);
    return Math.max(user + system, 2000);
  };
  time(1000);
  assert.ok(time(100_000) / time(2000) < 150);
});
