/**
 * Packets as text for people.
 *
 * @module
 */

import type { PacketDescription, PlainValue, Side } from "../../lib/protocol/describe_packet.ts";
import { replies } from "../../lib/protocol/codec.ts";
import { readableText } from "../../lib/protocol/describe_packet.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";

/** Longest value that is shown in full, in characters. */
const LONGEST_VALUE = 400;

/**
 * Describes a packet in a line, such as `MAIL <a@example.org> SIZE=1000` or `add-header X-Checked: yes`.
 *
 * @param side who sent it
 * @param packet what is in it
 * @param payload its bytes after the command letter, for the preview of a body
 * @param bodyBytes how many bytes of a body to show; 0 for none
 */
export function packetText(
  side: Side,
  packet: PacketDescription,
  payload: Uint8Array,
  bodyBytes: number,
): string {
  const { name, fields, problem } = packet;
  const word = side === "mta" ? MTA_WORDS[name] ?? name.toUpperCase() : milterWord(packet);
  if (problem !== undefined) {
    return `${word} (${shown(fields.size)} bytes): ${escapeControlCharacters(problem)}`;
  }
  const text = wordsOf(name, fields);
  const body = fields.size === undefined || bodyBytes === 0 ? "" : preview(payload, bodyBytes);
  return [word, text, body].filter((part) => part !== "").join(" ");
}

/** Lists macros: `i=4F3, mail_addr=a@example.org`. */
export function macrosText(macros: PlainValue | undefined): string {
  return Object.entries(macros ?? {}).map(([name, value]) => `${shown(name)}=${shown(value)}`).join(", ");
}

/**
 * The beginning of some bytes, in quotes; with an ellipsis if there are more.
 *
 * @param bytes the bytes
 * @param limit how many to show
 */
export function preview(bytes: Uint8Array, limit: number): string {
  if (bytes.length === 0) return "";
  const more = bytes.length > limit ? "…" : "";
  return `"${escapeControlCharacters(readableText(bytes.subarray(0, limit)))}${more}"`;
}

/** Packets that are not shown by their name. */
const MTA_WORDS: Readonly<Record<string, string>> = { optneg: "OPTIONS", macro: "MACROS" };
const MILTER_WORDS: Readonly<Record<string, string>> = { optneg: "options" };

/** A verdict by its own name, however the packet is called: `reject` before an SMTP reply, `tempfail (shutdown)`. */
function milterWord({ name, verdict }: PacketDescription): string {
  if (verdict === undefined || verdict === name) return MILTER_WORDS[name] ?? name;
  return name === replies.replyCode.name ? verdict : `${verdict} (${name})`;
}

function wordsOf(name: string, fields: PacketDescription["fields"]): string {
  const { args, index } = fields;
  switch (name) {
    case "optneg":
      return negotiationText(fields);
    case "macro":
      return `for ${shown(fields.event).toUpperCase()}: ${macrosText(fields.macros) || "none"}`;
    case "connect":
      return connectText(fields);
    case "header":
    case "add-header":
      return `${shown(fields.name)}:${headerValue(fields.value)}`;
    case "insert-header":
      return `${index} ${shown(fields.name)}:${headerValue(fields.value)}`;
    case "change-header":
      return `${index} ${shown(fields.name)}:${headerValue(fields.value) || " (deleted)"}`;
    case "body":
    case "eom":
    case "replace-body":
      return name === "eom" && fields.size === 0 ? "" : `${fields.size} bytes`;
    case "add-rcpt-par":
    case "change-from":
      return [shown(fields.address), shown(args)].filter((part) => part !== "").join(" ");
    default:
      return Object.values(fields).map(shown).filter((part) => part !== "").join(" ");
  }
}

/** Always with a space before it: whether the wire has one depends on what was negotiated. */
function headerValue(value: PlainValue | undefined): string {
  const text = shown(value);
  return text === "" || text.startsWith(" ") ? text : ` ${text}`;
}

function connectText({ hostname, family, port, address }: PacketDescription["fields"]): string {
  const host = shown(hostname);
  if (family === "inet") return `${host} ${shown(address)}:${port}`;
  if (family === "inet6") return `${host} [${shown(address)}]:${port}`;
  if (family === "unix") return `${host} unix:${shown(address)}`;
  return family === "unknown" ? `${host} (no address)` : `${host} family ${shown(family)} ${shown(address)}`;
}

function negotiationText({ version, actions, protocol, macros }: PacketDescription["fields"]): string {
  const list = (names: PlainValue | undefined) => shown(names) || "none";
  const parts = [`version ${version}`, `actions: ${list(actions)}`, `protocol: ${list(protocol)}`];
  for (const [stage, names] of Object.entries(macros ?? {})) {
    parts.push(`macros at ${shown(stage)}: ${shown(names) || "none"}`);
  }
  return parts.join("; ");
}

function shown(value: PlainValue | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return Object.values(value).map(shown).join(" ");
  const more = value.length > LONGEST_VALUE ? `… (${value.length} characters)` : "";
  return escapeControlCharacters(value.slice(0, LONGEST_VALUE)) + more;
}
