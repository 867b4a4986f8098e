// What filters are shown of messages with odd heads: the reader does as each MTA does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMessage } from "../../lib/message/parse.ts";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import { ODD_HEADS } from "./odd_heads.ts";

function read(message: string, mta: "postfix" | "sendmail") {
  const { header, body } = parseMessage(latin1Bytes(message), mta);
  return [
    header.map(({ nameBytes, rawValueBytes }) => `${latin1Text(nameBytes)}:${latin1Text(rawValueBytes)}`),
    latin1Text(body),
  ];
}

for (const [what, message, postfix, sendmail = postfix] of ODD_HEADS) {
  for (const [mta, made] of [["postfix", postfix], ["sendmail", sendmail]] as const) {
    // What an MTA refuses no filter sees the end of.
    if (typeof made === "number") continue;
    const [fields, body] = made;
    for (const [end, text] of [["LF", message], ["CRLF", message.replaceAll("\n", "\r\n")]] as const) {
      test(`${mta}, ${end}: ${what}`, () => {
        assert.deepEqual(read(text, mta), [fields, body.replaceAll("\n", "\r\n")]);
      });
    }
  }
}

test("what is taken out is kept apart", () => {
  const message = latin1Bytes("Return-Path: <a@b>\nA: 1\nbcc: c@d\n\n");
  const hidden = (mta: "postfix" | "sendmail") => parseMessage(message, mta).hidden?.map(({ name }) => name);
  assert.deepEqual(hidden("postfix"), ["Return-Path", "bcc"]);
  assert.deepEqual(hidden("sendmail"), []);
});
