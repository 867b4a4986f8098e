/**
 * Limits as people write them: `100/1h`, or `100/1h burst 20`.
 *
 * @module
 */

import { type Fail, formatDuration, parseDuration, parseInteger } from "../../lib/options/quantities.ts";
import type { Rate } from "../../lib/store/store.ts";

/** The most of a count and of a burst. */
const MOST = 1_000_000_000;
/** The longest time of a limit, and until an empty bucket is full again, in milliseconds. */
const LONGEST = 366 * 86_400_000;

/** What a key may send: `burst` at once, and `count` within `per` from then on. */
export interface Limit {
  /** The limit in its shortest form: the same text for limits that are the same. */
  readonly text: string;
  /** The limit as a bucket. */
  readonly rate: Required<Rate>;
}

const WANTED = "want a count, a slash and a time, such as 100/1h or 100/1h burst 20";

/**
 * Parses a limit.
 *
 * @param text such as `100/1h burst 20`
 * @param fail called for anything else
 */
export function parseLimit(text: string, fail: Fail): Limit {
  const [main = "", burstText, ...more] = text.trim().split(/\s+burst\s+/i);
  const [countText = "", timeText, ...others] = main.split(/\s*\/\s*/);
  if (timeText === undefined && /^\d+$/.test(countText)) return fail(`write ${countText}/1h for an hour`);
  if (timeText === undefined || more.length > 0 || others.length > 0) return fail(WANTED);
  const [unit] = /^[smhd](?=$|[a-z]+$)/i.exec(timeText) ?? [];
  if (unit !== undefined) return fail(`write ${countText}/1${unit.toLowerCase()}`);
  const about = (part: string): Fail => (reason) => fail(`the ${part}: ${reason}`);
  const count = parseInteger(countText, { min: 1, max: MOST }, about("count"));
  const per = parseDuration(timeText, { min: 1000, max: LONGEST }, about("time"));
  const burst = burstText === undefined
    ? count
    : parseInteger(burstText, { min: 1, max: MOST }, about("burst"));
  if (burst * per / count > LONGEST) {
    return fail("refilling so large a burst would take more than a year; give a smaller one");
  }
  const rest = burst === count ? "" : ` burst ${burst}`;
  return { text: `${count}/${formatDuration(per)}${rest}`, rate: { count, per, burst } };
}

/**
 * Whether the first limit makes the second pointless: mail within the first never exceeds the second. Both buckets
 * begin full and are taken from at the same time, so the smaller one, which fills no faster, never holds more.
 */
export function isStricter({ rate: a }: Limit, { rate: b }: Limit): boolean {
  return a.burst <= b.burst && a.count * b.per <= b.count * a.per;
}
