/**
 * The single Authentication-Results field of a chain: what all its filters found, and nothing from untrusted sources.
 *
 * @module
 */

import { type AuthResult, formatAuthResults, uncheckedResults } from "../auth/authentication_results.ts";
import { OwnResultsFinder } from "../auth/authserv_id.ts";
import { parseAuthResults } from "../auth/parse_auth_results.ts";
import type { HeaderField } from "../message/header.ts";
import type { Headers } from "../message/header_list.ts";
import type { Network } from "../options/network.ts";
import type { MessageContext } from "./context.ts";
import type { EndOfMessage } from "./end_of_message.ts";
import type { ResultList } from "./results.ts";

const FIELD = "Authentication-Results";

/** Results of another service that are trusted. */
export interface TrustedResults {
  /** The authserv-id under which they are written. */
  readonly id: string;
  /** The clients that may send them; undefined if only a milter of this chain may. */
  readonly from?: Network | undefined;
}

/** Settings of {@linkcode writeResults}. */
export interface ResultsFieldSettings {
  /** The name under which this host reports (RFC 8601 section 2.5). */
  readonly authservId: string;
  /**
   * Which fields that arrived with the message are removed: all, those with our own id, or none.
   * @default "ours"
   */
  readonly strip?: "all" | "ours" | "none" | undefined;
  /** Results of others that count. @default none */
  readonly trusted?: readonly TrustedResults[] | undefined;
  /** The comment if there are no results, such as `not checked: trusted network`. @default nothing */
  readonly note?: string | undefined;
}

type Message = Pick<EndOfMessage, "headers" | "insertHeader" | "deleteHeader">;
type Context = Pick<MessageContext<unknown, unknown>, "results" | "client">;

/**
 * Adds trusted results of others to those of the message: from fields with our id that a milter of this chain added,
 * and from fields with trusted ids. Each field is taken once. {@linkcode writeResults} does this too; call this
 * function first if the filter needs the results.
 *
 * @param message what `eom` got
 * @param context what `eom` got
 * @param settings our id, and whose results count
 */
export function takeResults(
  message: Pick<Message, "headers">,
  context: Context,
  settings: ResultsFieldSettings,
): void {
  sortFields(message.headers, context, settings);
}

/**
 * Writes the Authentication-Results field of a chain with all results so far (RFC 8601), replacing those that earlier
 * filters of the chain wrote. The filter must declare the changes `insertHeader` and `deleteHeader`.
 *
 * Anyone can write any id into a field. So each filter that writes removes the fields with our id that arrived with the
 * message, and those with a trusted id that the client may not send. It does so even if an earlier filter has removed
 * them, whose changes may have been dropped, as in a dry run.
 *
 * @param message what `eom` got
 * @param context what `eom` got
 * @param settings our id, and whose results count
 * @throws {TypeError} for an invalid id
 */
export function writeResults(message: Message, context: Context, settings: ResultsFieldSettings): void {
  const { authservId } = settings;
  const results = context.results as ResultList;
  // From the last one to the first, since the MTA numbers them.
  for (const field of sortFields(message.headers, context, settings).reverse()) message.deleteHeader(field);
  const all = [...results];
  const value = all.length === 0 && settings.note !== undefined
    ? uncheckedResults(authservId, settings.note)
    : formatAuthResults(authservId, all);
  results.written.add(value);
  message.insertHeader(0, FIELD, value);
}

/** Takes the trusted results, and returns the fields that ours replaces or that must be removed. */
function sortFields(headers: Headers, context: Context, settings: ResultsFieldSettings): HeaderField[] {
  const results = context.results as ResultList;
  const judge = new FieldJudge(settings, context.client?.address ?? "");
  const remove: HeaderField[] = [];
  for (const field of headers.all(FIELD)) {
    const arrived = headers.arrived(field);
    if (!arrived && results.written.has(field.value)) {
      remove.push(field);
      continue;
    }
    const { counted, stays } = arrived ? judge.ofMessage(field) : judge.ofChain(field);
    if (!stays) remove.push(field);
    if (!counted || results.taken.has(field)) continue;
    results.taken.add(field);
    results.addNew(counted);
  }
  return remove;
}

/** What happens to a field. */
interface Fate {
  /** Its results, if they are trusted. */
  readonly counted?: readonly AuthResult[];
  /** Whether it stays in the message. */
  readonly stays: boolean;
}

/** Decides what happens to the fields of one message. */
class FieldJudge {
  readonly #id: string;
  readonly #ours: OwnResultsFinder;
  readonly #trusted: readonly (TrustedResults & { readonly finder: OwnResultsFinder })[];
  readonly #strip: "all" | "ours" | "none";
  readonly #client: string;

  constructor({ authservId, strip = "ours", trusted = [] }: ResultsFieldSettings, client: string) {
    this.#id = authservId;
    this.#ours = new OwnResultsFinder(authservId);
    this.#trusted = trusted.map((one) => ({ ...one, finder: new OwnResultsFinder(one.id) }));
    this.#strip = strip;
    this.#client = client;
  }

  /** A field that a filter of this chain added. One that does not follow RFC 8601 has no results. */
  ofChain(field: HeaderField): Fate {
    const parsed = parseAuthResults(field.valueBytes);
    if (!parsed) return { stays: true };
    if (sameId(this.#id, parsed.id)) return { counted: parsed.results, stays: false };
    const isTrusted = this.#trusted.some(({ id, from }) => from === undefined && sameId(id, parsed.id));
    return isTrusted ? { counted: parsed.results, stays: true } : { stays: true };
  }

  /** A field that arrived with the message. */
  ofMessage(field: HeaderField): Fate {
    const parsed = parseAuthResults(field.valueBytes);
    const isOurs = this.#ours.isOurs(field.valueBytes);
    const mayBring = parsed !== undefined &&
      this.#trusted.some(({ id, from }) => sameId(id, parsed.id) && from?.has(this.#client) === true);
    // A field with our own id would be a second one next to the one that we write.
    if (mayBring) return { counted: parsed.results, stays: !isOurs };
    if (this.#strip === "all") return { stays: false };
    if (isOurs && this.#strip === "ours") return { stays: false };
    return { stays: !this.#trusted.some(({ finder }) => finder.isOurs(field.valueBytes)) };
  }
}

function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
