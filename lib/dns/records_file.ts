/**
 * Reads TXT records from a text, for tests and for hosts without DNS.
 *
 * Each line has one record: a name, then the value. The value is the rest of the line, or one or more quoted strings, which
 * are joined; in these `\"`, `\\` and `\DDD` (a byte in decimal) stand for the character. `#` at the start of a line or
 * after white space, outside of quotes, starts a comment. With the values NXDOMAIN, SERVFAIL and TIMEOUT, unquoted, lookups
 * of the name get that answer. Several lines with one name give several records; names that are not listed do not exist.
 *
 * ```text
 * # selector 2026 of example.org
 * 2026._domainkey.example.org "v=DKIM1; k=ed25519; " "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
 * down.example.org            SERVFAIL
 * ```
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { normalizeName, type TxtAnswer, type TxtFailure, type TxtResolver } from "./resolver.ts";

/** Seconds. Any value would do: static records change only with a restart. */
const TTL = 3600;

const SPECIAL: ReadonlyMap<string, TxtAnswer> = new Map<string, TxtAnswer>([
  ["NXDOMAIN", Object.freeze({ status: "nxdomain", ttl: TTL })],
  ["SERVFAIL", Object.freeze({ status: "servfail", reason: "the records file says SERVFAIL" })],
  ["TIMEOUT", Object.freeze({ status: "timeout", reason: "the records file says TIMEOUT" })],
]);

const CLOSED: TxtFailure = { status: "closed", reason: "the resolver was closed" };

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

/**
 * Answers from fixed records, without waiting, even for `TIMEOUT`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { StaticResolver } from "../auth.ts";
 *
 * const resolver = new StaticResolver(new Map([["example.org", { status: "found", records: ["a text"], ttl: 60 }]]));
 * assert.equal((await resolver.resolveTxt("Example.org.")).status, "found");
 * assert.equal((await resolver.resolveTxt("example.com")).status, "nxdomain");
 * ```
 */
export class StaticResolver implements TxtResolver {
  readonly #answers: ReadonlyMap<string, TxtAnswer>;
  #closed = false;

  /**
   * Makes a resolver with fixed answers.
   *
   * @param answers the answers by name, in lower case and without the final dot; other names do not exist
   */
  constructor(answers: ReadonlyMap<string, TxtAnswer>) {
    this.#answers = answers;
  }

  // deno-lint-ignore require-await -- an invalid name rejects, as in every resolver
  async resolveTxt(name: string, signal?: AbortSignal): Promise<TxtAnswer> {
    const key = normalizeName(name);
    signal?.throwIfAborted();
    if (this.#closed) return CLOSED;
    return this.#answers.get(key) ?? SPECIAL.get("NXDOMAIN")!;
  }

  close(): void {
    this.#closed = true;
  }
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
 * down.example.org            SERVFAIL
 * `);
 * const answer = await resolver.resolveTxt("2026._domainkey.example.org");
 * assert.deepEqual(answer.status === "found" && answer.records, ["v=DKIM1; k=rsa; p=MIIB"]);
 * assert.equal((await resolver.resolveTxt("down.example.org")).status, "servfail");
 * ```
 */
export function parseRecordsFile(text: string): StaticResolver {
  const answers = new Map<string, TxtAnswer>();
  const records = new Map<string, string[]>();
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const number = index + 1;
    const space = line.search(/[ \t]/);
    if (space < 0) {
      throw new RecordsFileError(
        number,
        line,
        "the name has no value; write the TXT text, NXDOMAIN, SERVFAIL or TIMEOUT after it",
      );
    }
    const name = readName(line.slice(0, space), number);
    const value = readValue(line.slice(space).trimStart(), number);
    const special = value.quoted ? undefined : SPECIAL.get(value.text);
    if (answers.has(name) && (special !== undefined || !records.has(name))) {
      throw new RecordsFileError(
        number,
        line,
        "the name has both a record and NXDOMAIN, SERVFAIL or TIMEOUT; keep one of the lines",
      );
    }
    if (special !== undefined) {
      answers.set(name, special);
      return;
    }
    const list = records.get(name);
    if (list !== undefined) {
      list.push(value.text);
      return;
    }
    const first = [value.text];
    records.set(name, first);
    answers.set(name, { status: "found", records: first, ttl: TTL });
  });
  return new StaticResolver(answers);
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
    throw new RecordsFileError(line, text, 'the name has no value; write "" for an empty record');
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

/** The UTF-8 bytes of `text`, one character per byte. */
function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
