/**
 * Line ends of bodies in pieces.
 *
 * @module
 */
import { concatenated } from "../../../lib/protocol/bytes.ts";
import { replacementBody, withCrlf } from "../../../lib/message/body.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { latin1Text } from "../../../lib/message/text.ts";
import { BODY_CHUNK } from "../../../lib/protocol/constants.ts";
import { cuttings } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";

const PARTS = ["\r\n", "\n", "\r", "text", ".", " ", "\r\n\r\n", "\xe9", "long line ".repeat(20)];

export const body: Target = {
  name: "body",
  promise: "bare LF becomes CRLF, nothing else changes, however the body is cut",
  cases: 1500,
  words: ["\r\n", "\n", "\r", "\r\r\n", "\n\n"],
  seeds: messages,
  make: (random) => {
    let text = "";
    for (let i = random.below(12); i > 0; i--) text += random.pick(PARTS);
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  },
  check(bytes) {
    const text = latin1Text(bytes);
    const wanted = text.replace(/(?<!\r)\n/g, "\r\n");
    for (const pieces of cuttings(bytes)) {
      same(latin1Text(withCrlf(pieces)), wanted, "line ends of pieces are those of the whole");
      for (const mta of ["postfix", "sendmail"] satisfies MtaKind[]) {
        const chunks = [...replacementBody(pieces, mta)];
        const ended = mta === "postfix" && text !== "" && !text.endsWith("\n") ? `${wanted}\r\n` : wanted;
        same(latin1Text(concatenated(chunks)), ended, "a new body is what the MTA makes of it");
        hold(
          chunks.every(({ length }) => length > 0 && length <= BODY_CHUNK),
          "no piece is empty or too long",
        );
        hold(
          chunks.slice(0, -1).every(({ length }) => length === BODY_CHUNK) || pieces.length > 1 ||
            wanted !== text ||
            chunks.length < 2,
          "pieces are full",
        );
      }
    }
    same(latin1Text(bytes), text, "what was given stays as it was");
  },
};
