/**
 * Messages taken apart and put together.
 *
 * @module
 */
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { formatMessage, type ParsedMessage, parseMessage } from "../../../lib/message/parse.ts";
import type { Random } from "../../support/random.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";

export const message: Target = {
  name: "message",
  promise: "a message is taken apart as a slow reader does, and put together it is the same message",
  cases: 6000,
  words: ["\r\n\r\n", "\n\n", "\r\n ", "\n\t", "From: ", "Subject: x\r\n", ": ", "\r\r\n"],
  seeds: messages,
  make: randomMessage,
  check(bytes) {
    const parsed = parseMessage(bytes);
    const read = shown(parsed);
    same(read, slowly(latin1Text(bytes)), "it is taken apart as by a slow reader");
    const formatted = formatMessage(parsed);
    hold(!/(?<!\r)\n/.test(latin1Text(formatted)), "each line ends with CRLF");
    same(withoutCr(shown(parseMessage(formatted))), withoutCr(read), "put together it is the same message");
    for (const field of parsed.header) {
      const line = `${latin1Text(field.nameBytes)}:${
        latin1Text(field.rawValueBytes).replace(/(?<!\r)\n/g, "\r\n")
      }\r\n`;
      same(field.size, line.length, "a field knows how many bytes it takes");
    }
  },
};

/** A CR at the end of a folded line cannot be told from one of its line end. */
function withoutCr(parts: readonly string[]): string[] {
  return parts.map((part, i) => i < parts.length - 1 ? part.replace(/(?<!\r)\r+\n/g, "\n") : part);
}

function shown({ header, body }: ParsedMessage): string[] {
  return [
    ...header.map(({ nameBytes, rawValueBytes }) => `${latin1Text(nameBytes)}:${latin1Text(rawValueBytes)}`),
    latin1Text(body),
  ];
}

function slowly(text: string): string[] {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const [all, name, value] = /^([!-9;-~]+):([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|$)/.exec(rest) ?? [];
    if (all === undefined) break;
    const lines = value.split("\n");
    // A CR belongs to the line end, where there is a line end.
    const isEnded = all.endsWith("\n");
    const bare = lines.map((line, i) => i < lines.length - 1 || isEnded ? line.replace(/\r$/, "") : line);
    fields.push(`${name}:${bare.join("\n")}`);
    rest = rest.slice(all.length);
  }
  const body = rest.replace(/^\r?\n/, "");
  return [...fields, body.replace(/(?<!\r)\n/g, "\r\n")];
}

/** A message with folds, 8-bit characters and line ends of several kinds. */
export function randomMessage(random: Random): Uint8Array {
  const of = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const end = of(["\r\n", "\r\n", "\n"]);
  let text = "";
  for (let i = random.below(8); i > 0; i--) {
    const name = of(["From", "To", "Subject", "Received", "X-A", "x-a", "DKIM-Signature"]);
    const value = of([
      "a@example.org",
      " hello",
      "",
      "\t ",
      " one",
      " caf\xe9 \xff",
      ` folded${end}\tonce${end} twice`,
    ]);
    text += `${name}:${of([" ", "", "  "])}${value}${random.below(20) ? end : "\r\r\n"}`;
  }
  text += random.below(10) ? end : "";
  for (let i = random.below(6); i > 0; i--) {
    text += of(["text", "", ".", " ", "\tx ", "a\rb"]) + of([end, end, "\n", "\r\n"]);
  }
  return latin1Bytes(text + of(["", "", "unended", "\r"]));
}
