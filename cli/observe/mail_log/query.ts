/**
 * Reads what somebody asks of the mail log from the query of a URL.
 *
 * @module
 */

import { type Network, readNetwork } from "../../../lib/options/network.ts";
import { parseDuration } from "../../../lib/options/quantities.ts";
import { OUTCOMES } from "../mail_counts.ts";
import type { LogLine } from "./entry.ts";

/** What a message may be looked up by, besides {@linkcode OUTCOMES}: two or more of those, or a property. */
export const SEARCHED_OUTCOMES = [...OUTCOMES, "refused", "held", "error"] as const;

/** One of {@linkcode SEARCHED_OUTCOMES}. */
export type SearchedOutcome = typeof SEARCHED_OUTCOMES[number];

/** The fields that are searched for a text. */
export const TEXT_FIELDS = ["q", "from", "to", "client", "login", "id", "filter", "label"] as const;

/** One of {@linkcode TEXT_FIELDS}. */
export type TextField = typeof TEXT_FIELDS[number];

/** The most entries that one answer has. */
export const MOST_ENTRIES = 500;
/** The number of entries if the query does not say. */
const USUAL_ENTRIES = 100;
/** The most characters of a value. */
const LONGEST_VALUE = 300;
/** The longest time to look back, in milliseconds; nothing is kept for so long. */
const LONGEST_AGO = 366 * 86_400_000;

/** The texts to find, by field, in any case; those of `q` are single words, which must all occur. */
export type Texts = Readonly<Partial<Record<TextField, readonly string[]>>>;

/** Which records are looked at. */
export interface PageQuery {
  /** Not older than this, in milliseconds since 1970. */
  readonly since?: number;
  /** Older than the one with this id, for the next page. */
  readonly before?: string;
  /** The most to return, 1 to {@linkcode MOST_ENTRIES}. */
  readonly limit: number;
}

/** Which messages are looked for. */
export interface MailQuery extends PageQuery {
  readonly texts: Texts;
  /** The network of `client`, if it is one. */
  readonly network?: Network;
  /** Any of these outcomes; undefined for all. */
  readonly outcomes?: ReadonlySet<SearchedOutcome>;
}

/** Which lines of the log are looked for. */
export interface LineQuery extends PageQuery {
  /** Those of `q`, `id` and `filter`. */
  readonly texts: Texts;
  /** Any of these levels; undefined for all. */
  readonly levels?: ReadonlySet<LogLine["level"]>;
}

/** Thrown for a query that cannot be answered. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  /** `unknown-parameter`, `repeated-parameter` or `invalid-value`. */
  readonly code: "unknown-parameter" | "repeated-parameter" | "invalid-value";
  /** The parameter. */
  readonly value: string;

  /**
   * @param code what is wrong
   * @param value the parameter
   * @param message a sentence that says what to write
   */
  constructor(code: QueryError["code"], value: string, message: string) {
    super(message);
    this.code = code;
    this.value = value;
  }
}

/** The fields that lines of the log have. */
const LINE_FIELDS = ["q", "id", "filter"] as const;
/** The levels of lines that are kept. */
const LEVELS = ["info", "warning", "error"] as const;
const PERIOD_PARAMETERS = ["since", "before", "limit"];

/** The parameters of a search for messages. */
export const SEARCH_PARAMETERS: readonly string[] = [...TEXT_FIELDS, "outcome", ...PERIOD_PARAMETERS];

/**
 * Reads a search for messages. A parameter without a value counts as absent: forms send their empty fields, too.
 *
 * @param params the query of the URL
 * @param now the time, in milliseconds since 1970
 * @param others further parameters that the page knows
 * @throws {QueryError} for anything unknown
 */
export function readMailQuery(
  params: URLSearchParams,
  now: number = Date.now(),
  others: readonly string[] = [],
): MailQuery {
  refuseUnknown(params, [...SEARCH_PARAMETERS, ...others]);
  const client = valueOf(params, "client");
  const outcome = valueOf(params, "outcome");
  return {
    texts: textsOf(TEXT_FIELDS, params),
    ...(client?.includes("/") ? { network: readNetwork(client, (reason) => fail("client", reason)) } : {}),
    ...(outcome === undefined ? {} : { outcomes: wordsOf("outcome", SEARCHED_OUTCOMES, outcome) }),
    ...periodOf(params, now),
  };
}

/**
 * Reads a search for lines of the log; see {@linkcode readMailQuery}.
 *
 * @throws {QueryError} for anything unknown
 */
export function readLineQuery(params: URLSearchParams, now: number = Date.now()): LineQuery {
  refuseUnknown(params, [...LINE_FIELDS, "level", ...PERIOD_PARAMETERS]);
  const level = valueOf(params, "level");
  return {
    texts: textsOf(LINE_FIELDS, params),
    ...(level === undefined ? {} : { levels: wordsOf("level", LEVELS, level) }),
    ...periodOf(params, now),
  };
}

/**
 * Reads the id of an entry from a query.
 *
 * @throws {QueryError} if it is missing
 */
export function readId(params: URLSearchParams): string {
  refuseUnknown(params, ["id"]);
  const id = valueOf(params, "id");
  if (id === undefined) {
    throw new QueryError("invalid-value", "id", "id is missing: give the id of an entry, or a queue id");
  }
  return id;
}

function refuseUnknown(params: URLSearchParams, known: readonly string[]): void {
  for (const name of new Set(params.keys())) {
    if (!known.includes(name)) {
      const shown = JSON.stringify(name.slice(0, 40));
      throw new QueryError("unknown-parameter", name, `${shown} is unknown; want ${known.join(", ")}`);
    }
    if (params.getAll(name).length > 1) {
      throw new QueryError("repeated-parameter", name, `${name} is given twice`);
    }
  }
}

function valueOf(params: URLSearchParams, name: string): string | undefined {
  const value = params.get(name)?.trim();
  if (value !== undefined && value.length > LONGEST_VALUE) {
    throw new QueryError("invalid-value", name, `${name} is longer than ${LONGEST_VALUE} characters`);
  }
  return value || undefined;
}

function textsOf(fields: readonly TextField[], params: URLSearchParams): Texts {
  const texts: Partial<Record<TextField, readonly string[]>> = {};
  for (const field of fields) {
    const text = valueOf(params, field);
    if (text === undefined) continue;
    // Ids and addresses may be copied with their brackets; <> alone is the null sender.
    texts[field] = field === "q" ? text.split(/\s+/) : [text.replace(/^<(.+)>$/s, "$1")];
  }
  return texts;
}

function periodOf(params: URLSearchParams, now: number): PageQuery {
  const since = valueOf(params, "since");
  const before = valueOf(params, "before");
  return {
    ...(since === undefined ? {} : { since: timeOf(since, now) }),
    ...(before === undefined ? {} : { before: idOf("before", before) }),
    limit: limitOf(valueOf(params, "limit")),
  };
}

function wordsOf<T extends string>(name: string, known: readonly T[], text: string): ReadonlySet<T> {
  const wanted = `want one or more of ${known.join(", ")}, with commas between them`;
  const find = (word: string) => known.find((each) => each === word) ?? fail(name, wanted);
  return new Set(text.split(",").map((word) => find(word.trim())));
}

function timeOf(text: string, now: number): number {
  const [, day, clock, zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  // Without a zone, JavaScript takes the server's; the page and the log have UTC.
  const time = day === undefined ? NaN : Date.parse(`${day}${clock ?? "T00:00"}${zone}`);
  if (!Number.isNaN(time)) return time;
  if (!/^[\d.]+ ?[a-z]*$/i.test(text)) {
    return fail("since", "want how long ago, such as 10m, or a time such as 2030-01-31T12:00:00Z");
  }
  return now - parseDuration(text, { min: 1, max: LONGEST_AGO }, (reason) => fail("since", reason));
}

function idOf(name: string, text: string): string {
  return /^[a-z\d]+-[a-z\d]+$/.test(text) ? text : fail(name, "want the id of an entry");
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return USUAL_ENTRIES;
  const limit = Number(text);
  return /^\d{1,4}$/.test(text) && limit >= 1 && limit <= MOST_ENTRIES
    ? limit
    : fail("limit", `want a number from 1 to ${MOST_ENTRIES}`);
}

function fail(name: string, reason: string): never {
  throw new QueryError("invalid-value", name, `${name}: ${reason}`);
}
