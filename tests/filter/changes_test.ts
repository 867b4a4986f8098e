// What filters ask for at end of message, and what the MTA is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import { toBytes } from "../../lib/message/text.ts";
import { MESSAGE, served } from "../server/support.ts";
import { changed, changing, told } from "./changes_support.ts";

test("every kind of change reaches the MTA", async () => {
  const modifications = await changed([changing((message) => {
    message.addHeader("X-New", "v");
    message.insertHeader(0, "X-Top", "t");
    message.changeHeader(message.headers.get("subject")!, "other");
    message.deleteHeader(message.headers.get("X-A")!);
    message.changeFrom("new@example.org", "RET=HDRS");
    message.addRcpt("<c@example.net>", "NOTIFY=NEVER");
    message.addRcpt("d@example.net");
    message.deleteRcpt("b@example.net");
    message.replaceBody("new\r\n");
    message.replaceBody(toBytes("body\n"));
    message.quarantine("odd");
  })]);
  assert.deepEqual(modifications, [
    "change 1 X-A:",
    "change 1 Subject: other",
    "add X-New: v",
    "insert 0 X-Top: t",
    "changeFrom <new@example.org> RET=HDRS",
    "addRcpt <c@example.net> NOTIFY=NEVER",
    "addRcpt <d@example.net>",
    "deleteRcpt <b@example.net>",
    "hold odd",
    "body new\r\nbody\r\n",
  ]);
});

test("values go without their leading space where the MTA puts one before them itself", async () => {
  const modifications = await changed(
    [changing((message) => {
      message.addHeader("X-New", "v");
      message.changeHeader(message.headers.get("subject")!, "other");
    })],
    MESSAGE,
    0x0fffff,
  );
  assert.deepEqual(modifications, ["change 1 Subject:other", "add X-New:v"]);
});

test("a header that is changed to nothing stays, empty", async () => {
  for (const protocol of [0x1fffff, 0x0fffff]) {
    const empty = changing((message) => message.changeHeader(message.headers.get("subject")!, ""));
    assert.deepEqual(await changed([empty], MESSAGE, protocol), ["change 1 Subject: "]);
  }
});

test("arguments of a new recipient are left out where the MTA does not take them", async () => {
  await served(
    [changing((message) => message.addRcpt("c@example.net", "NOTIFY=NEVER"))],
    async ({ open }) => {
      const mta = await open({ offer: { actions: 0x17f } });
      const { answer } = await mta.message(MESSAGE, { to: ["b"] });
      assert.deepEqual(told(answer.modifications), ["addRcpt <c@example.net>"]);
    },
  );
});

test("a new body goes in packets in a row, an empty one empties it", async () => {
  const large = "x".repeat(150_000);
  const pieces = await changed([changing((message) => {
    message.replaceBody(large);
    message.addHeader("X", "1");
  })]);
  assert.deepEqual(pieces.map((piece) => piece.slice(0, 4)), ["add ", "body", "body", "body"]);
  assert.equal(pieces.slice(1).map((piece) => piece.slice(5)).join(""), large);
  assert.deepEqual(await changed([changing((message) => message.replaceBody(""))]), ["body "]);
});

test("a new body is a copy: its filter may go on with the bytes", async () => {
  const bytes = toBytes("mine\r\n");
  const modifications = await changed([changing((message) => {
    message.replaceBody(bytes);
    bytes.fill(0x78);
  })]);
  assert.deepEqual(modifications, ["body mine\r\n"]);
});

for (
  const [given, expected] of [
    ["one\r\ntwo", "one\n>two"],
    ["one\n two", "one\n two"],
    ["one\rtwo", "one\n>two"],
    ["one\n\ttwo\r\n three", "one\n\ttwo\n three"],
    ["one\n\n\ntwo", "one\n>two"],
    ["one\n", "one"],
    ["one\r\nBcc: me@example.org", "one\n>Bcc: me@example.org"],
  ] as const
) {
  test(`the value ${JSON.stringify(given)} is sent as ${JSON.stringify(expected)}, > as the MTA folds`, async () => {
    for (const [mta, indent] of [["postfix", "\t"], ["sendmail", " "]] as const) {
      const filter = changing((message) => message.addHeader("X", given));
      assert.deepEqual(await changed([filter], MESSAGE, 0x1fffff, { mta }), [
        `add X: ${expected.replace(">", indent)}`,
      ]);
    }
  });
}

test("headers can be changed by the handles that the header callback was given", async () => {
  const modifications = await changed([defineFilter({
    name: "handles",
    changes: ["deleteHeader"],
    messageState: () => ({ field: undefined as unknown }),
    header(field, context) {
      if (field.is("x-a")) context.messageState.field = field;
    },
    eom(message, context) {
      message.deleteHeader(context.messageState.field as never);
    },
  })]);
  assert.deepEqual(modifications, ["change 1 X-A:"]);
});

test("eight-bit values go through as the bytes they are", async () => {
  await served(
    [changing((message) => message.addHeader("X", Uint8Array.of(0xff, 0x80)))],
    async ({ open }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: ["b"] });
      assert.deepEqual([...(answer.modifications[0] as { value: Uint8Array }).value], [0x20, 0xff, 0x80]);
    },
  );
});

test("bytes are plain Uint8Arrays on every runtime: a slice of them is a copy", async () => {
  const seen: Uint8Array[] = [];
  await changed([{
    name: "1",
    header: ({ nameBytes, valueBytes, rawValueBytes }) =>
      void seen.push(nameBytes, valueBytes, rawValueBytes),
    body: (chunk) => void seen.push(chunk),
  }]);
  assert.ok(seen.length > 0);
  for (const bytes of seen) assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
});
