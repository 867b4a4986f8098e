// Changes that are refused where a filter asks for them, and values at the bounds of what is taken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Beside, type EndOfMessage, InvalidChangeError } from "../../lib/filter/end_of_message.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { deliver } from "../../lib/testing.ts";
import { changed, changing } from "./changes_support.ts";

const REFUSED: [what: string, (message: EndOfMessage) => void][] = [
  ["a name with a colon", (m) => m.addHeader("X:", "v")],
  ["a name with a space", (m) => m.addHeader("X Y", "v")],
  ["an empty name", (m) => m.insertHeader(0, "", "v")],
  ["a name with a line end", (m) => m.addHeader("X\r\nY", "v")],
  ["an eight-bit name", (m) => m.addHeader("Ü", "v")],
  ["a value with NUL", (m) => m.addHeader("X", "a\0b")],
  ["a changed value with NUL", (m) => m.changeHeader(m.headers.get("subject")!, "a\0b")],
  ["an index below 0", (m) => m.insertHeader(-1, "X", "v")],
  ["an index that is no whole number", (m) => m.insertHeader(0.5, "X", "v")],
  ["an index that does not fit", (m) => m.insertHeader(0x80000000, "X", "v")],
  ["a sender with a line end", (m) => m.changeFrom("a\r\n@b")],
  ["sender arguments with NUL", (m) => m.changeFrom("a@b", "RET=\0")],
  [
    "arguments that do not fit a packet with the address",
    (m) => m.changeFrom("a".repeat(40_000), "b".repeat(40_000)),
  ],
  ["an empty recipient", (m) => m.addRcpt("")],
  ["an empty recipient in brackets", (m) => m.deleteRcpt("<>")],
  ["a recipient with NUL", (m) => m.addRcpt("a\0b")],
  ["an empty reason to hold", (m) => m.quarantine("")],
  ["a reason of two lines", (m) => m.quarantine("a\nb")],
  ["a place beside no field", (m) => m.addHeader("X", "v", { before: m.headers.get("none")! })],
  ["a place beside nothing", (m) => m.addHeader("X", "v", {} as Beside)],
  [
    "a place beside a field of another message",
    (m) => m.addHeader("X", "v", { after: HeaderField.of("Subject", "x") }),
  ],
];

for (const [what, change] of REFUSED) {
  test(`${what} is refused where it is asked for, and the message is not changed by it`, async () => {
    let error: unknown;
    const modifications = await changed([changing((message) => {
      try {
        change(message);
      } catch (thrown) {
        error = thrown;
      }
    })]);
    assert.ok(error instanceof InvalidChangeError);
    assert.equal(error.code, "invalid-change");
    assert.match(error.message, /^Cannot [^\n\0]+$/);
    assert.deepEqual(modifications, []);
  });
}

test("a place beside a field that was deleted before is refused, with what to do", async () => {
  const modifications = await changed([changing((message) => {
    const subject = message.headers.get("subject")!;
    message.addHeader("X-New", "1", { after: subject });
    message.deleteHeader(subject);
    assert.throws(
      () => message.addHeader("X-New", "2", { after: subject }),
      {
        code: "invalid-change",
        message: /^Cannot add a header beside Subject: add it first, then delete that$/,
      },
    );
  })]);
  assert.equal(modifications.length, 2);
});

for (const change of ["addHeader", "insertHeader", "changeHeader"] as const) {
  test(`${change}: a value that does not fit a packet is refused at once, with its size`, async () => {
    const ask = (message: EndOfMessage, value: string) => {
      if (change === "addHeader") message.addHeader("Subject", value);
      else if (change === "insertHeader") message.insertHeader(0, "Subject", value);
      else message.changeHeader(message.headers.get("subject")!, value);
    };
    // The value has a space before it in the message.
    const most = 65_529 - "Subject".length - 1;
    const modifications = await changed([changing((message) => {
      for (const value of ["x".repeat(most + 1), "ü".repeat(most / 2 + 1), "x\n y".repeat(20_000)]) {
        assert.throws(() => ask(message, value), (error: unknown) => {
          assert.ok(error instanceof InvalidChangeError);
          assert.equal(error.code, "invalid-change");
          assert.ok(Number(error.value) > 65_529);
          assert.match(error.message, /^Cannot set header Subject of \d+ bytes: at most 65529$/);
          return true;
        });
      }
      ask(message, "x".repeat(most));
    })]);
    assert.equal(modifications.length, 1);
  });
}

test("lines that a filter folds itself stay as they are, however long", async () => {
  const value = `one,\n\t${"x".repeat(500)}\n two, ${"y ".repeat(600)}z`;
  const modifications = await changed([changing((message) => message.addHeader("X", value))]);
  assert.deepEqual(modifications, [`add X: ${value}`]);
});

test("a filter whose value does not fit has failed: its on-error is the answer, and nothing is changed", async () => {
  for (
    const [onError, outcome] of [["tempfail", "tempfail"], ["reject", "reject"], [
      "accept",
      "accept",
    ]] as const
  ) {
    const filter = { ...changing((message) => message.addHeader("X", "x".repeat(70_000))), onError };
    const delivered = await deliver(filter);
    assert.equal(delivered.outcome, outcome);
    assert.equal(delivered.header("X"), undefined);
  }
});
