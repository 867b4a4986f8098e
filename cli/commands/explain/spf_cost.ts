/**
 * Counts the terms of an SPF record and of all that it includes, whether a client's check needs them or not.
 *
 * @module
 */

import { queryName } from "../../../lib/auth/dns_names.ts";
import type { MacroString } from "../../../lib/auth/spf/macro_string.ts";
import { isSpfRecord, parseSpfRecord } from "../../../lib/auth/spf/record.ts";
import type { TxtResolver } from "../../../lib/dns/resolver.ts";

/** What a record can cost. */
export interface SpfCost {
  /** The terms that need DNS, up to {@link MAX_COUNTED}. */
  readonly terms: number;
  /** Whether there are more, or some that depend on the message or could not be looked up. */
  readonly atLeast: boolean;
}

/** More are not counted: the record has far too many. */
export const MAX_COUNTED = 60;

/**
 * Counts what a client costs that no mechanism but `all` matches (RFC 7208 section 4.6.4).
 *
 * @param text the record
 * @param resolver looks up what it includes
 * @param signal ends the lookups; what was not counted by then is left out
 */
export async function costOf(text: string, resolver: TxtResolver, signal: AbortSignal): Promise<SpfCost> {
  const cost = { terms: 0, atLeast: false };
  await count(text, resolver, signal, cost);
  return cost;
}

async function count(
  text: string,
  resolver: TxtResolver,
  signal: AbortSignal,
  cost: { terms: number; atLeast: boolean },
): Promise<void> {
  const record = parseSpfRecord(text);
  if ("problem" in record) return;
  const all = record.mechanisms.findIndex(({ kind }) => kind === "all");
  const reached = all < 0 ? record.mechanisms : record.mechanisms.slice(0, all);
  for (const { kind, target } of reached) {
    if (kind === "ip4" || kind === "ip6") continue;
    if (!countOne(cost)) return;
    if (kind === "include") await follow(target, resolver, signal, cost);
  }
  if (all < 0 && record.redirect !== undefined && countOne(cost)) {
    await follow(record.redirect, resolver, signal, cost);
  }
}

/** @returns whether to go on */
function countOne(cost: { terms: number; atLeast: boolean }): boolean {
  if (cost.terms < MAX_COUNTED) {
    cost.terms++;
    return true;
  }
  cost.atLeast = true;
  return false;
}

async function follow(
  target: MacroString | undefined,
  resolver: TxtResolver,
  signal: AbortSignal,
  cost: { terms: number; atLeast: boolean },
): Promise<void> {
  const [literal, ...more] = target?.pieces ?? [];
  const name = typeof literal === "string" && more.length === 0 ? queryName(literal) : undefined;
  const record = name === undefined ? undefined : await recordOf(name, resolver, signal);
  if (record === undefined) cost.atLeast = true;
  else await count(record, resolver, signal, cost);
}

async function recordOf(
  name: string,
  resolver: TxtResolver,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (signal.aborted) return undefined;
  try {
    const answer = await resolver.resolveTxt(name, signal);
    return answer.status === "found" ? answer.records.find(isSpfRecord) : undefined;
  } catch {
    return undefined; // time is up
  }
}
