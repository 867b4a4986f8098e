// Bytes that are not UTF-8 in what filters get as text, and give back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { latin1Bytes, latin1Text, toBytes } from "../../lib/message/text.ts";
import { served } from "../server/support.ts";

const BYTES = "caf\xe9 \xff\x80";
const bytes = latin1Bytes(BYTES);

test("text that a filter is given is the same bytes where it gives it back", async () => {
  const echo = defineFilter({
    name: "echo",
    changes: ["addHeader", "changeHeader", "changeFrom", "addRcpt", "deleteRcpt", "quarantine"],
    verdicts: ["helo", "unknown"],
    helo: (name) => reject(550, "5.7.1", name),
    unknown: (command) => reject(550, "5.5.1", command),
    eom(message, { sender, recipients, macro }) {
      message.addHeader("X-Macro", macro("note")!);
      message.changeHeader(message.headers.get("x-value")!, message.headers.get("x-value")!.value + "!");
      message.changeFrom(sender!.address, sender!.args[0]);
      for (const { address } of recipients) {
        message.deleteRcpt(address);
        message.addRcpt(address);
      }
      message.quarantine(message.headers.get("x-value")!.value);
    },
  });
  await served([echo], async ({ open, firstReport }) => {
    const mta = await open({ bare: true });
    await mta.connect({ hostname: "h", family: "unknown" });
    await mta.unknown(
      latin1Text(bytes).replace(/[\x80-\xff]/g, (c) => String.fromCharCode(0xdc00 + c.charCodeAt(0))),
    );
    assert.equal(latin1Text(mta.encodedReply!), `550 5.5.1 ${BYTES}`);
    await mta.mail(latin1Bytes("<s\xe9@example.org>"), [latin1Bytes("X=\xe9")]);
    await mta.rcpt(latin1Bytes("<r\xff@example.net>"));
    await mta.data();
    await mta.header(HeaderField.of("X-Value", bytes));
    await mta.eoh();
    mta.macros("eom", [toBytes("{note}"), bytes]);
    const { verdict, modifications } = await mta.eom();
    assert.equal(verdict, "continue");
    const shown = modifications.map(({ type, ...rest }) =>
      [
        type,
        ...Object.values(rest).map((part) => typeof part === "number" ? part : latin1Text(toBytes(part))),
      ].join(" ")
    );
    assert.deepEqual(
      shown.sort(),
      [
        "addHeader X-Macro  " + BYTES,
        "addRcpt <r\xff@example.net>",
        "changeFrom <s\xe9@example.org> X=\xe9",
        "changeHeader 1 X-Value  " + BYTES + "!",
        "deleteRcpt <r\xff@example.net>",
        "quarantine " + BYTES,
      ].sort(),
    );
    assert.deepEqual(firstReport().recipients.map((each) => latin1Text(toBytes(each))), [
      "r\xff@example.net",
    ]);
    await mta.helo("\udce9");
    assert.equal(latin1Text(mta.encodedReply!), "550 5.7.1 \xe9");
  });
});
