/**
 * Reads DNS records from a text, for tests and for hosts without DNS.
 *
 * Each line has one record: a name, its type, then the value. The type is TXT if left out, or A, AAAA, MX, PTR or
 * CNAME. The value is the rest of the line, or one or more quoted strings, which are joined; in these `\"`, `\\` and
 * `\DDD` (a byte in decimal) stand for the character. `#` at the start of a line or after white space, outside of
 * quotes, starts a comment.
 *
 * The values NXDOMAIN, SERVFAIL and TIMEOUT, unquoted and without a type, are the answer to all lookups of the name;
 * after a type, SERVFAIL and TIMEOUT are the answer for that type. Several lines with one name give several records. A
 * name that is listed, or that ends a listed name, exists, but has no records of other types; all others do not exist.
 *
 * ```text
 * # selector 2026 of example.org
 * 2026._domainkey.example.org "v=DKIM1; k=ed25519; " "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
 * example.org                 TXT "v=spf1 mx -all"
 * example.org                 MX 10 mx.example.org
 * mx.example.org              A 192.0.2.1
 * down.example.org            SERVFAIL
 * ```
 *
 * @module
 */
import { bytesOf, RECORD_TYPES, type RecordTypeName, RecordValueError } from "./record_values.ts";
import type { DnsAbsent, DnsFailure, MxRecord } from "./resolver.ts";
import { normalizeName } from "./resolver.ts";
import { type StaticAnswers, StaticResolver } from "./static_resolver.ts";

/** Seconds. Any value would do: static records change only with a restart. */
const TTL = 3600;

const SPECIAL: ReadonlyMap<string, DnsAbsent | DnsFailure> = new Map<string, DnsAbsent | DnsFailure>([
  ["NXDOMAIN", Object.freeze({ status: "nxdomain", ttl: TTL })],
  ["SERVFAIL", Object.freeze({ status: "servfail", reason: "the records file says SERVFAIL" })],
  ["TIMEOUT", Object.freeze({ status: "timeout", reason: "the records file says TIMEOUT" })],
]);

/** A line of a records text is invalid; the message says which, and what to write. */
export class RecordsFileError extends Error {
  /** Always `RecordsFileError`. */
  override readonly name = "RecordsFileError";
  /** Always `invalid-records`. */
  readonly code = "invalid-records";
  /** Counted from 1. */
  readonly line: number;
  /** The invalid text: the whole line, its name or its value. */
  readonly value: string;

  /**
   * Makes an error about a line.
   *
   * @param line counted from 1
   * @param value the whole line, its name or its value
   * @param problem what is wrong, and what to write
   */
  constructor(line: number, value: string, problem: string) {
    super(`line ${line}: ${problem}`);
    this.line = line;
    this.value = value;
  }
}

/** What the lines say about one name: one answer to all queries, or records and answers by type. */
interface Entry {
  all?: DnsAbsent | DnsFailure;
  readonly types: Map<RecordTypeName, (string | MxRecord)[] | DnsFailure>;
}

/**
 * Parses a records text (see the module's description).
 *
 * @param text the file's content, decoded as UTF-8; non-ASCII characters become their UTF-8 bytes
 * @throws {RecordsFileError} if a line is invalid
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRecordsFile } from "../auth.ts";
 *
 * const resolver = parseRecordsFile(`
 * # selector 2026 of example.org
 * 2026._domainkey.example.org "v=DKIM1; k=rsa; " "p=MIIB"
 * example.org                 MX 10 mx.example.org
 * down.example.org            SERVFAIL
 * `);
 * const answer = await resolver.resolveTxt("2026._domainkey.example.org");
 * assert.deepEqual(answer.status === "found" && answer.records, ["v=DKIM1; k=rsa; p=MIIB"]);
 * assert.equal((await resolver.resolveMx("example.org")).status, "found");
 * assert.equal((await resolver.resolveTxt("down.example.org")).status, "servfail");
 * ```
 */
export function parseRecordsFile(text: string): StaticResolver {
  const entries = new Map<string, Entry>();
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const number = index + 1;
    const space = line.search(/[ \t]/);
    if (space < 0) {
      throw new RecordsFileError(
        number,
        line,
        "the name has no value; write the TXT text, a type and its value, NXDOMAIN, SERVFAIL or TIMEOUT after it",
      );
    }
    const name = readName(line.slice(0, space), number);
    let entry = entries.get(name);
    if (entry === undefined) entries.set(name, entry = { types: new Map() });
    addLine(entry, line.slice(space).trimStart(), line, number);
  });
  return new StaticResolver(
    new Map([...entries].map(([name, entry]): [string, StaticAnswers] => [name, answersOf(entry)])),
  );
}

/** Adds what a line says after its name. */
function addLine(entry: Entry, rest: string, line: string, number: number): void {
  const fail = (problem: string): never => {
    throw new RecordsFileError(number, line, problem);
  };
  const [typeText, word] = /^(TXT|A|AAAA|MX|PTR|CNAME)(?![^ \t])/.exec(rest) ?? [];
  const valueText = rest.slice(typeText?.length ?? 0).trimStart();
  if (valueText === "") return fail(NO_VALUE);
  const value = readValue(valueText, number);
  const special = value.quoted ? undefined : SPECIAL.get(value.text);
  if (special !== undefined && word === undefined) {
    if (entry.types.size > 0 || entry.all) return fail(BOTH);
    entry.all = special;
    return;
  }
  if (entry.all) return fail(BOTH);
  const type = (word ?? "TXT") as RecordTypeName;
  if (type === "CNAME" ? entry.types.size > 0 : entry.types.has("CNAME")) {
    return fail("a name with a CNAME record can have no other; keep one of the lines");
  }
  const others = entry.types.get(type);
  if (special !== undefined) {
    if (special.status === "nxdomain") return fail("NXDOMAIN is about all types; write it without a type");
    if (others !== undefined) {
      return fail(`the name has more than one answer for ${type}; keep one of the lines`);
    }
    if (type === "CNAME" || !("reason" in special)) return fail("write SERVFAIL or TIMEOUT without CNAME");
    entry.types.set(type, special);
    return;
  }
  if (others !== undefined && !Array.isArray(others)) {
    return fail(`the name has more than one answer for ${type}; keep one of the lines`);
  }
  const record = recordOf(type, value.text, number);
  if (others === undefined) entry.types.set(type, [record]);
  else others.push(record);
}

const NO_VALUE = 'the name has no value; write "" for an empty record';
const BOTH = "the name has both a record and NXDOMAIN, SERVFAIL or TIMEOUT; keep one of the lines";

function recordOf(type: RecordTypeName, text: string, line: number): string | MxRecord {
  try {
    return RECORD_TYPES[type](text);
  } catch (error) {
    if (!(error instanceof RecordValueError)) throw error;
    throw new RecordsFileError(line, text, error.message);
  }
}

function answersOf({ all, types }: Entry): StaticAnswers {
  if (all !== undefined) return { others: all };
  const alias = types.get("CNAME");
  if (Array.isArray(alias)) return { cname: alias[0] as string };
  return Object.fromEntries(
    [...types].map(([type, value]) => [
      type.toLowerCase(),
      Array.isArray(value) ? { status: "found", records: value, ttl: TTL } : value,
    ]),
  );
}

function readName(text: string, line: number): string {
  try {
    return normalizeName(text);
  } catch {
    throw new RecordsFileError(
      line,
      text,
      "the name is not a domain name; write labels of 1 to 63 characters with dots between",
    );
  }
}

function readValue(text: string, line: number): { text: string; quoted: boolean } {
  if (text.startsWith('"')) return { text: readStrings(text, line), quoted: true };
  const comment = text.search(/[ \t]#/);
  const value = (comment < 0 ? text : text.slice(0, comment)).trimEnd();
  if (value === "" || value.startsWith("#")) {
    throw new RecordsFileError(line, text, NO_VALUE);
  }
  return { text: bytesOf(value), quoted: false };
}

/** Reads quoted strings with white space between them, up to a comment or the end. */
function readStrings(text: string, line: number): string {
  let joined = "";
  let i = 0;
  while (i < text.length && text[i] !== "#") {
    if (text[i] === " " || text[i] === "\t") {
      i++;
      continue;
    }
    if (text[i] !== '"') {
      throw new RecordsFileError(
        line,
        text,
        "text follows a quoted string; put quotes around all of the value",
      );
    }
    let plain = ++i;
    while (i < text.length && text[i] !== '"') {
      if (text[i] !== "\\") {
        i++;
        continue;
      }
      joined += bytesOf(text.slice(plain, i));
      const escape = readEscape(text, i, line);
      joined += escape.text;
      i = plain = escape.next;
    }
    if (i >= text.length) {
      throw new RecordsFileError(line, text, 'a quoted string does not end; add the closing "');
    }
    joined += bytesOf(text.slice(plain, i));
    i++;
  }
  return joined;
}

function readEscape(text: string, at: number, line: number): { text: string; next: number } {
  const digits = text.slice(at + 1, at + 4);
  if (/^[0-9]{3}$/.test(digits) && Number(digits) < 256) {
    return { text: String.fromCharCode(Number(digits)), next: at + 4 };
  }
  const escaped = text.charAt(at + 1);
  if (escaped === '"' || escaped === "\\") return { text: escaped, next: at + 2 };
  throw new RecordsFileError(
    line,
    text,
    'a backslash must be followed by ", by \\ or by a byte as three digits',
  );
}
