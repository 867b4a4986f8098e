/**
 * SMTP replies of filters.
 *
 * @module
 */
import { InvalidVerdictError, reject, tempfail } from "../../../lib/filter/verdict.ts";
import { latin1Bytes, latin1Text, toBytes, utf8Text } from "../../../lib/message/text.ts";
import {
  checkReply,
  decodeReply,
  encodeReply,
  InvalidReplyError,
  MAX_REPLY_LINE,
  MAX_REPLY_LINES,
  replyText,
} from "../../../lib/protocol/reply.ts";
import { Choices } from "../engine/choices.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";

const TEXTS = [
  "550",
  "5.7.1",
  "No lotteries here",
  "",
  "100%",
  "%%",
  "4.7.1 x",
  "caf\xc3\xa9",
  "a\r\nb",
  "- ",
  "5.7.1",
];

export const replies: Target = {
  name: "replies",
  promise: "what is not refused is one whole reply of SMTP, and reads as what it was",
  cases: 10_000,
  words: [...TEXTS, "\r\n", "\n", "\r", "\0", "550-", "550 ", "451 4.3.0 "],
  seeds: () => ["550 5.7.1 no", "450-4.7.1 one\r\n450 4.7.1 two%%", "550 ", "421"].map(latin1Bytes),
  make(random) {
    const lines = Array.from({ length: random.below(5) }, () => random.pick(TEXTS));
    return latin1Bytes(
      `\x02\x26${random.pick(["5.7.1", "", "5.7.1", "4.7.1", "5.1234.1"])}\0${lines.join("\0")}`,
    );
  },
  check(bytes) {
    const decoded = decodeReply(bytes);
    if (decoded) {
      hold(
        decoded.code >= 400 && decoded.code <= 599 && decoded.lines.length > 0,
        "what is read has a code and lines",
      );
      replyText(decoded);
      attempt(() => encodeReply(decoded), isRefusal);
    }
    const choices = new Choices(bytes);
    const code = choices.u16() % 1024;
    const enhanced = choices.text();
    const lines = choices.left > 0 ? utf8Text(choices.rest()).split("\0") : [];
    const reply = { code, ...(enhanced === "" ? {} : { enhanced }), lines };
    attempt(() => checkReply(reply), isRefusal);
    attempt(
      () => (code % 2 ? reject : tempfail)(code, enhanced, ...lines),
      (error) => isRefusal(error) || error instanceof InvalidVerdictError,
    );
    const encoded = attempt(() => encodeReply(reply), isRefusal);
    if ("refusal" in encoded) return;
    checkWire(latin1Text(encoded.value), code, lines);
    const again = decodeReply(encoded.value);
    same(
      [again?.code, again?.lines],
      [code, lines.length === 0 ? [""] : lines.map(asRead(enhanced))],
      "a reply reads as it was",
    );
  },
};

function isRefusal(error: unknown): boolean {
  return error instanceof InvalidReplyError;
}

/** Without an enhanced code of its own, one that its text begins with counts as that. */
function asRead(enhanced: string): (line: string) => string {
  return (line) => enhanced === "" ? line.replace(/^[45]\.\d{1,3}\.\d{1,3}(?: |$)/, "") : line;
}

/** RFC 5321 section 4.2. */
function checkWire(text: string, code: number, lines: readonly string[]): void {
  const written = text.split("\r\n");
  hold(
    lines.length <= MAX_REPLY_LINES && written.length === Math.max(lines.length, 1),
    "each line is a line",
    () => text,
  );
  written.forEach((line, i) => {
    const separator = i < written.length - 1 ? "-" : " ";
    hold(line.startsWith(`${code}${separator}`), "a line begins with the code", () => line);
    hold(!/[\r\n\0]/.test(line), "no line holds a line end");
    hold(!line.replaceAll("%%", "").includes("%"), "each % is doubled", () => line);
  });
  for (const line of lines) hold(toBytes(line).length <= MAX_REPLY_LINE, "no line is too long");
}
