/**
 * The one Authentication-Results field of a chain: what all its filters found, and nothing that a stranger wrote.
 *
 * @module
 */

import { type AuthResult, formatAuthResults, uncheckedResults } from "../auth/authentication_results.ts";
import { OwnResultsFinder } from "../auth/authserv_id.ts";
import { parseAuthResults } from "../auth/parse_auth_results.ts";
import type { HeaderField } from "../message/header.ts";
import type { Network } from "../options/network.ts";
import type { MessageContext } from "./context.ts";
import type { EndOfMessage } from "./end_of_message.ts";
import type { ResultList } from "./results.ts";

const FIELD = "Authentication-Results";

/** Results of others that count. */
export interface TrustedResults {
  /** The authserv-id under which they are written. */
  readonly id: string;
  /** The clients that may bring them; undefined if only a milter of this chain may. */
  readonly from?: Network | undefined;
}

/** Settings of {@linkcode writeResults}. */
export interface ResultsFieldSettings {
  /** The name under which this host reports (RFC 8601 section 2.5). */
  readonly authservId: string;
  /**
   * Which fields that came with the message are removed: all, those with our own id, or none.
   * @default "ours"
   */
  readonly strip?: "all" | "ours" | "none" | undefined;
  /** Results of others that count. @default none */
  readonly trusted?: readonly TrustedResults[] | undefined;
  /** What to say if there are no results, such as `not checked: trusted network`. @default nothing */
  readonly note?: string | undefined;
}

/**
 * Writes the Authentication-Results field of a chain with all results so far (RFC 8601), in place of the one that an earlier
 * filter of the chain wrote. The filter must declare the changes `insertHeader` and `deleteHeader`.
 *
 * Anyone can write any id into a field. So the first filter that writes removes the fields with our id that came with the
 * message, and those with a trusted id that its client may not bring. Fields of our id that a milter of this chain added are
 * taken in: their results go on in our field.
 *
 * @param message what `eom` got
 * @param context what `eom` got
 * @param settings our id, and whose results count
 * @throws {TypeError} for an id that cannot be written
 */
export function writeResults(
  message: Pick<EndOfMessage, "headers" | "insertHeader" | "deleteHeader">,
  context: Pick<MessageContext<unknown, unknown>, "results" | "client">,
  settings: ResultsFieldSettings,
): void {
  const { authservId, strip = "ours", trusted = [] } = settings;
  const results = context.results as ResultList;
  const { headers } = message;
  const ours = new OwnResultsFinder(authservId);
  const client = context.client?.address ?? "";
  const remove = new Set<HeaderField>();
  for (const field of headers.all(FIELD)) {
    if (!headers.arrived(field)) {
      if (takesIn(field, ours, results, trusted)) remove.add(field);
    } else if (!results.cleaned) {
      const fate = fateOf(field, ours, trusted, client);
      results.add(...fate.results);
      if (fate.removed === "always" || strip === "all" || (strip === "ours" && fate.removed === "if ours")) {
        if (!fate.kept) remove.add(field);
      }
    }
  }
  results.cleaned = true;
  // From the last one on, since the MTA counts them.
  for (const field of [...remove].reverse()) message.deleteHeader(field);
  const all = [...results];
  results.written = all.length === 0 && settings.note !== undefined
    ? uncheckedResults(authservId, settings.note)
    : formatAuthResults(authservId, all);
  message.insertHeader(0, FIELD, results.written);
}

/** Takes the results of a field that a filter of this chain added; returns whether our field replaces it. */
function takesIn(
  field: HeaderField,
  ours: OwnResultsFinder,
  results: ResultList,
  trusted: readonly TrustedResults[],
): boolean {
  if (field.value === results.written) return true;
  const isOurs = ours.isOurs(field.valueBytes);
  if (results.taken.has(field)) return false;
  const parsed = parseAuthResults(field.valueBytes);
  if (!parsed) return false;
  if (!isOurs && !trusted.some(({ id, from }) => from === undefined && sameId(id, parsed.id))) return false;
  results.taken.add(field);
  results.add(...parsed.results);
  return isOurs;
}

/** What becomes of a field that came with the message. */
interface Fate {
  readonly results: readonly AuthResult[];
  readonly removed: "always" | "if ours" | "no";
  /** Whether it stays even if all others are removed. */
  readonly kept?: boolean;
}

function fateOf(
  field: HeaderField,
  ours: OwnResultsFinder,
  trusted: readonly TrustedResults[],
  client: string,
): Fate {
  const parsed = parseAuthResults(field.valueBytes);
  const mayBring = trusted.some(({ id, from }) =>
    parsed !== undefined && sameId(id, parsed.id) && from?.has(client) === true
  );
  const isOurs = ours.isOurs(field.valueBytes);
  // One of our own id would be a second field beside the one that we write.
  if (parsed && mayBring) {
    return { results: parsed.results, removed: isOurs ? "always" : "no", kept: !isOurs };
  }
  if (isOurs) return { results: [], removed: "if ours" };
  const pretends = trusted.some(({ id }) => new OwnResultsFinder(id).isOurs(field.valueBytes));
  return { results: [], removed: pretends ? "always" : "no" };
}

function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
