/**
 * Keeps the last records in bounded memory. Common records never push out rare ones, nor the other way round: each kind
 * has at least half of the room.
 *
 * @module
 */

/** A record, encoded: a text takes a fraction of the memory of objects, and its size is known. */
export interface KeptRecord {
  /** Identifies it: letters, digits and a hyphen. */
  readonly id: string;
  /** When it happened, in milliseconds since 1970. */
  readonly at: number;
  /** It as JSON. */
  readonly text: string;
  /** Whether it is of the rare kind: what people look for, such as a refusal. */
  readonly rare: boolean;
  /** Its refusals, by the key of their group; absent if it has none. */
  readonly groups?: Readonly<Record<string, GroupShare>>;
}

/** The refusals of one record that belong to one group. */
export interface GroupShare {
  readonly count: number;
  /** The reply to the last of them, if that is not the group's own. */
  readonly reply?: string;
}

/** The limits of a log. */
export interface LogLimits {
  /** The most records. */
  readonly records: number;
  /** The most memory, in bytes. */
  readonly bytes: number;
}

/** What a record takes besides its text, in bytes; measured on both runtimes. */
const RECORD_BYTES = 200;
/** How many removed records may remain at the front of a list before it is copied. */
const SLACK = 1024;

/** Keeps the last records of two kinds. */
export class BoundedLog {
  #limits: LogLimits;
  readonly #common = new Queue();
  readonly #rare = new Queue();

  /** @param limits its limits */
  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  /** The number of records. */
  get length(): number {
    return this.#common.length + this.#rare.length;
  }

  /** The memory that they take, in bytes, about. */
  get bytes(): number {
    return this.#common.bytes + this.#rare.bytes;
  }

  /** When the oldest record happened, in milliseconds since 1970; undefined if there is none. */
  get oldest(): number | undefined {
    const [common, rare] = [this.#common.at(0)?.at, this.#rare.at(0)?.at];
    return common === undefined || rare === undefined ? common ?? rare : Math.min(common, rare);
  }

  /** The limits; lower ones remove what is above them at once. */
  get limits(): LogLimits {
    return this.#limits;
  }

  set limits(limits: LogLimits) {
    this.#limits = limits;
    this.#shrink();
  }

  /** Adds records of a process, oldest first. */
  add(records: readonly KeptRecord[]): void {
    this.#common.push(records.filter(({ rare }) => !rare));
    this.#rare.push(records.filter(({ rare }) => rare));
    this.#shrink();
  }

  /** All records, newest first. */
  *newestFirst(): Generator<KeptRecord> {
    let [common, rare] = [this.#common.length - 1, this.#rare.length - 1];
    while (common >= 0 || rare >= 0) {
      const [one, other] = [this.#common.at(common), this.#rare.at(rare)];
      if (one && (!other || one.at > other.at)) {
        common--;
        yield one;
      } else if (other) {
        rare--;
        yield other;
      }
    }
  }

  #shrink(): void {
    const { records, bytes } = this.#limits;
    while (this.#common.length + this.#rare.length > records) {
      (this.#common.length > this.#rare.length ? this.#common : this.#rare).shift();
    }
    while (this.#common.bytes + this.#rare.bytes > bytes) {
      (this.#common.bytes > this.#rare.bytes ? this.#common : this.#rare).shift();
    }
  }
}

/** A queue of records in the order of their time. */
class Queue {
  bytes = 0;
  #records: (KeptRecord | undefined)[] = [];
  #start = 0;

  get length(): number {
    return this.#records.length - this.#start;
  }

  at(index: number): KeptRecord | undefined {
    return index < 0 ? undefined : this.#records[this.#start + index];
  }

  /** Merges records by time: reports of several processes arrive one after the other. */
  push(added: readonly KeptRecord[]): void {
    const [first] = added;
    if (!first) return;
    let place = this.#records.length;
    while (place > this.#start && this.#records[place - 1]!.at > first.at) place--;
    const later = this.#records.splice(place);
    let next = 0;
    for (const record of added) {
      while (next < later.length && later[next]!.at <= record.at) this.#records.push(later[next++]);
      this.#records.push(record);
      this.bytes += sizeOf(record);
    }
    for (const record of later.slice(next)) this.#records.push(record);
  }

  /** Removes the oldest. */
  shift(): void {
    this.bytes -= sizeOf(this.#records[this.#start]!);
    this.#records[this.#start++] = undefined;
    if (this.#start < SLACK && this.#start < this.#records.length) return;
    this.#records = this.#records.slice(this.#start);
    this.#start = 0;
  }
}

function sizeOf({ text, groups }: KeptRecord): number {
  let size = RECORD_BYTES + bytesOf(text);
  for (const [key, { reply = "" }] of Object.entries(groups ?? {})) size += bytesOf(key) + bytesOf(reply);
  return size;
}

/** Both runtimes keep a text with one byte for each character if they all fit. */
function bytesOf(text: string): number {
  return text.length * (/[^\0-\xff]/.test(text) ? 2 : 1);
}
