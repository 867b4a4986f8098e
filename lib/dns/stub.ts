/**
 * A stub resolver: asks recursive name servers, and caches their answers.
 *
 * It does not use the runtimes' own resolvers: tests showed that some report an outage as a missing name, some split
 * one record into several, and none returns the TTL for all types.
 *
 * @module
 */
import { ExpiringCache } from "./cache.ts";
import { dnsEvents } from "./events.ts";
import { type LookupOwner, lookupOwner, LookupSlots } from "./lookup_slots.ts";
import { DnsFormatError, RCODE_NXDOMAIN } from "./message.ts";
import { DNS_TIMEOUT, NameServers, publishDnsEvent } from "./name_servers.ts";
import { readAnswer } from "./read_answer.ts";
import { A, AAAA, MX, PTR, type RecordType, TXT, TYPES_BY_NAME } from "./record_types.ts";
import {
  type DnsAnswer,
  type DnsRecordData,
  type MxRecord,
  normalizeName,
  type Resolver,
  RESOLVER_CLOSED,
  type TxtAnswer,
} from "./resolver.ts";
import { parseDnsServer, systemDnsServers } from "./servers.ts";
import { type Clock, systemClock } from "../time/clock.ts";

/** Settings of a {@link StubResolver}. */
export interface StubResolverOptions {
  /**
   * Name servers as `IP`, `IPv4:PORT` or `[IPv6]:PORT`, tried in turn.
   * @default {the system's own}
   */
  readonly servers?: readonly string[];
  /**
   * The maximum number of milliseconds for a whole lookup.
   * @default {5000}
   */
  readonly deadline?: number;
  /**
   * The milliseconds to wait for one server before asking the next.
   * @default {2000}
   */
  readonly attemptTimeout?: number;
  /**
   * How often each server is asked before giving up.
   * @default {2}
   */
  readonly rounds?: number;
  /**
   * The minimum number of seconds for which an answer is kept.
   * @default {5}
   */
  readonly minTtl?: number;
  /**
   * The maximum number of seconds for which an answer with records is kept.
   * @default {86400}
   */
  readonly maxTtl?: number;
  /**
   * The maximum number of seconds for which the absence of a name or its records is kept.
   * @default {3600}
   */
  readonly maxNegativeTtl?: number;
  /**
   * The seconds for which a failure is kept, so that a dead server is not asked for every message (RFC 9520).
   * @default {1}
   */
  readonly failureTtl?: number;
  /**
   * The maximum number of answers that are kept.
   * @default {2000}
   */
  readonly maxEntries?: number;
  /**
   * The maximum number of simultaneous lookups; further ones wait, up to their deadline. From half that number on,
   * lookups with the same `signal` are limited, so that a few messages cannot take all slots.
   * @default {512 for all resolvers of the process together, fewer if its limit of open files is low}
   */
  readonly maxConcurrent?: number;
  /**
   * The clock for timeouts and the cache.
   * @default {the system's clock}
   */
  readonly clock?: Clock;
}

/** How long a whole lookup may take by default, in milliseconds. */
export const DEFAULT_DEADLINE = 5000;

/** An answer whose records have more bytes than this is not cached, to bound the cache's memory. */
const MAX_CACHED_LENGTH = 16_384;
/**
 * The maximum number of CNAME records that are followed for one lookup, whether in one answer or with a query for each.
 */
const MAX_ALIASES = 8;

/** A question: which records of which name, and under what key its answer is kept. */
interface Question {
  readonly name: string;
  readonly type: RecordType<unknown>;
  readonly key: string;
}

/** A lookup in progress, and how many callers wait for it. */
interface Flight {
  readonly answer: Promise<DnsAnswer<unknown>>;
  readonly controller: AbortController;
  waiters: number;
}

/**
 * Asks name servers over UDP, and over TCP if an answer does not fit (RFC 1035, RFC 6891, RFC 7766). Caches answers for their
 * TTL (RFC 2308), and sends only one query for the same question from several callers at the same time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { StubResolver } from "../auth.ts";
 *
 * const resolver = new StubResolver({ servers: ["192.0.2.53", "[2001:db8::53]:5353"], deadline: 3000 });
 * // const answer = await resolver.resolveTxt("2026._domainkey.example.org");
 * resolver.close();
 * assert.equal((await resolver.resolveTxt("example.org")).status, "closed");
 * ```
 */
export class StubResolver implements Resolver {
  readonly #options: StubResolverOptions;
  readonly #servers: NameServers;
  readonly #deadline: number;
  readonly #minTtl: number;
  readonly #maxTtl: number;
  readonly #maxNegativeTtl: number;
  readonly #failureTtl: number;
  readonly #clock: Clock;
  readonly #slots: LookupSlots;
  readonly #cache: ExpiringCache<DnsAnswer<unknown>>;
  readonly #flights = new Map<string, Flight>();
  #closed = false;

  /**
   * Makes a resolver with its own cache. Sends no query yet.
   *
   * @param options the servers, and limits
   * @throws {TypeError} if a server's address is invalid, or the list is empty
   */
  constructor(options: StubResolverOptions = {}) {
    this.#options = options;
    const servers = options.servers?.map(parseDnsServer) ?? systemDnsServers();
    if (servers.length === 0) {
      throw new TypeError("Cannot resolve names without a name server: give at least one");
    }
    const { maxConcurrent, attemptTimeout = 2000, rounds = 2, clock = systemClock } = options;
    this.#servers = new NameServers(servers, attemptTimeout, rounds, clock);
    this.#deadline = options.deadline ?? DEFAULT_DEADLINE;
    this.#minTtl = options.minTtl ?? 5;
    this.#maxTtl = options.maxTtl ?? 86_400;
    this.#maxNegativeTtl = options.maxNegativeTtl ?? 3600;
    this.#failureTtl = options.failureTtl ?? 1;
    this.#clock = clock;
    this.#slots = maxConcurrent === undefined ? LookupSlots.ofProcess : new LookupSlots(maxConcurrent);
    this.#cache = new ExpiringCache(options.maxEntries ?? 2000, () => clock.now());
  }

  resolveTxt(name: string, signal?: AbortSignal): Promise<TxtAnswer> {
    return this.#resolve(TXT, name, signal);
  }

  resolveA(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve(A, name, signal);
  }

  resolveAaaa(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve(AAAA, name, signal);
  }

  resolveMx(name: string, signal?: AbortSignal): Promise<DnsAnswer<MxRecord>> {
    return this.#resolve(MX, name, signal);
  }

  resolvePtr(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve(PTR, name, signal);
  }

  cached<T extends keyof DnsRecordData>(type: T, name: string): DnsAnswer<DnsRecordData[T]> | undefined {
    // The key contains the type, so what is cached under it has records of that type.
    return this.#kept(keyOf(TYPES_BY_NAME[type], name)) as DnsAnswer<DnsRecordData[T]> | undefined;
  }

  /**
   * Makes a resolver with the same servers and limits but another deadline, and with its own cache.
   *
   * @param deadline the maximum number of milliseconds for a whole lookup
   */
  withDeadline(deadline: number): StubResolver {
    return new StubResolver({ ...this.#options, deadline });
  }

  close(): void {
    this.#closed = true;
    for (const flight of this.#flights.values()) flight.controller.abort();
    this.#flights.clear();
    this.#cache.clear();
  }

  async #resolve<R>(type: RecordType<R>, given: string, signal?: AbortSignal): Promise<DnsAnswer<R>> {
    const name = normalizeName(given);
    signal?.throwIfAborted();
    if (this.#closed) return RESOLVER_CLOSED;
    const question: Question = { name, type, key: keyOf(type, name) };
    // As in `cached`; lookups in progress are kept by key too.
    return await this.#answerTo(question, signal) as DnsAnswer<R>;
  }

  #answerTo(question: Question, signal: AbortSignal | undefined): DnsAnswer<unknown> | Flight["answer"] {
    const kept = this.#kept(question.key);
    if (kept !== undefined) return kept;
    let flight = this.#flights.get(question.key);
    if (flight === undefined) {
      flight = this.#start(question, lookupOwner(signal));
      this.#flights.set(question.key, flight);
    }
    return this.#join(question, flight, signal);
  }

  #kept(key: string): DnsAnswer<unknown> | undefined {
    const answer = this.#cache.get(key);
    if (answer !== undefined && dnsEvents.hasSubscribers) publishDnsEvent({ type: "cached" });
    return answer;
  }

  #start(question: Question, owner: LookupOwner): Flight {
    const controller = new AbortController();
    const flight: Flight = { answer: this.#run(question, controller, owner), controller, waiters: 0 };
    return flight;
  }

  /** Waits for a lookup; it is aborted once all waiters have given up. */
  #join({ key }: Question, flight: Flight, signal: AbortSignal | undefined): Flight["answer"] {
    flight.waiters++;
    if (signal === undefined) return flight.answer;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (--flight.waiters === 0) {
          flight.controller.abort();
          if (this.#flights.get(key) === flight) this.#flights.delete(key);
        }
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      flight.answer.then((answer) => {
        signal.removeEventListener("abort", onAbort);
        resolve(answer);
      }, reject);
    });
  }

  async #run(
    question: Question,
    controller: AbortController,
    owner: LookupOwner,
  ): Promise<DnsAnswer<unknown>> {
    const { signal } = controller;
    const began = this.#clock.now();
    const end = began + this.#deadline;
    let answer: DnsAnswer<unknown>;
    let length = 0;
    try {
      if (await this.#slots.enter(owner, this.#deadline, this.#clock, signal)) {
        try {
          ({ answer, length = 0 } = await this.#follow(question, end, signal));
        } finally {
          this.#slots.leave(owner);
        }
      } else {
        answer = DNS_TIMEOUT;
      }
    } catch (error) {
      if (!(error instanceof DnsFormatError || error instanceof TypeError)) throw error;
      answer = { status: "malformed", reason: "the answer is not a usable DNS message" };
    }
    if (signal.aborted) return RESOLVER_CLOSED;
    if (dnsEvents.hasSubscribers) {
      publishDnsEvent({ type: "lookup", status: answer.status, milliseconds: this.#clock.now() - began });
    }
    this.#flights.delete(question.key);
    if (length <= MAX_CACHED_LENGTH) {
      this.#cache.set(question.key, answer, "ttl" in answer ? answer.ttl : this.#failureTtl);
    }
    return answer;
  }

  /** Asks for the records, at the end of all aliases. `length` is that of the records in bytes. */
  async #follow(
    { name, type }: Question,
    end: number,
    signal: AbortSignal,
  ): Promise<{ answer: DnsAnswer<unknown>; length?: number }> {
    let owner = name;
    let ttl = this.#maxTtl;
    let aliases = 0;
    for (;;) {
      const response = await this.#servers.ask(owner, type.code, end, signal);
      if ("status" in response) return { answer: response };
      const content = readAnswer(response, owner, type);
      aliases += content.aliases;
      if (aliases > MAX_ALIASES) {
        const reason = "the name is an alias of an alias too many times";
        return { answer: { status: "servfail", reason } };
      }
      if (content.kind === "records") {
        const { length } = content;
        const records = Object.freeze(content.records);
        const kept = Math.max(this.#minTtl, Math.min(ttl, content.ttl));
        return { answer: Object.freeze({ status: "found", records, ttl: kept }), length };
      }
      if (content.kind === "absent") {
        const status = response.rcode === RCODE_NXDOMAIN ? "nxdomain" : "nodata";
        const kept = Math.min(content.ttl ?? this.#minTtl, this.#maxNegativeTtl);
        return { answer: Object.freeze({ status, ttl: Math.max(this.#minTtl, Math.min(ttl, kept)) }) };
      }
      owner = normalizeName(content.target);
      ttl = Math.min(ttl, content.ttl);
    }
  }
}

function keyOf({ code }: RecordType<unknown>, name: string): string {
  return `${code} ${name}`;
}
