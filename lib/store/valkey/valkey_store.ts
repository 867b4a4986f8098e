/**
 * A store in a Valkey or Redis server, which several machines share.
 *
 * @module
 */

import { type Clock, systemClock } from "../../time/clock.ts";
import type { StateBackend, StateEntry, StateInfo } from "../backend.ts";
import {
  checkKey,
  checkKind,
  checkNumber,
  checkSighting,
  checkTake,
  checkText,
  type EntryKind,
} from "../checks.ts";
import { ErrorReply, type RespReply } from "../resp/reply.ts";
import type { ValkeyAddress } from "../state_address.ts";
import { type LifeFrom, type Rate, StoreError, type StoreUnavailableError, type Taken } from "../store.ts";
import { entryOf, kindOf, patternOf, textIn, valueOf } from "./entries.ts";
import { ValkeyLink } from "./link.ts";
import { SEEN, type ServerScript, TAKE } from "./scripts.ts";

/** The prefix of every key, so that the server can also serve other programs, and have access rules for our keys. */
const PREFIX = "milterkit:";
/** The longest lifetime, in milliseconds, that servers can add to the time: 30,000 years. */
const LONGEST_LIFE = 1e15;
/** The default time-out for an answer, in milliseconds. */
const TIMEOUT = 1000;
/** How many keys the server scans for one answer when all entries are read. */
const SCANNED = "500";

/** Settings of a store in a Valkey server. */
export interface ValkeyStoreOptions {
  /** The longest time for connecting, and for the answer to a call, in milliseconds, 1 or more. @default 1000 */
  readonly timeout?: number;
  /** The clock for that time. Entries live by the server's clock. @default the system's */
  readonly clock?: Clock;
}

/** What a server reports about itself. */
export interface ValkeyInfo {
  /** Its name and version, such as `Valkey 8.1.1`; undefined if it does not let us ask. */
  readonly version: string | undefined;
  /** How much memory it uses, in bytes. */
  readonly bytes: number | undefined;
}

/**
 * Keeps entries in a Valkey or Redis server. The first call connects, and so does the first call after a connection was
 * lost; a call whose connection breaks fails at once, since it is unknown whether it was executed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseStateAddress } from "../state_address.ts";
 * import { ValkeyStore } from "./valkey_store.ts";
 *
 * const address = parseStateAddress("redis://127.0.0.1:1");
 * assert.ok(address.kind === "valkey");
 * const store = new ValkeyStore(address);
 * await assert.rejects(store.get("key"), /The state at redis:\/\/127\.0\.0\.1:1 is unavailable/);
 * await store.close();
 * ```
 */
export class ValkeyStore implements StateBackend {
  readonly #link: ValkeyLink;

  /**
   * @param address the server
   * @param options settings
   * @throws {StoreError} if the time-out is below 1
   */
  constructor(address: ValkeyAddress, { timeout = TIMEOUT, clock = systemClock }: ValkeyStoreOptions = {}) {
    checkNumber(timeout, "A time-out");
    this.#link = new ValkeyLink(address, { timeout, clock });
  }

  async get(key: string): Promise<string | undefined> {
    checkKey(key);
    const reply = await this.#link.ask(["GET", PREFIX + key]);
    if (reply === null) return undefined;
    if (reply instanceof ErrorReply) throw this.#refusal(reply, key);
    if (typeof reply !== "string") throw this.#strange();
    checkEntry(key, reply, "text");
    return textIn(reply);
  }

  async set(key: string, value: string, life: number): Promise<void> {
    checkText(key, value, life);
    await this.#link.call(["SET", PREFIX + key, valueOf(value), "PX", lifeText(life)]);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#link.call(["DEL", PREFIX + key]);
  }

  async seen(key: string, life: number, from: LifeFrom = "last"): Promise<number | undefined> {
    checkSighting(key, life, from);
    const reply = await this.#run(SEEN, key, "sighting", [lifeText(life), from]);
    if (typeof reply !== "number") throw this.#strange();
    return reply < 0 ? undefined : reply;
  }

  async take(key: string, rate: Rate, amount: number = 1): Promise<Taken> {
    checkTake(key, rate, amount);
    const { count, per, burst = count } = rate;
    const reply = await this.#run(TAKE, key, "rate", [count, per, burst, amount, LONGEST_LIFE].map(String));
    const [ok, left, wait] = Array.isArray(reply) ? reply as RespReply[] : [];
    if (typeof left !== "number" || typeof wait !== "number") throw this.#strange();
    return { ok: ok === 1, left, wait };
  }

  /**
   * Checks that the server can be used: connects, logs in, and tries the commands that calls need.
   *
   * @returns what it reports about itself
   * @throws {StoreUnavailableError} `lasting` if the address or the server's configuration must be changed
   */
  async check(): Promise<ValkeyInfo> {
    const info = await this.#link.ask(["INFO"]);
    const text = typeof info === "string" ? info : "";
    // Otherwise a cluster would seem to work for some keys.
    if (/^cluster_enabled:1\r?$/m.test(text)) throw this.#link.refusal(new ErrorReply("MOVED"));
    await this.take("check", { count: 1, per: 1 });
    await this.delete("check");
    const [, bytes] = /^used_memory:(\d+)/m.exec(text) ?? [];
    return { version: versionIn(text), bytes: bytes === undefined ? undefined : Number(bytes) };
  }

  async *entries(prefix = ""): AsyncGenerator<StateEntry> {
    // A server that resizes its hash table meanwhile returns some keys twice.
    const told = new Set<string>();
    let cursor = "0";
    do {
      const pattern = patternOf(PREFIX + prefix);
      const reply = await this.#link.call(["SCAN", cursor, "MATCH", pattern, "COUNT", SCANNED]);
      const [next, keys] = Array.isArray(reply) ? reply : [];
      if (typeof next !== "string" || !Array.isArray(keys)) throw this.#strange();
      yield* await this.#entriesOf((keys as string[]).filter((key) => !told.has(key) && told.add(key)));
      cursor = next;
    } while (cursor !== "0");
  }

  /**
   * Measures the server: `entries` counts all keys of the database, and `bytes` all memory in use, including that for
   * other programs.
   */
  async info(): Promise<StateInfo> {
    const { version, bytes } = await this.check();
    return {
      kind: "valkey",
      address: this.#link.shownAddress,
      software: version ?? "a server that does not name itself",
      entries: Number(await this.#link.call(["DBSIZE"])),
      bytes,
    };
  }

  /** Closes the connection once pending calls are answered. Later calls fail. */
  async close(): Promise<void> {
    await this.#link.close();
  }

  async #entriesOf(keys: readonly string[]): Promise<StateEntry[]> {
    const time = await this.#link.call(["TIME"]);
    const [seconds, micros] = Array.isArray(time) ? time : [];
    const now = Number(seconds) * 1000 + Number(micros) / 1000;
    const entries = await Promise.all(keys.map(async (key) => {
      const [value, life] = await Promise.all([this.#link.ask(["GET", key]), this.#link.call(["PTTL", key])]);
      // An error means a key of another program that is not a string.
      return entryOf(key.slice(PREFIX.length), typeof value === "string" ? value : null, Number(life), now);
    }));
    return entries.filter((entry) => entry !== undefined);
  }

  async #run(
    script: ServerScript,
    key: string,
    kind: EntryKind,
    args: readonly string[],
  ): Promise<RespReply> {
    const reply = await this.#link.run(script, PREFIX + key, args);
    if (reply instanceof ErrorReply) throw this.#refusal(reply, key);
    if (typeof reply === "string") checkEntry(key, reply, kind);
    return reply;
  }

  #refusal(reply: ErrorReply, key: string): StoreError | StoreUnavailableError {
    return reply.kind === "WRONGTYPE" ? foreign(key) : this.#link.refusal(reply);
  }

  #strange(): StoreUnavailableError {
    return this.#link.error({ reason: "it sent an unexpected answer", lasting: false });
  }
}

/** @throws {StoreError} if an entry is not of the kind that a call wants */
function checkEntry(key: string, value: string, wanted: EntryKind): void {
  const kind = kindOf(value);
  if (kind === undefined) throw foreign(key);
  checkKind(key, kind, wanted);
}

/** Valkey also reports a compatible version of Redis. */
function versionIn(info: string): string | undefined {
  const [, valkey] = /^valkey_version:([\w.-]+)/m.exec(info) ?? [];
  const [, redis] = /^redis_version:([\w.-]+)/m.exec(info) ?? [];
  if (valkey !== undefined) return `Valkey ${valkey}`;
  return redis === undefined ? undefined : `Redis ${redis}`;
}

function foreign(key: string): StoreError {
  return new StoreError(key, "Cannot use a key under which another program keeps something");
}

function lifeText(life: number): string {
  return String(Math.ceil(Math.min(life, LONGEST_LIFE)));
}
