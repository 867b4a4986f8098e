/**
 * What a log leaves out of people.
 *
 * @module
 */
import { messageLine } from "../../../cli/log/message_line.ts";
import { Redaction } from "../../../cli/log/redaction.ts";
import type { RedactionKind } from "../../../cli/options/log_options.ts";
import { utf8Text } from "../../../lib/message/text.ts";
import { Choices } from "../engine/choices.ts";
import { hold, type Target } from "../engine/target.ts";
import { messageEvent } from "../server_event.ts";

/** What must not get into a log. */
const LOCAL_PART = "secretjoe";
const HOSTS = ["hidden.example", "h\u00efdden.example", "[198.51.100.7]"];
const HOST = /h.dden\.example|198\.51/;
const CLIENTS = ["192.0.2.217", "2001:db8:7:2217::5", "::ffff:192.0.2.217"];
const CLIENT = /192\.0\.2\.217|2217/;
const KINDS: readonly RedactionKind[][] = [["local-parts"], ["addresses"], ["clients"], [
  "clients",
  "local-parts",
]];
/** What stands behind a client in texts that filters make. */
const CLIENT_ENDS = [",", ")", "", "]", ":", "]:25"];
/** What stands around an address in texts that filters make, and in addresses. */
const AROUND = [
  "",
  " ",
  "<",
  ">",
  "(",
  ")",
  "[",
  "]",
  ":",
  ",",
  ";",
  '"',
  "'",
  "=",
  "{",
  "}",
  "+",
  ".",
  "|",
  "x",
  "=40",
  "!",
];

export const redaction: Target = {
  name: "redaction",
  promise: "of an address that stands anywhere nothing is left but what is asked for",
  cases: 5000,
  words: AROUND,
  make: (random) => Uint8Array.from({ length: 3 + random.below(14) }, () => random.below(256)),
  check(bytes) {
    const choices = new Choices(bytes);
    const kinds = choices.of(KINDS);
    const client = choices.of(CLIENTS);
    const before = choices.of(AROUND);
    const behind = choices.of(AROUND);
    const usual = choices.of(LOCALS);
    const host = choices.of(HOSTS);
    const local = choices.of([usual, ...WITH_AT]).replace("*", LOCAL_PART);
    const address = `${local}@${host}`;
    const to = choices.of([address, local, LOCAL_PART]);
    const verb = choices.of(VERBS);
    const tag = client.startsWith("2001:") ? choices.of(["", "IPv6:"]) : "";
    const end = choices.of(CLIENT_ENDS);
    const noise = utf8Text(choices.rest().map((byte) => byte < 0x20 ? 0x20 : byte)).replace(/@/g, "");
    const texts = [
      `${noise} ${before}${address}${behind} ${noise}`,
      `from ${tag}${client}${end} ${noise}`,
    ];
    const event = messageEvent(true, () => texts.join(" "));
    const notes = event.report.notes.map((note) => ({
      ...note,
      ...(note.recipient === undefined ? {} : { recipient: to }),
      ...(note.changes === undefined ? {} : { changes: [...note.changes, `${verb} <${to}>`] }),
    }));
    const report = {
      ...event.report,
      queueId: "Q1",
      sender: address,
      recipients: [address, to],
      client,
      notes,
    };
    const redacted = new Redaction(kinds).event({ ...event, report }) as typeof event;
    const line = messageLine(redacted.report) + JSON.stringify(redacted);
    if (kinds.includes("clients")) hold(!CLIENT.test(line), "no client is left", () => around(line, CLIENT));
    if (kinds.includes("local-parts") || kinds.includes("addresses")) {
      hold(!line.includes(LOCAL_PART), "no local part is left", () => around(line, new RegExp(LOCAL_PART)));
    }
    if (kinds.includes("addresses")) hold(!HOST.test(line), "no domain is left", () => around(line, HOST));
  },
};

/** Local parts with an @ of their own. */
const WITH_AT = ['"a@*"', '"*@home"', '"a@b *"'];
/** What a filter does with the envelope, in words. */
const VERBS = ["add recipient", "delete recipient", "change sender to"];

/** Local parts, as RFC 5321 has them, and as they are made for mailing lists. */
const LOCALS = [
  "*",
  "*+tag",
  "a.*",
  '"*"',
  '"a *"',
  '"a\\"*"',
  "bounce+*=example.org",
  "o'*",
  "*'s",
  "{*}",
  "a=*",
  "*/x=y",
];

function around(text: string, what: RegExp): string {
  const at = text.search(what);
  return JSON.stringify(text.slice(Math.max(0, at - 30), at + 60));
}
