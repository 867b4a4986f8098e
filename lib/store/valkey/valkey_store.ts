/**
 * A store in a Valkey or Redis server, which several machines share.
 *
 * @module
 */

import { type Clock, systemClock } from "../../time/clock.ts";
import type { StateBackend, StateEntry, StateInfo } from "../backend.ts";
import { checkKey, checkKind, checkSighting, checkTake, checkText, type EntryKind } from "../checks.ts";
import { ErrorReply, type Reply } from "../resp/reply.ts";
import { formatStateAddress, type ValkeyAddress } from "../state_address.ts";
import { type LifeFrom, type Rate, StoreError, StoreUnavailableError, type Taken } from "../store.ts";
import { ValkeyConnection } from "./connection.ts";
import { entryOf, patternOf } from "./entries.ts";
import { problemOfReply } from "./problems.ts";
import { type Script, SEEN, TAKE } from "./scripts.ts";

/** What every key begins with, so that the server can also serve other programs, and has a rule for our keys alone. */
const PREFIX = "milterkit:";
/** The longest text, in UTF-16 units: every reply must fit into what is read at most. */
const MOST_TEXT = 1_000_000;
/** The longest life, in milliseconds, which servers can add to the time: 30,000 years. */
const LONGEST_LIFE = 1e15;
/** The time for an answer unless another one is given, in milliseconds. */
const TIMEOUT = 1000;
/** The least time between two attempts to connect, in milliseconds. */
const PAUSE = 100;

/** How many keys the server looks at for an answer, when all entries are gone through. */
const SCANNED = "500";

/** The letters of entries. */
const KINDS: Readonly<Record<string, EntryKind>> = { t: "text", s: "sighting", r: "rate" };

/** Settings of a store in a Valkey server. */
export interface ValkeyStoreOptions {
  /** The longest time for connecting, and for the answer to a call, in milliseconds, 1 or more. @default 1000 */
  readonly timeout?: number;
  /** The clock for that time. Entries live by the server's clock. @default the system's */
  readonly clock?: Clock;
}

/** What a server says of itself. */
export interface ValkeyInfo {
  /** Its name and version, such as `Valkey 8.1.1`; undefined if it does not let us ask. */
  readonly version: string | undefined;
}

/**
 * Keeps entries in a Valkey or Redis server. The first call connects, and so does the first call after a connection was lost; a
 * call whose connection breaks fails at once, since nobody knows whether it was carried out.
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
  readonly #address: ValkeyAddress;
  readonly #options: { readonly timeout: number; readonly clock: Clock };
  #connection: ValkeyConnection | undefined;
  #connecting: Promise<ValkeyConnection> | undefined;
  /** Why the last attempt to connect failed, and when. */
  #failed: { readonly at: number; readonly error: StoreUnavailableError } | undefined;
  #isClosed = false;

  /**
   * @param address the server
   * @param options settings
   * @throws {StoreError} if the time-out is below 1
   */
  constructor(address: ValkeyAddress, { timeout = TIMEOUT, clock = systemClock }: ValkeyStoreOptions = {}) {
    if (!(timeout >= 1)) {
      throw new StoreError(timeout, `A timeout must be a number, 1 or more, got ${timeout}`);
    }
    this.#address = address;
    this.#options = { timeout, clock };
  }

  async get(key: string): Promise<string | undefined> {
    checkKey(key);
    const reply = await this.#call(["GET", PREFIX + key]);
    if (reply === null) return undefined;
    if (typeof reply !== "string") throw this.#strange();
    this.#checkLetter(key, reply[0], "text");
    return reply.slice(1);
  }

  async set(key: string, value: string, life: number): Promise<void> {
    checkText(key, value, life);
    if (value.length > MOST_TEXT) {
      throw new StoreError(
        value,
        `Cannot keep a text of ${value.length} characters: the most is ${MOST_TEXT}`,
      );
    }
    await this.#call(["SET", PREFIX + key, `t${value}`, "PX", lifeText(life)]);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#call(["DEL", PREFIX + key]);
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
    const reply = await this.#run(TAKE, key, "rate", [
      String(count),
      String(per),
      String(burst),
      String(amount),
      String(LONGEST_LIFE),
    ]);
    const [ok, left, wait] = Array.isArray(reply) ? reply as Reply[] : [];
    if (typeof left !== "number" || typeof wait !== "number") throw this.#strange();
    return { ok: ok === 1, left, wait };
  }

  /**
   * Makes sure that the server can be used: connects, logs in, and tries what calls need.
   *
   * @returns what it says of itself
   * @throws {StoreUnavailableError} `lasting` if the address or the server's configuration has to change
   */
  async check(): Promise<ValkeyInfo> {
    const info = await this.#ask(["INFO"]);
    const text = typeof info === "string" ? info : "";
    // Some keys of a cluster would work.
    if (/^cluster_enabled:1\r?$/m.test(text)) throw this.#problem(new ErrorReply("MOVED"));
    await this.take("check", { count: 1, per: 1 });
    return { version: versionIn(text) };
  }

  async *entries(prefix = ""): AsyncGenerator<StateEntry> {
    // A server that makes room for more keys meanwhile names some of them twice.
    const told = new Set<string>();
    let cursor = "0";
    do {
      const reply = await this.#call(["SCAN", cursor, "MATCH", patternOf(PREFIX + prefix), "COUNT", SCANNED]);
      const [next, keys] = Array.isArray(reply) ? reply : [];
      if (typeof next !== "string" || !Array.isArray(keys)) throw this.#strange();
      yield* await this.#entriesOf((keys as string[]).filter((key) => !told.has(key) && told.add(key)));
      cursor = next;
    } while (cursor !== "0");
  }

  /** Measures the server: `entries` are all keys of the database, those of other programs too. */
  async info(): Promise<StateInfo> {
    const { version } = await this.check();
    const size = await this.#call(["DBSIZE"]);
    return {
      kind: "valkey",
      address: formatStateAddress(this.#address),
      software: version ?? "a server that does not name itself",
      entries: Number(size),
    };
  }

  /** Lets go of the connection, after the calls that wait for an answer. Later calls fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = this.#connection ?? await this.#connecting?.catch(() => undefined);
    connection?.end();
  }

  async #entriesOf(keys: readonly string[]): Promise<StateEntry[]> {
    const time = await this.#call(["TIME"]);
    const [seconds, micros] = Array.isArray(time) ? time : [];
    const now = Number(seconds) * 1000 + Number(micros) / 1000;
    const entries = await Promise.all(keys.map(async (key) => {
      const [value, life] = await Promise.all([this.#ask(["GET", key]), this.#call(["PTTL", key])]);
      // An error is one about a key of another program, which is no string.
      return entryOf(key.slice(PREFIX.length), typeof value === "string" ? value : null, Number(life), now);
    }));
    return entries.filter((entry) => entry !== undefined);
  }

  async #run(script: Script, key: string, kind: EntryKind, args: readonly string[]): Promise<Reply> {
    const rest = ["1", PREFIX + key, ...args];
    let reply = await this.#ask(["EVALSHA", script.sha, ...rest]);
    if (reply instanceof ErrorReply && reply.kind === "NOSCRIPT") {
      reply = await this.#ask(["EVAL", script.text, ...rest]);
    }
    if (reply instanceof ErrorReply) throw this.#problem(reply);
    if (typeof reply === "string") this.#checkLetter(key, reply, kind);
    return reply;
  }

  async #call(words: readonly string[]): Promise<Reply> {
    const reply = await this.#ask(words);
    if (reply instanceof ErrorReply) throw this.#problem(reply);
    return reply;
  }

  async #ask(words: readonly string[]): Promise<Reply> {
    const connection = this.#connection ?? await this.#connect();
    return await connection.call(words);
  }

  #connect(): Promise<ValkeyConnection> {
    if (this.#isClosed) return Promise.reject(this.#error("the store is closed"));
    if (this.#connecting) return this.#connecting;
    const { clock } = this.#options;
    if (this.#failed && clock.now() - this.#failed.at < PAUSE) return Promise.reject(this.#failed.error);
    return this.#connecting = this.#open().finally(() => this.#connecting = undefined);
  }

  async #open(): Promise<ValkeyConnection> {
    try {
      const connection = await ValkeyConnection.open(this.#address, this.#options, () => {
        this.#connection = undefined;
      });
      this.#failed = undefined;
      // It may have been lost already, and then nobody would tell again.
      if (connection.isOpen) this.#connection = connection;
      return connection;
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.#failed = { at: this.#options.clock.now(), error };
      throw error;
    }
  }

  /** @throws {StoreError} if an entry is not of the kind that a call wants */
  #checkLetter(key: string, letter: string = "", wanted: EntryKind): void {
    const kind = KINDS[letter];
    if (kind === undefined) {
      throw new StoreError(key, "Cannot use a key under which another program keeps something");
    }
    checkKind(key, kind, wanted);
  }

  #problem(reply: ErrorReply): StoreUnavailableError {
    const { reason, lasting, elsewhere } = problemOfReply(reply);
    if (elsewhere) this.#connection?.end();
    return this.#error(reason, lasting);
  }

  #strange(): StoreUnavailableError {
    return this.#error("its answer is not one to our question");
  }

  #error(reason: string, lasting: boolean = false): StoreUnavailableError {
    return new StoreUnavailableError(formatStateAddress(this.#address), reason, lasting);
  }
}

/** Valkey also says which version of Redis it is like. */
function versionIn(info: string): string | undefined {
  const [, valkey] = /^valkey_version:([\w.-]+)/m.exec(info) ?? [];
  const [, redis] = /^redis_version:([\w.-]+)/m.exec(info) ?? [];
  if (valkey !== undefined) return `Valkey ${valkey}`;
  return redis === undefined ? undefined : `Redis ${redis}`;
}

function lifeText(life: number): string {
  return String(Math.ceil(Math.min(life, LONGEST_LIFE)));
}
