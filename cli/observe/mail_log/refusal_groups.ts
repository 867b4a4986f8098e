/**
 * Groups refusals that are equal but for numbers and addresses in their reply.
 *
 * @module
 */

import type { Refusal } from "../mail_counts.ts";
import type { KeptRecord } from "./bounded_log.ts";
import { GROUP_EXAMPLES, type RefusalGroup } from "./entry.ts";

/** What refusals of one group have in common. */
type Common = Pick<RefusalGroup, "outcome" | "of" | "filter" | "event" | "reply">;

/** Stands for what differs between replies of a group. */
const DIFFERENT = "…";
/**
 * What differs: quoted text, addresses of mail, IP addresses and other words with digits. Each alternative ends where the
 * next character cannot go on, so that matching takes linear time.
 */
const DIFFERS = /"[^"]*"|<[^<>]*>|[^\s<>"()[\],;]*[@\d][^\s<>"()[\],;]*/g;

/** Returns a text by which a refusal is grouped with others. */
export function groupKey(refusal: Pick<Refusal, "outcome" | "of" | "filter" | "event" | "reply">): string {
  const { outcome, of, filter, event, reply } = refusal;
  return JSON.stringify({ outcome, of, filter, event, reply: reply && replyPattern(reply) });
}

/** Returns a reply without what differs between replies to the same thing. The codes at its start stay. */
export function replyPattern(reply: string): string {
  const [codes = ""] = /^\d{3}(?: \d\.\d{1,3}\.\d{1,3}\b)?/.exec(reply) ?? [];
  return codes + reply.slice(codes.length).replace(DIFFERS, DIFFERENT);
}

/** Collects refusals in groups. */
export class RefusalGroups {
  readonly #groups = new Map<string, { count: number; first: number; last: number; ids: string[] }>();

  /**
   * Adds refusals of one message; call with the newest first.
   *
   * @param key their {@linkcode groupKey}
   * @param count how many
   * @param message the message
   */
  add(key: string, count: number, { id, at }: Pick<KeptRecord, "id" | "at">): void {
    const group = this.#groups.get(key);
    if (!group) return void this.#groups.set(key, { count, first: at, last: at, ids: [id] });
    group.count += count;
    group.first = at;
    if (group.ids.length < GROUP_EXAMPLES) group.ids.push(id);
  }

  /** The groups, the largest first; of groups of one size the latest. */
  list(): RefusalGroup[] {
    const groups = [...this.#groups].sort(([, a], [, b]) => b.count - a.count || b.last - a.last);
    return groups.map(([key, { count, first, last, ids }]) => ({
      ...JSON.parse(key) as Common,
      count,
      first: new Date(first).toISOString(),
      last: new Date(last).toISOString(),
      ids,
    }));
  }
}
