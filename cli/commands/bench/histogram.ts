/**
 * A histogram of times with logarithmic buckets: its memory does not grow with the number of times, and its percentiles
 * are accurate to 1 %.
 *
 * @module
 */

/** Buckets for each doubling of the time. */
const STEPS = 64;
/** The range: from 1 microsecond up to this many doublings of it, which is over an hour. */
const DOUBLINGS = 32;

/** A row of the printed histogram. */
export interface Row {
  /** The shortest time in it, in milliseconds. */
  readonly from: number;
  /** Number of times in it. */
  readonly count: number;
}

/** Collects times in buckets. */
export class LatencyHistogram {
  /** Number of times. */
  count = 0;
  /** The longest time, in milliseconds; 0 if there is none. */
  max = 0;
  #sum = 0;
  #buckets = new Uint32Array(STEPS * DOUBLINGS);

  /**
   * Adds a time.
   *
   * @param milliseconds the time; less than a microsecond counts as one
   */
  add(milliseconds: number): void {
    this.count++;
    this.#sum += milliseconds;
    if (milliseconds > this.max) this.max = milliseconds;
    const bucket = bucketOf(milliseconds);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  /** The mean, in milliseconds; 0 if there are no times. */
  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count;
  }

  /**
   * Returns a percentile: the time that so many percent of the times do not exceed.
   *
   * @param percent above 0, at most 100
   * @returns milliseconds; 0 if there are no times
   */
  percentile(percent: number): number {
    if (percent >= 100) return this.max;
    const wanted = Math.max(1, Math.ceil(this.count * percent / 100));
    let seen = 0;
    for (const [i, count] of this.#buckets.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(middleOf(i), this.max);
    }
    return 0;
  }

  /** Groups the times in rows that start at 1, 2, 5, 10, 20 ...: all rows from the first to the last with any times. */
  rows(): Row[] {
    const counts = new Map<number, number>();
    this.#buckets.forEach((count, i) => {
      if (count === 0) return;
      const row = rowOf(middleOf(i));
      counts.set(row, (counts.get(row) ?? 0) + count);
    });
    if (counts.size === 0) return [];
    const first = Math.min(...counts.keys());
    const last = Math.max(...counts.keys());
    return Array.from({ length: last - first + 1 }, (_, i) => ({
      from: startOfRow(first + i),
      count: counts.get(first + i) ?? 0,
    }));
  }
}

function bucketOf(milliseconds: number): number {
  const microseconds = Math.max(1, milliseconds * 1000);
  return Math.min(STEPS * DOUBLINGS - 1, Math.floor(Math.log2(microseconds) * STEPS));
}

/** The middle of a bucket, which stands for all its times, in milliseconds. */
function middleOf(bucket: number): number {
  return 2 ** ((bucket + 0.5) / STEPS) / 1000;
}

/** The number of a time's row. Row 0 begins at 1 microsecond. */
function rowOf(milliseconds: number): number {
  let row = 0;
  while (startOfRow(row + 1) <= milliseconds) row++;
  return row;
}

function startOfRow(row: number): number {
  const place = row % 3;
  const digit = place === 0 ? 1 : place === 1 ? 2 : 5;
  // Divide, so that a row begins at 0.2 ms and not at 0.2000001 ms.
  return digit * 10 ** Math.floor(row / 3) / 1000;
}
