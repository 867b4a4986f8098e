/**
 * The entries of a file, with the synchronous effect of each store call.
 *
 * @module
 */

import type { StateEntry } from "../backend.ts";
import { takeFrom } from "../bucket.ts";
import type { StoreCall, StoreResult } from "../calls.ts";
import { checkKind, type EntryKind } from "../checks.ts";
import type { LifeFrom, Rate, Taken } from "../store.ts";
import type { Database, SqlValue, Statement } from "./database.ts";
import type { Timeline } from "./timeline.ts";

/** The kinds of entries, by their numbers in the file. */
const KINDS: readonly EntryKind[] = ["text", "sighting", "rate"];

type Row = Record<string, SqlValue>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The entries of a file. */
export class EntryTable {
  readonly #timeline: Timeline;
  readonly #find: Statement;
  readonly #put: Statement;
  readonly #remove: Statement;
  readonly #page: Statement;
  readonly #scan: Statement;
  readonly #count: Statement;
  readonly #note: Statement;
  /** The number of entries, including some that have expired. */
  size: number;

  constructor(database: Database, timeline: Timeline) {
    this.#timeline = timeline;
    this.#find = database.prepare("SELECT kind, text, level, since, expires FROM entries WHERE key = ?");
    this.#put = database.prepare(
      "INSERT INTO entries (key, kind, text, level, since, expires) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET " +
        "kind = excluded.kind, text = excluded.text, level = excluded.level, since = excluded.since, expires = excluded.expires",
    );
    this.#remove = database.prepare("DELETE FROM entries WHERE key = ?");
    this.#page = database.prepare("SELECT * FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?");
    this.#scan = database.prepare("SELECT key, expires FROM entries WHERE key > ? ORDER BY key LIMIT ?");
    this.#count = database.prepare("SELECT count(*) AS count FROM entries");
    this.#note = database.prepare("UPDATE clock SET latest = ?");
    this.size = this.counted();
  }

  /**
   * Executes a checked call.
   *
   * @throws {StoreError} if the key holds an entry of another kind
   */
  call(call: StoreCall): StoreResult {
    const key = encoder.encode(call[1]);
    switch (call[0]) {
      case "get": {
        const row = this.#living(this.#find.get(key), call[1], "text");
        return row && textOf(row);
      }
      case "set":
        return this.#set(key, call[2], call[3]);
      case "delete":
        return this.#delete(key);
      case "seen":
        return this.#seen(key, call[1], call[2], call[3]);
      case "take":
        return this.#take(key, call[1], call[2], call[3]);
    }
  }

  /** Notes the time, so that it never goes back. */
  noteTime(): void {
    this.#note.run(this.#timeline.now());
  }

  /** Counts the entries, which takes a while if there are many. */
  counted(): number {
    return Number(this.#count.get()?.count);
  }

  /**
   * Removes the expired entries of a part of the file.
   *
   * @param after the key before that part; empty for the beginning
   * @param most how many entries it has
   * @returns the last key of that part, and how many entries were removed; no key if it was the last part
   */
  sweep(
    after: Uint8Array,
    most: number,
  ): { readonly last: Uint8Array | undefined; readonly removed: number } {
    const now = this.#timeline.now();
    const rows = this.#scan.all(after, most);
    const over = rows.filter(({ expires }) => Number(expires) <= now);
    for (const { key } of over) this.#remove.run(key as Uint8Array);
    this.size -= over.length;
    const last = rows.length < most ? undefined : rows.at(-1)?.key;
    return { last: last instanceof Uint8Array ? last : undefined, removed: over.length };
  }

  /**
   * Returns some of the entries whose keys begin with a text.
   *
   * @param prefix the text
   * @param after the key before the first one; undefined for the beginning
   * @param most how many entries to read
   * @returns the unexpired ones, and the last key that was read; no key at the end
   */
  page(
    prefix: string,
    after: Uint8Array | undefined,
    most: number,
  ): { readonly last: Uint8Array | undefined; readonly entries: StateEntry[] } {
    const start = encoder.encode(prefix);
    // No text has this byte in UTF-8.
    const end = new Uint8Array([...start, 0xff]);
    const now = this.#timeline.now();
    const rows = this.#page.all(after ? new Uint8Array([...after, 0]) : start, end, most);
    const last = rows.at(-1)?.key;
    return {
      last: last instanceof Uint8Array ? last : undefined,
      entries: rows.filter(({ expires }) => Number(expires) > now).map((row) => entryOf(row, now)),
    };
  }

  #set(key: Uint8Array, value: string, life: number): undefined {
    const now = this.#timeline.now();
    // As JSON, which preserves NUL and lone surrogates.
    this.#write(key, this.#find.get(key), 0, JSON.stringify(value), null, now, now + Math.ceil(life));
  }

  #delete(key: Uint8Array): undefined {
    if (!this.#find.get(key)) return;
    this.#remove.run(key);
    this.size--;
  }

  #seen(key: Uint8Array, name: string, life: number, from: LifeFrom): number | undefined {
    const now = this.#timeline.now();
    const there = this.#find.get(key);
    const row = this.#living(there, name, "sighting");
    if (row && from === "first") return Math.max(0, now - Number(row.since));
    const since = row ? Number(row.since) : now;
    this.#write(key, there, 1, null, null, since, now + Math.ceil(life));
    return row ? Math.max(0, now - since) : undefined;
  }

  #take(key: Uint8Array, name: string, rate: Rate, amount: number): Taken {
    const now = this.#timeline.now();
    const there = this.#find.get(key);
    const row = this.#living(there, name, "rate");
    const bucket = row && { level: Number(row.level), at: Number(row.since) };
    const { taken, next, life } = takeFrom(bucket, rate, amount, now);
    if (next) this.#write(key, there, 2, null, next.level, Math.ceil(next.at), now + life);
    return taken;
  }

  /** Writes an entry, replacing an existing one. */
  #write(
    key: Uint8Array,
    there: Row | null | undefined,
    kind: number,
    text: string | null,
    level: number | null,
    since: number,
    expires: number,
  ): void {
    this.#put.run(key, kind, text, level, since, expires);
    if (!there) this.size++;
  }

  /** Returns an entry unless it has expired. */
  #living(row: Row | null | undefined, name: string, kind: EntryKind): Row | undefined {
    if (!row || Number(row.expires) <= this.#timeline.now()) return undefined;
    checkKind(name, KINDS[Number(row.kind)] ?? "text", kind);
    return row;
  }
}

/** @throws {Error} if it contains something that we have not written */
function textOf({ text }: Row): string {
  try {
    const found: unknown = JSON.parse(String(text));
    if (typeof found === "string") return found;
  } catch {
    // Not valid JSON either.
  }
  throw new Error("malformed text");
}

function entryOf({ key, kind, text, level, since, expires }: Row, now: number): StateEntry {
  const common = { key: decoder.decode(key as Uint8Array), life: Number(expires) - now };
  const age = Math.max(0, now - Number(since));
  switch (KINDS[Number(kind)]) {
    case "sighting":
      return { ...common, kind: "sighting", age };
    case "rate":
      return { ...common, kind: "rate", level: Number(level), age };
    default:
      return { ...common, kind: "text", text: textOf({ text: text ?? null }) };
  }
}
