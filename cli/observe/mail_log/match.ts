/**
 * Whether a message or a line of the log matches what is looked for.
 *
 * @module
 */

import type { FilterPart, LogLine, MailEntry } from "./entry.ts";
import type { LineQuery, MailQuery, SearchedOutcome, TextField, Texts } from "./query.ts";

/** Decides whether records match. */
export interface Matcher<T> {
  /** Whether an encoded record may match: decoding it takes much longer. Undefined if all match. */
  readonly couldMatch?: (encoded: string) => boolean;
  /** Whether a record matches. */
  matches(record: T): boolean;
}

/** A text to find, in upper or lower case. Patterns without anything that repeats take linear time. */
interface Wanted {
  readonly text: string;
  readonly pattern: RegExp;
}

/** Makes a matcher for messages. */
export function entryMatcher({ texts, network, outcomes }: MailQuery): Matcher<MailEntry> {
  const wanted = wantedOf(texts);
  const words = outcomes && [...outcomes];
  const matches = (entry: MailEntry) => {
    if (words && !words.some((word) => hasOutcome(entry, word))) return false;
    return wanted.every(([field, all]) => {
      if (field === "from" && all[0]?.text === "<>") return entry.sender === "";
      if (field === "client" && entry.client !== undefined && network?.has(entry.client)) return true;
      return foundIn(FIELDS[field](entry), all);
    });
  };
  if (wanted.length === 0 && !words) return { matches };
  const encodedTexts = encodedPatterns(texts);
  const encodedWords = words?.flatMap((word) => ENCODED_OUTCOMES[word] ?? encodedOutcome(word));
  const couldMatch = (encoded: string) =>
    (!encodedWords || encodedWords.some((word) => encoded.includes(word))) &&
    (!network || network.has(ENCODED_CLIENT.exec(encoded)?.[1] ?? "") || encoded.includes(network.text)) &&
    encodedTexts.every((pattern) => pattern.test(encoded));
  return { matches, couldMatch };
}

/** Makes a matcher for lines of the log. */
export function lineMatcher({ texts, levels }: LineQuery): Matcher<LogLine> {
  const wanted = wantedOf(texts);
  const matches = (line: LogLine) =>
    (!levels || levels.has(line.level)) &&
    wanted.every(([field, all]) => foundIn(LINE_FIELDS[field]?.(line) ?? [], all));
  if (wanted.length === 0 && !levels) return { matches };
  const patterns = encodedPatterns(texts);
  return { matches, couldMatch: (encoded) => patterns.every((pattern) => pattern.test(encoded)) };
}

function wantedOf(texts: Texts): (readonly [TextField, readonly Wanted[]])[] {
  return Object.entries(texts).map(([field, all]) =>
    [field as TextField, all.map((text) => ({ text, pattern: patternOf(text) }))] as const
  );
}

function foundIn(fields: readonly (string | undefined)[], wanted: readonly Wanted[]): boolean {
  return wanted.every(({ pattern }) => fields.some((field) => field !== undefined && pattern.test(field)));
}

/** Patterns that all occur in an encoded record that matches. */
function encodedPatterns(texts: Texts): RegExp[] {
  return Object.entries(texts).flatMap(([field, all]) =>
    all.filter((text) => !(field === "from" && text === "<>") && !(field === "client" && text.includes("/")))
      // A method and its result are apart.
      .flatMap((text) => text.split("="))
      .map(encodedPattern)
  );
}

/** The pattern of a text where it stands in JSON. */
function encodedPattern(text: string): RegExp {
  return patternOf(JSON.stringify(text).slice(1, -1));
}

function patternOf(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu");
}

/** The client of an encoded message. Within texts, JSON has a backslash before each quote. */
const ENCODED_CLIENT = /"client":"([^"]*)"/;

/** What stands in an encoded message with an outcome: any of these, where that is not the outcome itself. */
const ENCODED_OUTCOMES: Partial<Record<SearchedOutcome, readonly string[]>> = {
  refused: ['"refused":', ...["reject", "tempfail", "discard"].map(encodedOutcome)],
  held: ['"held":'],
  error: ['"errors":'],
};

function encodedOutcome(outcome: string): string {
  return `"outcome":"${outcome}"`;
}

function hasOutcome(entry: MailEntry, word: SearchedOutcome): boolean {
  switch (word) {
    case "refused":
      return entry.refused.length > 0 || ["reject", "tempfail", "discard"].includes(entry.outcome);
    case "held":
      return entry.held !== undefined;
    case "error":
      return entry.filters.some(({ errors }) => errors.length > 0);
    default:
      return entry.outcome === word;
  }
}

/** What is searched for each field. */
const FIELDS: Readonly<Record<TextField, (entry: MailEntry) => readonly (string | undefined)[]>> = {
  q: (entry) => [
    ...[entry.outcome, entry.id, entry.queueId, entry.messageId, entry.client, entry.helo, entry.login],
    ...[entry.tls, entry.listener, entry.sender, entry.reply, entry.held],
    ...entry.recipients,
    ...entry.refused.flatMap(({ recipient, reply }) => [recipient, reply]),
    ...entry.labels,
    ...entry.results.flatMap(({ method, result, domain, reason }) => [`${method}=${result}`, domain, reason]),
    ...entry.filters.filter(didSomething).flatMap(textsOfFilter),
  ],
  from: ({ sender }) => [sender],
  to: ({ recipients, refused }) => [...recipients, ...refused.map(({ recipient }) => recipient)],
  client: ({ client, helo }) => [client, helo],
  login: ({ login }) => [login],
  id: ({ id, queueId, messageId }) => [id, queueId, messageId],
  filter: ({ filter, filters }) => [filter, ...filters.filter(didSomething).map(({ name }) => name)],
  label: ({ labels }) => labels,
};

/** The same for lines of the log. */
const LINE_FIELDS: Partial<Record<TextField, (line: LogLine) => readonly (string | undefined)[]>> = {
  q: ({ text, type, queueId, filter }) => [text, type, queueId, filter],
  id: ({ id, queueId }) => [id, queueId],
  filter: ({ filter }) => [filter],
};

/** Whether a filter did anything with a message: each one of the chain is in each message's list. */
function didSomething({ verdicts, changes, remarks, errors }: FilterPart): boolean {
  return verdicts.length + changes.length + remarks.length + errors.length > 0;
}

function textsOfFilter({ name, verdicts, changes, remarks, errors }: FilterPart): (string | undefined)[] {
  return [
    name,
    ...verdicts.flatMap(({ verdict, reply }) => [verdict, reply]),
    ...changes,
    ...remarks,
    ...errors.map(({ error }) => error),
  ];
}
