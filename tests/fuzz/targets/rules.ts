/**
 * Rules of the filter header-rewrite.
 *
 * @module
 */
import { parseRules } from "../../../filters/header_rewrite/rules_file.ts";
import { WorkingHeader } from "../../../filters/header_edits/working_header.ts";
import type { EndOfMessage } from "../../../lib/filter/end_of_message.ts";
import { OptionError } from "../../../lib/options/options.ts";
import { EnvelopeAddress } from "../../../lib/message/envelope.ts";
import { HeaderField } from "../../../lib/message/header.ts";
import { HeaderList } from "../../../lib/message/header_list.ts";
import { latin1Bytes, latin1Text, toBytes, utf8Text } from "../../../lib/message/text.ts";
import { attempt, hold, type Target } from "../engine/target.ts";

const LINES = [
  "add X-Client: {client_addr} {helo}",
  "insert X-Queue: {i}",
  "set Subject: {mail_from}",
  "remove X-*",
  "rename X-A X-B",
  "replace Subject /(\\w+)/g <$1>",
  "replace X-A /a(?<n>.)/ $<n>{rcpt_to}$$",
  "replace text:Subject /(\\w+)/g <$1>",
  "replace text:X-A /^/ {helo}\xc3\xbc",
  "if-header Subject /a/i",
  "unless-header text:X-A /a/i",
  "unless-sender /@example/",
  "if-recipient /./",
  "if-client 192.0.2.0/24",
  "unless-client 2001:db8::/32",
  "always",
  "# comment",
  "",
];

/** Short values, so that no expression takes long; with all that must not get through. */
const HOSTILE = "a\r\nX: \0b";
const CONTEXT = {
  client: { hostname: HOSTILE, address: "192.0.2.1", port: 1, family: "inet" },
  helo: HOSTILE,
  sender: EnvelopeAddress.of("<a\x01@x>"),
  recipients: [EnvelopeAddress.of("<b@y>")],
  macro: () => HOSTILE,
} as const;

export const rules: Target = {
  name: "rules",
  promise:
    "rules are refused with their line, or leave a header whose fields are whole, whatever the message fills in",
  cases: 2500,
  words: [...LINES, "{", "}", "{{", "$1", "$&", "/", "\\", "[", "(?<n>", "\n", "\t", ":"],
  seeds: () => [latin1Bytes(LINES.join("\n"))],
  make: (random) =>
    latin1Bytes(
      Array.from({ length: 1 + random.below(6) }, () => random.pick(LINES)).join("\n"),
    ),
  check(bytes) {
    const text = utf8Text(bytes);
    const parsed = attempt(() => parseRules(text, "rules"), (error) => error instanceof OptionError);
    if ("refusal" in parsed) {
      const line = Number(/"rules:(\d+)"/.exec(parsed.refusal.message)?.[1]);
      hold(
        line >= 1 && line <= text.split("\n").length,
        "the line is one of the file",
        () => parsed.refusal.message,
      );
      return;
    }
    if (isSlow(text)) return;
    const list = new HeaderList("postfix");
    for (
      const [name, value] of [["Subject", " a\n\tb"], ["X-A", "aa"], ["X-A", " \xff\n a"], [
        "To",
        " ",
      ]] as const
    ) {
      list.push(HeaderField.of(latin1Bytes(name), latin1Bytes(value), true));
    }
    const header = new WorkingHeader({
      headers: list,
      addHeader: (name: string, value: Uint8Array) => checkField(name, value),
      insertHeader: (_: number, name: string, value: Uint8Array) => checkField(name, value),
      changeHeader: (field: HeaderField, value: Uint8Array) => checkField(field.name, value),
      deleteHeader() {},
    } as unknown as EndOfMessage);
    parsed.value.apply(header, CONTEXT);
    header.commit(() => {});
  },
};

/** An expression that a rule repeats within a repetition may take as long as it likes: it is the owner's. */
function isSlow(text: string): boolean {
  return (text.match(/[*+}]/g) ?? []).length > 12;
}

function checkField(name: string, value: string | Uint8Array): void {
  const text = latin1Text(toBytes(value));
  hold(/^[!-9;-~]+$/.test(name), "a name is a name", () => JSON.stringify(name));
  hold(
    // deno-lint-ignore no-control-regex -- they are what is looked for
    !/[\x00-\x08\x0b-\x1f\x7f]/.test(text),
    "a value holds no control character",
    () => JSON.stringify(text),
  );
  hold(
    !/\n(?![ \t])|\n[ \t]*(\n|$)/.test(text),
    "a line within a value begins with white space and holds more",
    () => JSON.stringify(text),
  );
}
