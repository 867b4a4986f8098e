/**
 * DNS messages.
 *
 * @module
 */
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import {
  answersQuery,
  decodeResponse,
  DnsFormatError,
  type DnsResponse,
  encodeQuery,
  TYPE_CNAME,
  TYPE_SOA,
} from "../../../lib/dns/message.ts";
import { parseIp } from "../../../lib/dns/ip_address.ts";
import { readAnswer } from "../../../lib/dns/read_answer.ts";
import { A, AAAA, MX, PTR, type RecordType, TXT } from "../../../lib/dns/record_types.ts";
import { normalizeName } from "../../../lib/dns/resolver.ts";
import { at } from "../../support/present.ts";
import type { Random } from "../../support/random.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";

const NAME = "s._domainkey.example.org";
const isFormat = (error: unknown) => error instanceof DnsFormatError;

export const dns: Target = {
  name: "dns",
  promise: "an answer is read as by a slow reader or refused, and no name leads in a circle",
  cases: 4000,
  words: [
    "\xc0\x0c",
    "\xc0\x00",
    "\x07example\x03org\0",
    "\0\x10\0\x01",
    "\0\x05\0\x01",
    "\0\x06\0\x01",
    "\0\x0f\0\x01",
    "\0\x1c\0\x01",
    "\xff",
    "\xc0",
  ],
  make: response,
  check(bytes) {
    checkQuery(latin1Text(bytes.subarray(0, 80)));
    const decoded = attempt(() => decodeResponse(bytes), isFormat);
    if ("refusal" in decoded) return;
    const { value } = decoded;
    const expected = slowly(bytes);
    hold(expected !== undefined, "what is no answer is refused");
    same(value.questionName, expected.question, "the question is read as by a slow reader");
    if (!value.truncated) {
      const records = [...value.answers, ...value.authorities];
      same(
        records.map(({ name, type, dataStart, dataEnd }) => [name, type, dataStart, dataEnd]),
        expected.records,
        "so are the records",
      );
    }
    const texts = recordsOf(value, TXT);
    const names = [...recordsOf(value, PTR), ...recordsOf(value, MX).map(({ exchange }) => exchange)];
    for (const text of texts) {
      hold(/^[\0-\xff]*$/.test(text) && text.length < bytes.length, "a text comes of the message");
    }
    for (const text of names) {
      hold(!/[A-Z]/.test(text) && text.length < 1000, "a name is of bounded length", () => text);
    }
    for (const type of [A, AAAA]) {
      for (const text of recordsOf(value, type)) {
        hold(parseIp(text) !== undefined, "an address is one", () => text);
      }
    }
    attempt(() => readAnswer(value, NAME, TXT), isFormat);
    answersQuery(value, value.id, NAME, TXT.code);
  },
};

/** The records of the question's name, none if they cannot be read. */
function recordsOf<R>(response: DnsResponse, type: RecordType<R>): readonly R[] {
  const read = attempt(() => readAnswer(response, response.questionName, type), isFormat);
  return "value" in read && read.value.kind === "records" ? read.value.records : [];
}

/** A query for any name that there can be, turned into its answer, is the answer to it. */
function checkQuery(text: string): void {
  const named = attempt(() => normalizeName(text), (error) => error instanceof TypeError);
  if ("refusal" in named) return;
  const query = encodeQuery(7, named.value, TXT.code, true);
  query[2] = at(query, 2) | 0x80;
  const decoded = decodeResponse(query);
  hold(
    answersQuery(decoded, 7, named.value, TXT.code),
    "a query is answered by its own name",
    () => decoded.questionName,
  );
}

interface SlowResponse {
  readonly question: string;
  readonly records: (string | number)[][];
}

/** What a message says, read by recursion; undefined for what cannot be read. */
function slowly(bytes: Uint8Array): SlowResponse | undefined {
  const u16 = (at: number) => byteAt(bytes, at) * 256 + byteAt(bytes, at + 1);
  const question = nameAt(bytes, 12, 0);
  if (question === undefined) return undefined;
  let at = question.next + 4;
  const records: (string | number)[][] = [];
  const isTruncated = (byteAt(bytes, 2) & 2) !== 0;
  for (let left = isTruncated ? 0 : u16(6) + u16(8); left > 0; left--) {
    const owner = nameAt(bytes, at, 0);
    if (owner === undefined) return undefined;
    const start = owner.next + 10;
    const end = start + u16(owner.next + 8);
    if (!(end <= bytes.length)) return undefined;
    records.push([owner.labels.join("."), u16(owner.next), start, end]);
    at = end;
  }
  return { question: question.labels.join("."), records };
}

/** A byte; behind the end NaN, which makes NaN of every number and place that comes of it. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? NaN;
}

function nameAt(
  bytes: Uint8Array,
  at: number,
  depth: number,
): { labels: string[]; next: number } | undefined {
  // RFC 1035 section 4.1.4: a pointer leads to an earlier place, so there are at most 128 of them in a name.
  if (depth > 400 || at >= bytes.length) return undefined;
  const size = byteAt(bytes, at);
  if (size === 0) return { labels: [], next: at + 1 };
  if (size >= 0xc0) {
    const rest = nameAt(bytes, (size - 0xc0) * 256 + byteAt(bytes, at + 1), depth + 1);
    return rest && { labels: rest.labels, next: at + 2 };
  }
  const rest = nameAt(bytes, at + 1 + size, depth + 1);
  const label = latin1Text(bytes.subarray(at + 1, at + 1 + size)).replace(
    /[A-Z]/g,
    (letter) => letter.toLowerCase(),
  );
  return rest && { labels: [label.replace(/[.\\]/g, "\\$&"), ...rest.labels], next: rest.next };
}

/** An answer as name servers give them, with compressed names. */
function response(random: Random): Uint8Array {
  const number = (value: number) => String.fromCharCode(value >> 8, value & 255);
  const name = NAME.split(".").map((label) => String.fromCharCode(label.length) + label).join("") + "\0";
  const record = (owner: string, type: number, data: string) =>
    `${owner}${number(type)}\0\x01\0\0\x0e\x10${number(data.length)}${data}`;
  const owner = () =>
    random.below(3)
      ? "\xc0\x0c"
      : random.below(2)
      ? name
      : `\x01x\xc0${String.fromCharCode(12 + random.below(20))}`;
  const text = () => {
    const content = "v=DKIM1; p=".slice(0, random.below(12));
    return String.fromCharCode(content.length) + content;
  };
  const answers = Array.from(
    { length: random.below(4) },
    () =>
      random.pick([
        () => record(owner(), TXT.code, text() + (random.below(2) ? text() : "")),
        () => record(owner(), TYPE_CNAME, owner()),
        () => record(owner(), MX.code, number(random.below(30)) + owner()),
        () => record(owner(), PTR.code, owner()),
        () => record(owner(), A.code, number(random.below(65536)).repeat(2)),
        () => record(owner(), AAAA.code, number(random.below(3)).repeat(8)),
      ])(),
  );
  const authorities = random.below(3)
    ? []
    : [record(owner(), TYPE_SOA, `${owner()}${owner()}${"\0\0\0\x05".repeat(5)}`)];
  const counts = number(1) + number(answers.length) + number(authorities.length) + number(0);
  const flags = random.below(20) ? "\x81\x80" : "\x83\x83";
  return latin1Bytes(`\0\x07${flags}${counts}${name}\0\x10\0\x01${answers.join("")}${authorities.join("")}`);
}
