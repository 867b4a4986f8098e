/**
 * Groups refusals that are equal but for numbers and addresses in their reply.
 *
 * @module
 */

import type { Refusal } from "../mail_counts.ts";
import type { GroupShare, KeptRecord } from "./bounded_log.ts";
import { GROUP_EXAMPLES, type RefusalGroup } from "./entry.ts";

/** What refusals of one group have in common. */
type Common = Pick<RefusalGroup, "outcome" | "of" | "filter" | "event" | "reply">;

/** Stands for what differs between replies of a group. */
const DIFFERENT = "…";
/** Quoted text, text in angle brackets, and words. */
const PIECES = /"[^"]*"|<[^<>]*>|[^\s<>"()[\],;]+/g;
/** How pieces begin that differ, and what makes other words differ: they are addresses of mail, IP addresses or numbers. */
const DIFFERS = /^["<]|[@\d]/;

/**
 * Finds the group of a refusal.
 *
 * @returns the group's key, and the refusal's reply if that is not the group's own
 */
export function refusalGroup(
  { outcome, of, filter, event, reply }: Pick<Refusal, "outcome" | "of" | "filter" | "event" | "reply">,
): { readonly key: string; readonly reply?: string } {
  const pattern = reply && replyPattern(reply);
  const key = JSON.stringify({ outcome, of, filter, event, reply: pattern });
  return pattern === reply ? { key } : { key, reply: reply! };
}

/** Returns a reply without what differs between replies to the same thing. The codes at its start stay. */
export function replyPattern(reply: string): string {
  const [codes = ""] = /^\d{3}(?: \d\.\d{1,3}\.\d{1,3}\b)?/.exec(reply) ?? [];
  return codes +
    reply.slice(codes.length).replace(PIECES, (piece) => DIFFERS.test(piece) ? DIFFERENT : piece);
}

/** Collects refusals in groups. */
export class RefusalGroups {
  readonly #groups = new Map<string, Group>();

  /**
   * Adds refusals of one message; call with the newest first.
   *
   * @param key the key of their group
   * @param share the refusals
   * @param message the message
   */
  add(key: string, { count, reply }: GroupShare, { id, at }: Pick<KeptRecord, "id" | "at">): void {
    const group = this.#groups.get(key);
    if (!group) return void this.#groups.set(key, { count, first: at, last: at, ids: [id], reply });
    group.count += count;
    group.first = at;
    if (group.reply !== reply) group.reply = undefined;
    if (group.ids.length < GROUP_EXAMPLES) group.ids.push(id);
  }

  /** The groups, the largest first; of groups of one size the latest. */
  list(): RefusalGroup[] {
    const groups = [...this.#groups].sort(([, a], [, b]) => b.count - a.count || b.last - a.last);
    return groups.map(([key, { count, first, last, ids, reply }]) => ({
      ...JSON.parse(key) as Common,
      ...(reply === undefined ? {} : { reply }),
      count,
      first: new Date(first).toISOString(),
      last: new Date(last).toISOString(),
      ids,
    }));
  }
}

/** A group under construction; times in milliseconds since 1970. */
interface Group {
  count: number;
  first: number;
  readonly last: number;
  readonly ids: string[];
  /** The reply of all of them, if they have the same one. */
  reply: string | undefined;
}
