/**
 * Messages taken apart and put together.
 *
 * @module
 */
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { formatMessage, type ParsedMessage, parseMessage } from "../../../lib/message/parse.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import type { Random } from "../../support/random.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";

export const message: Target = {
  name: "message",
  promise: "a message is taken apart as a slow reader does, and put together it is the same message",
  cases: 6000,
  words: [
    "\r\n\r\n",
    "From ",
    ">From ",
    " : ",
    "Bcc: ",
    "\0",
    "\n\n",
    "\r\n ",
    "\n\t",
    "From: ",
    "Subject: x\r\n",
    ": ",
    "\r\r\n",
  ],
  seeds: messages,
  make: randomMessage,
  check(bytes) {
    for (const mta of ["postfix", "sendmail"] as const) {
      // What Sendmail makes of a NUL is not said in so few words.
      const input = mta === "postfix" ? bytes : bytes.map((byte) => byte || 0x78);
      const parsed = parseMessage(input, mta);
      const read = shown(parsed);
      same(read, slowly(latin1Text(input), mta), `it is taken apart as by a slow reader: ${mta}`);
      const formatted = formatMessage(parsed);
      hold(!/(?<!\r)\n/.test(latin1Text(formatted)), "each line ends with CRLF");
      same(
        withoutCr(shown(parseMessage(formatted, mta))),
        withoutCr(read),
        "put together it is the same message",
      );
      for (const field of parsed.header) {
        const line = `${latin1Text(field.nameBytes)}:${
          latin1Text(field.rawValueBytes).replace(/(?<!\r)\n/g, "\r\n")
        }\r\n`;
        same(field.size, line.length, "a field knows how many bytes it takes");
      }
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

function slowly(text: string, mta: MtaKind): string[] {
  const fields: string[] = [];
  let rest = mta === "postfix" ? text.replace(/\r+(\n|$)/g, "$1").replace(/\r/g, " ") : text;
  const mailboxLine = mta === "postfix" ? /^(>*From [^\n]*)(?:\n|$)/ : /^(From [^\n]*)(?:\n|$)/;
  for (let line = mailboxLine.exec(rest); line; line = mta === "postfix" ? mailboxLine.exec(rest) : null) {
    const [whole, content = ""] = line;
    if (mta === "postfix") fields.push(cut(`X-Mailbox-Line: ${cutAtNuls(content)}`));
    rest = rest.slice(whole.length);
  }
  const before = mta === "postfix" ? "[ \\t]*" : "[ \\t\\v\\f]*";
  const form = new RegExp(`^([!-9;-~]+)${before}:([^\\n]*(?:\\n[ \\t][^\\n]*)*)(?:\\n|$)`);
  for (;;) {
    const [all, name = "", value = ""] = form.exec(rest) ?? [];
    if (all === undefined) break;
    // A CR belongs to the line end, where there is a line end.
    const lines = value.split("\n");
    const isEnded = all.endsWith("\n");
    const bare = lines.map((line, i) => i < lines.length - 1 || isEnded ? line.replace(/\r$/, "") : line);
    const whole = `${name}:${bare.join("\n")}`;
    if (mta === "sendmail" && name.length > 100) {
      const [first = ""] = rest.split("\n");
      rest = first.replace(/\r$/, "") + rest.slice(first.length + 1);
      return [...fields, ended(rest)];
    }
    const isDropped = /^(?:bcc|content-length|resent-bcc|return-path)$/i.test(name);
    if (mta === "sendmail") fields.push(whole);
    else if (!isDropped) fields.push(cut(whole.split("\n").map(cutAtNuls).join("\n")));
    rest = rest.slice(all.length);
  }
  return [...fields, ended(rest.replace(/^\r?\n/, ""))];
}

/** Postfix loses what stands behind a NUL in a record of 2048 bytes. */
function cutAtNuls(line: string): string {
  return (line.match(/[^]{1,2048}/g) ?? []).map((record) => record.replace(/\0[^]*/, "")).join("");
}

/** Postfix cuts a field at 60000 bytes, or at the last line end before, if that is behind 54000. */
function cut(field: string): string {
  if (field.length <= 60_000) return field;
  // A name that long is left alone.
  const name = field.slice(0, field.indexOf(":") + 1);
  if (name.length > 60_000) return name;
  const lines = field.split("\n");
  let length = 0;
  for (const line of lines) {
    if (length + line.length > 60_000) return field.slice(0, length > 54_000 ? length - 1 : 60_000);
    length += line.length + 1;
  }
  return field;
}

function ended(body: string): string {
  return body.replace(/(?<!\r)\n/g, "\r\n").replace(/(?<!\n)$(?![^])/, body === "" ? "" : "\r\n");
}

/** A message with folds, 8-bit characters and line ends of several kinds. */
export function randomMessage(random: Random): Uint8Array {
  const end = random.pick(["\r\n", "\r\n", "\n"]);
  let text = "";
  for (let i = random.below(8); i > 0; i--) {
    const name = random.pick([
      "From",
      "To",
      "Bcc",
      "From ",
      "X ",
      "X\t",
      "Subject",
      "Received",
      "X-A",
      "x-a",
      "DKIM-Signature",
    ]);
    const value = random.pick([
      "a@example.org",
      " hello",
      "",
      "\t ",
      " one",
      " caf\xe9 \xff",
      ` folded${end}\tonce${end} twice`,
    ]);
    text += `${name}:${random.pick([" ", "", "  "])}${value}${random.below(20) ? end : "\r\r\n"}`;
  }
  text += random.below(10) ? end : "";
  for (let i = random.below(6); i > 0; i--) {
    text += random.pick(["text", "", ".", " ", "\tx ", "a\rb"]) + random.pick([end, end, "\n", "\r\n"]);
  }
  return latin1Bytes(text + random.pick(["", "", "unended", "\r"]));
}
