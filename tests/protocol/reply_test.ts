import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkReply,
  decodeReply,
  encodeReply,
  InvalidReplyError,
  MAX_REPLY_LINE,
  MAX_REPLY_LINES,
  replyText,
  type SmtpReply,
} from "../../lib/protocol/reply.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { text } from "./support.ts";

for (
  const [reply, wire] of [
    [{ code: 550, enhanced: "5.7.1", lines: ["No"] }, "550 5.7.1 No"],
    [{ code: 451, lines: ["Later"] }, "451 Later"],
    [{ code: 554, lines: [] }, "554 "],
    [{ code: 554, enhanced: "5.0.0", lines: [] }, "554 5.0.0"],
    [{ code: 554, enhanced: "5.0.0", lines: [""] }, "554 5.0.0 "],
    [
      { code: 550, enhanced: "5.7.1", lines: ["one", "two", "three"] },
      "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three",
    ],
    [{ code: 450, lines: ["one", "two"] }, "450-one\r\n450 two"],
    [{ code: 550, lines: ["100% spam", "%%s"] }, "550-100%% spam\r\n550 %%%%s"],
    [{ code: 550, enhanced: "5.123.456", lines: ["grüße"] }, "550 5.123.456 grüße"],
  ] as [SmtpReply, string][]
) {
  test(`${JSON.stringify(wire)} is what ${JSON.stringify(reply)} looks like, and is read back`, () => {
    assert.equal(text(encodeReply(reply)), wire);
    const lines = reply.lines.length ? reply.lines : [""];
    assert.deepEqual(decodeReply(toBytes(wire)), { ...reply, lines });
  });
}

for (
  const [what, reply, value] of [
    ["a code of 2xx", { code: 250, lines: [] }, 250],
    ["a code below 400", { code: 399, lines: [] }, 399],
    ["a code above 599", { code: 600, lines: [] }, 600],
    ["a code that is no whole number", { code: 550.5, lines: [] }, 550.5],
    ["an enhanced code that is none", { code: 550, enhanced: "5.7", lines: [] }, "5.7"],
    ["an enhanced code with more behind it", { code: 550, enhanced: "5.7.1\r\n", lines: [] }, "5.7.1\r\n"],
    ["an enhanced code of four digits", { code: 550, enhanced: "5.1000.1", lines: [] }, "5.1000.1"],
    ["an enhanced code of another class", { code: 550, enhanced: "4.7.1", lines: [] }, "4.7.1"],
    ["an enhanced code of class 2", { code: 550, enhanced: "2.0.0", lines: [] }, "2.0.0"],
    ["a line with CR", { code: 550, lines: ["a", "b\rc"] }, "b\rc"],
    ["a line with LF", { code: 550, lines: ["b\nc"] }, "b\nc"],
    ["a line with NUL", { code: 550, lines: ["b\0c"] }, "b\0c"],
    ["too many lines", { code: 550, lines: new Array(MAX_REPLY_LINES + 1).fill("x") }, MAX_REPLY_LINES + 1],
    ["too long a line", { code: 550, lines: ["x".repeat(981)] }, "x".repeat(981)],
    ["a line whose bytes are too many", { code: 550, lines: ["ü".repeat(491)] }, "ü".repeat(491)],
  ] as [string, SmtpReply, unknown][]
) {
  test(`a reply with ${what} is refused`, () => {
    for (const use of [checkReply, encodeReply]) {
      assert.throws(
        () => use(reply),
        (error: InvalidReplyError) => {
          assert.ok(error instanceof InvalidReplyError);
          assert.equal(error.code, "invalid-reply");
          assert.equal(error.value, value);
          assert.match(error.message, /^Cannot reply with [^\n]+$/);
          return true;
        },
      );
    }
  });
}

test("the most lines, each as long as may be, are taken", () => {
  const reply = {
    code: 550,
    enhanced: "5.7.1",
    lines: new Array(MAX_REPLY_LINES).fill("x".repeat(MAX_REPLY_LINE)),
  };
  assert.deepEqual(decodeReply(encodeReply(reply)), reply);
  assert.deepEqual([MAX_REPLY_LINES, MAX_REPLY_LINE], [32, 980]);
});

for (const wire of ["", "hello", "250 2.0.0 ok", "55 x", "550x", "550-one\r\nnonsense", "5500 x"]) {
  test(`${JSON.stringify(wire)} is no reply`, () => {
    assert.equal(decodeReply(toBytes(wire)), undefined);
  });
}

test("lines that differ in their code are no reply", () => {
  assert.equal(decodeReply(toBytes("550-one\r\n451 two")), undefined);
});

test("a lone per cent sign of another filter is read as it stands", () => {
  assert.deepEqual(decodeReply(toBytes("550 100% no")), { code: 550, lines: ["100% no"] });
});

test("a reply in one line for people", () => {
  assert.equal(replyText({ code: 550, enhanced: "5.7.1", lines: ["no,", "100%"] }), "550 5.7.1 no, 100%");
  assert.equal(replyText({ code: 451, lines: [] }), "451");
});
