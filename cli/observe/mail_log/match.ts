/**
 * Whether a message or a line of the log matches what is looked for.
 *
 * @module
 */

import type { FilterPart, LogLine, MailEntry } from "./entry.ts";
import type { LineQuery, MailQuery, OutcomeWord, TextField, Texts } from "./query.ts";

/**
 * Whether an encoded record may match, without decoding it, which takes longer.
 *
 * @param texts what is looked for
 * @param record the record as JSON
 */
export function couldMatch(texts: Texts, record: string): boolean {
  const lower = record.toLowerCase();
  return Object.entries(texts).every(([field, wanted]) =>
    wanted.every((text) =>
      // These need not occur as they are.
      (field === "from" && text === "<>") || (field === "client" && text.includes("/")) ||
      // Methods and their results are apart.
      text.split("=").every((part) => lower.includes(JSON.stringify(part).slice(1, -1)))
    )
  );
}

/** Whether a message matches. */
export function matchesEntry({ texts, network, outcomes }: MailQuery, entry: MailEntry): boolean {
  if (outcomes && ![...outcomes].some((word) => hasOutcome(entry, word))) return false;
  return Object.entries(texts).every(([field, wanted]) => {
    if (field === "from" && wanted[0] === "<>") return entry.sender === "";
    if (field === "client" && entry.client !== undefined && network?.has(entry.client)) return true;
    const found = FIELDS[field as TextField](entry).map((text) => text?.toLowerCase());
    return wanted.every((text) => found.some((each) => each?.includes(text)));
  });
}

/** Whether a line matches. */
export function matchesLine({ texts, levels }: LineQuery, line: LogLine): boolean {
  if (levels && !levels.has(line.level)) return false;
  const fields: Partial<Record<TextField, readonly (string | undefined)[]>> = {
    q: [line.text, line.type, line.queueId, line.filter],
    id: [line.id, line.queueId],
    filter: [line.filter],
  };
  return Object.entries(texts).every(([field, wanted]) =>
    wanted.every((text) => fields[field as TextField]?.some((each) => each?.toLowerCase().includes(text)))
  );
}

function hasOutcome(entry: MailEntry, word: OutcomeWord): boolean {
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
