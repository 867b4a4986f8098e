/**
 * Replies of a Valkey server.
 *
 * @module
 */
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { RespReader } from "../../../lib/store/resp/reader.ts";
import { ErrorReply, RespFormatError, type RespReply } from "../../../lib/store/resp/reply.ts";
import { encodeCommand } from "../../../lib/store/resp/writer.ts";
import type { Random } from "../../support/random.ts";
import { cuttings } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";

/** The longest reply in these cases: small, so that cases reach it. */
const MOST = 600;

export const resp: Target = {
  name: "resp",
  promise:
    "replies are read as by a slow reader however they are cut, or refused, and what is kept is bounded",
  cases: 4000,
  words: [
    "\r\n",
    "$-1\r\n",
    "*-1\r\n",
    "*0\r\n",
    "$0\r\n\r\n",
    "*1\r\n",
    "$700\r\n",
    "*9\r\n",
    ":-1\r\n",
    "\r",
    "\n",
    "HTTP/1.1 400",
  ],
  make: (random) => latin1Bytes(Array.from({ length: 1 + random.below(4) }, () => reply(random, 0)).join("")),
  check(bytes) {
    const expected = slowly(latin1Text(bytes));
    for (const pieces of cuttings(bytes)) {
      same(read(pieces), expected, "the reader gives the replies that there are");
    }
    checkWriter(latin1Text(bytes.subarray(0, 100)));
  },
};

/** The replies as plain data, and last how it ended. */
function read(pieces: readonly Uint8Array[]): unknown[] {
  const reader = new RespReader(MOST);
  const seen: unknown[] = [];
  try {
    for (const piece of pieces) {
      reader.push(piece);
      for (let next = reader.next(); next !== undefined; next = reader.next()) seen.push(plain(next));
      hold(
        reader.buffered <= MOST + 40,
        "what is kept is no more than a reply may have",
        () => String(reader.buffered),
      );
    }
    seen.push("end");
  } catch (error) {
    if (!(error instanceof RespFormatError)) throw error;
    hold(!error.message.includes("\n"), "a refusal says why in one line", () => error.message);
    seen.push(error.code);
  }
  return seen;
}

function plain(reply: RespReply): unknown {
  if (reply instanceof ErrorReply) return { error: reply.text, kind: reply.kind };
  return Array.isArray(reply) ? reply.map(plain) : reply;
}

/** Why no more can be read: what is wrong, or that the rest has not come. */
class Stop extends Error {
  override readonly name = "Stop";
  readonly code: string;
  readonly value = undefined;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The same by recursion over a text. */
function slowly(text: string): unknown[] {
  const seen: unknown[] = [];
  let at = 0;
  try {
    while (at < text.length) {
      const begin = at;
      const spend = (bytes: number) => {
        if (at - begin + bytes > MOST) throw new Stop("reply-too-long");
      };
      const one = (depth: number): unknown => {
        if (at >= text.length) throw new Stop("end");
        if (!"+-:$*".includes(text[at]!)) throw new Stop("invalid-reply");
        const end = text.indexOf("\r", at + 1);
        if ((end < 0 ? text.length : end) - at > MOST) throw new Stop("reply-too-long");
        if (end < 0 || end + 1 >= text.length) throw new Stop("end");
        if (text[end + 1] !== "\n") throw new Stop("invalid-reply");
        const [type, rest] = [text[at]!, text.slice(at + 1, end)];
        const number = /^[+-]?\d+$/.test(rest) ? Number(rest) + 0 : NaN;
        if (":$*".includes(type) && !Number.isSafeInteger(number)) throw new Stop("invalid-reply");
        if ("$*".includes(type) && number < -1) throw new Stop("invalid-reply");
        if (type === "$") spend(number);
        if (type === "*") spend(3 * number);
        if (type === "*" && number > 0 && depth === 8) throw new Stop("invalid-reply");
        at = end + 2;
        spend(0);
        if (type === "+") return utf8(rest);
        if (type === "-") return plain(new ErrorReply(utf8(rest)));
        if (type === ":") return number;
        if (number === -1) return null;
        if (type === "*") return Array.from({ length: number }, () => one(depth + 1));
        const value = text.slice(at, at + number);
        if (at + number + 2 > text.length) throw new Stop("end");
        if (text.slice(at + number, at + number + 2) !== "\r\n") throw new Stop("invalid-reply");
        at += number + 2;
        spend(0);
        return utf8(value);
      };
      seen.push(one(0));
    }
    seen.push("end");
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    seen.push(error.code);
  }
  return seen;
}

function utf8(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(latin1Bytes(text));
}

/** A command is an array of bulk strings, whatever its words are. */
function checkWriter(text: string): void {
  const words = ["SET", text, utf8(text), `${text}\ud800`, `\udc00${text}\ud83d\ude00`];
  const reader = new RespReader();
  reader.push(new TextEncoder().encode(encodeCommand(words)));
  same(
    reader.next(),
    words.map((word) => new TextDecoder().decode(new TextEncoder().encode(word))),
    "a command is read as it was meant",
  );
  same(reader.buffered, 0, "nothing follows a command");
}

function reply(random: Random, depth: number): string {
  const word = () => random.pick(["", "OK", "PONG", "1", "é", "\r", "x".repeat(random.below(300))]);
  return random.pick([
    () => `+${word().replace("\r", "")}\r\n`,
    () =>
      `-${
        random.pick([
          "OOM no",
          "ERR Error running script: @user_script:1: -OOM no",
          "NOAUTH Authentication required.",
        ])
      }\r\n`,
    () => `:${random.below(2) ? "-" : ""}${random.below(1_000_000)}\r\n`,
    () => {
      const text = word();
      return `$${text.length + (random.below(30) ? 0 : random.below(3))}\r\n${text}\r\n`;
    },
    () => random.pick(["$-1\r\n", "*-1\r\n", "*0\r\n"]),
    () => {
      const items = Array.from(
        { length: 1 + random.below(3) },
        () => depth > 9 ? ":1\r\n" : reply(random, depth + 1),
      );
      return `*${items.length + (random.below(30) ? 0 : 1)}\r\n${items.join("")}`;
    },
  ])();
}
