/**
 * Files of messages.
 *
 * @module
 */
import { messagesIn } from "../../../cli/commands/check/mailbox.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { cuttings } from "../engine/choices.ts";
import { same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";
import { randomMessage } from "./message.ts";

export const mailbox: Target = {
  name: "mailbox",
  promise: "an mbox gives the messages that a slow reader finds in it, however it is read",
  cases: 700,
  words: ["From ", "\n\nFrom ", "\n\r\nFrom ", "\r\n\r\nFrom a@b\r\n", ">From ", "\n>>From x"],
  seeds: () => [
    ...messages(),
    latin1Bytes("From a Mon\nSubject: x\n\n>From y\nbody\n\nFrom b Tue\nSubject: z\n\nend\n"),
  ],
  make(random) {
    let text = "";
    for (let i = random.below(4); i > 0; i--) {
      text += `From x${random.below(9)}\n${latin1Text(randomMessage(random))}\n\n`;
    }
    return latin1Bytes(text);
  },
  async check(bytes) {
    const expected = slowly(latin1Text(bytes));
    for (const pieces of cuttings(bytes.subarray(0, 20_000))) {
      const read: string[] = [];
      for await (const { message } of messagesIn(streamOf(pieces))) read.push(latin1Text(message));
      if (bytes.length <= 20_000) same(read, expected, "the messages are those of a slow reader");
    }
  },
};

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

function slowly(text: string): string[] {
  if (!text.startsWith("From ")) return [text];
  return text.split(/(?<=\n\r?\n)(?=From )/).map((part, i, all) => {
    const whole = part.slice(part.indexOf("\n") + 1);
    const isLast = i === all.length - 1;
    const body = isLast ? whole.replace(/\r?\n\r?\n$/, "\n") : whole.replace(/\r?\n\r?\n$/, "\n");
    return body.replace(/^>(>*From )/gm, "$1");
  });
}
