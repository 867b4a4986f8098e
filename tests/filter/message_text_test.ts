// What strangers send and a filter repeats, in whatever place: it gets no line of its own in header, reply or envelope.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { Answer } from "../../lib/filter/allowed.ts";
import { reject } from "../../lib/filter/verdict.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import { latin1Text, toBytes } from "../../lib/message/text.ts";
import { type AnyFilter, served } from "../server/support.ts";
import { at } from "../support/present.ts";

/** Line ends of every kind, one behind the other too, and what a mail would go on with. */
const ENDS = ["\r\n", "\n", "\r", "\n\n", "\r\n\r\n", "\n\r", "\r\r\n"];
const HOSTILE = ENDS.map((end) => `a${end}X-Evil: 1${end}`).join("") + "b";

/** A macro can hold anything but NUL, so it brings the text to the filter as it is. */
async function repeated(
  repeat: (end: EndOfMessage, text: string) => Answer,
): Promise<{ answer: ClientAnswer; failed: number }> {
  let result: { answer: ClientAnswer; failed: number };
  const filter: AnyFilter = {
    name: "repeats",
    changes: [
      "addHeader",
      "insertHeader",
      "changeHeader",
      "changeFrom",
      "addRcpt",
      "deleteRcpt",
      "quarantine",
    ],
    eom: (end: EndOfMessage, { macro }: MessageContext<unknown, unknown>) => repeat(end, macro("{text}")!),
  };
  await served([filter], async ({ open, of }) => {
    const mta = await open();
    const macros = { eom: { "{text}": HOSTILE } };
    const message = toBytes("Subject: hi\r\n\r\nbody\r\n");
    const { answer } = await mta.message(message, { to: ["b@example.net"], macros });
    result = { answer, failed: of("filter-error").length };
  });
  return result!;
}

describe("text of strangers that a filter repeats", () => {
  const inHeader: Record<string, (end: EndOfMessage, text: string) => void> = {
    "an added field": (end, text) => end.addHeader("X-A", text),
    "an inserted field": (end, text) => end.insertHeader(0, "X-A", text),
    "a changed field": (end, text) => end.changeHeader(end.headers.get("Subject")!, text),
    "a changed field with a number": (end, text) => end.changeHeaderNumber("Subject", 1, text),
    "bytes": (end, text) => end.addHeader("X-A", toBytes(text)),
  };
  for (const [where, repeat] of Object.entries(inHeader)) {
    it(`begins no field in the value of ${where}`, async () => {
      const { answer, failed } = await repeated(repeat);
      assert.equal(failed, 0);
      const modification = at(answer.modifications, 0);
      assert.ok("value" in modification);
      const value = latin1Text(modification.value);
      assert.match(value, /X-Evil/);
      assert.doesNotMatch(value, /\r/);
      // Every line goes on with the field, and none is empty or nothing but white space.
      for (const line of value.split("\n").slice(1)) assert.match(line, /^[ \t]+\S/, JSON.stringify(value));
    });
  }

  const refused: Record<string, (end: EndOfMessage, text: string) => Answer> = {
    "the name of an added field": (end, text) => end.addHeader(text, "1"),
    "the name of an inserted field": (end, text) => end.insertHeader(0, text, "1"),
    "the name of a changed field": (end, text) => end.changeHeaderNumber(text, 1, "1"),
    "a new sender": (end, text) => end.changeFrom(text),
    "arguments of a new sender": (end, text) => end.changeFrom("a@example.org", text),
    "a new recipient": (end, text) => end.addRcpt(text),
    "arguments of a new recipient": (end, text) => end.addRcpt("a@example.org", text),
    "a deleted recipient": (end, text) => end.deleteRcpt(text),
    "a reason to hold the message": (end, text) => end.quarantine(text),
    "a reply": (_end, text) => reject(550, "5.7.1", text),
    "a line of a reply": (_end, text) => reject(550, "5.7.1", "No", text),
    "the enhanced code of a reply": (_end, text) => reject(550, `5.7.1 ${text}` as "5.7.1", "No"),
  };
  for (const [where, repeat] of Object.entries(refused)) {
    it(`fails the filter, and changes nothing, as ${where}`, async () => {
      const { answer, failed } = await repeated(repeat);
      assert.equal(failed, 1);
      assert.equal(answer.verdict, "tempfail");
      assert.deepEqual(answer.modifications, []);
    });
  }
});
