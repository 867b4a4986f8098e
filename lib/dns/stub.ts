/**
 * A stub resolver for TXT records: asks recursive name servers, and caches their answers.
 *
 * It does not use the runtimes' own resolvers: tests showed that some report an outage as the absence of the name, some split
 * one record into several, and none returns the TTL.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { ExpiringCache } from "./cache.ts";
import { type DnsEvent, dnsEvents } from "./events.ts";
import { exchangeTcp, exchangeUdp } from "./exchange.ts";
import { LookupSlots } from "./lookup_slots.ts";
import {
  answersQuery,
  decodeResponse,
  DnsFormatError,
  type DnsResponse,
  encodeTxtQuery,
  messageId,
  RCODE_FORMERR,
  RCODE_NOERROR,
  RCODE_NOTIMP,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
  readTxt,
  type TxtContent,
} from "./message.ts";
import { normalizeName, type TxtAnswer, type TxtFailure, type TxtResolver } from "./resolver.ts";
import { type DnsServer, parseDnsServer, systemDnsServers } from "./servers.ts";
import { type Clock, systemClock } from "../time/clock.ts";

/** Settings of a {@link StubResolver}. */
export interface StubResolverOptions {
  /**
   * Name servers as `IP`, `IPv4:PORT` or `[IPv6]:PORT`, tried in turn.
   * @default {the system's own}
   */
  readonly servers?: readonly string[];
  /**
   * The most milliseconds for a whole lookup.
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
   * The least seconds for which an answer is kept.
   * @default {5}
   */
  readonly minTtl?: number;
  /**
   * The most seconds for which an answer with records is kept.
   * @default {86400}
   */
  readonly maxTtl?: number;
  /**
   * The most seconds for which the absence of a name or its records is kept.
   * @default {3600}
   */
  readonly maxNegativeTtl?: number;
  /**
   * The seconds for which a failure is kept, so that a dead server is not asked for every message (RFC 9520).
   * @default {1}
   */
  readonly failureTtl?: number;
  /**
   * The most answers that are kept.
   * @default {2000}
   */
  readonly maxEntries?: number;
  /**
   * The most lookups on the network at one time; further ones wait, up to their deadline.
   * @default {256 for all resolvers of the process together, fewer if its limit of open files is low}
   */
  readonly maxConcurrent?: number;
  /**
   * The clock for timeouts and the cache.
   * @default {the system's clock}
   */
  readonly clock?: Clock;
}

/** An answer whose records have more characters than this is not cached, to bound the cache's memory. */
const MAX_CACHED_LENGTH = 16_384;
/** The most CNAME records that are followed for one lookup, whether in one answer or with a query for each. */
const MAX_ALIASES = 8;

const CLOSED: TxtFailure = { status: "closed", reason: "the resolver was closed" };
const TIMEOUT: TxtFailure = { status: "timeout", reason: "no name server answered in time" };
const NETWORK: TxtFailure = { status: "network", reason: "no name server can be reached" };

/** A lookup in progress, and how many callers wait for it. */
interface Flight {
  readonly answer: Promise<TxtAnswer>;
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
export class StubResolver implements TxtResolver {
  readonly #servers: readonly DnsServer[];
  readonly #deadline: number;
  readonly #attemptTimeout: number;
  readonly #rounds: number;
  readonly #minTtl: number;
  readonly #maxTtl: number;
  readonly #maxNegativeTtl: number;
  readonly #failureTtl: number;
  readonly #clock: Clock;
  readonly #slots: LookupSlots;
  readonly #cache: ExpiringCache<TxtAnswer>;
  readonly #flights = new Map<string, Flight>();
  #first = 0;
  #closed = false;

  /**
   * Makes a resolver with its own cache. Sends no query yet.
   *
   * @param options the servers, and limits
   * @throws {TypeError} if a server's address is invalid, or the list is empty
   */
  constructor(options: StubResolverOptions = {}) {
    this.#servers = options.servers?.map(parseDnsServer) ?? systemDnsServers();
    if (this.#servers.length === 0) {
      throw new TypeError("Cannot resolve names without a name server: give at least one");
    }
    this.#deadline = options.deadline ?? 5000;
    this.#attemptTimeout = options.attemptTimeout ?? 2000;
    this.#rounds = options.rounds ?? 2;
    this.#minTtl = options.minTtl ?? 5;
    this.#maxTtl = options.maxTtl ?? 86_400;
    this.#maxNegativeTtl = options.maxNegativeTtl ?? 3600;
    this.#failureTtl = options.failureTtl ?? 1;
    const { maxConcurrent, clock = systemClock } = options;
    this.#clock = clock;
    this.#slots = maxConcurrent === undefined ? LookupSlots.ofProcess : new LookupSlots(maxConcurrent);
    this.#cache = new ExpiringCache(options.maxEntries ?? 2000, () => clock.now());
  }

  async resolveTxt(name: string, signal?: AbortSignal): Promise<TxtAnswer> {
    const key = normalizeName(name);
    signal?.throwIfAborted();
    if (this.#closed) return CLOSED;
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      if (dnsEvents.hasSubscribers) tell({ type: "cached" });
      return cached;
    }
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      flight = this.#start(key);
      this.#flights.set(key, flight);
    }
    return await this.#join(key, flight, signal);
  }

  close(): void {
    this.#closed = true;
    for (const flight of this.#flights.values()) flight.controller.abort();
    this.#flights.clear();
    this.#cache.clear();
  }

  #start(name: string): Flight {
    const controller = new AbortController();
    const flight: Flight = { answer: this.#run(name, controller), controller, waiters: 0 };
    return flight;
  }

  /** Waits for a lookup; it is aborted once all waiters have given up. */
  #join(name: string, flight: Flight, signal: AbortSignal | undefined): Promise<TxtAnswer> {
    flight.waiters++;
    if (signal === undefined) return flight.answer;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (--flight.waiters === 0) {
          flight.controller.abort();
          if (this.#flights.get(name) === flight) this.#flights.delete(name);
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

  async #run(name: string, controller: AbortController): Promise<TxtAnswer> {
    const { signal } = controller;
    const began = this.#clock.now();
    const end = began + this.#deadline;
    let answer: TxtAnswer;
    try {
      answer = await this.#slots.enter(this.#deadline, this.#clock, signal)
        ? await this.#follow(name, end, signal)
        : TIMEOUT;
    } catch (error) {
      if (!(error instanceof DnsFormatError || error instanceof TypeError)) throw error;
      answer = { status: "malformed", reason: "the answer is not a usable DNS message" };
    }
    if (signal.aborted) return CLOSED;
    if (dnsEvents.hasSubscribers) {
      tell({ type: "lookup", status: answer.status, milliseconds: this.#clock.now() - began });
    }
    this.#flights.delete(name);
    this.#keep(name, answer);
    return answer;
  }

  async #follow(name: string, end: number, signal: AbortSignal): Promise<TxtAnswer> {
    try {
      let owner = name;
      let ttl = this.#maxTtl;
      let aliases = 0;
      for (;;) {
        const response = await this.#ask(owner, end, signal);
        if ("status" in response) return response;
        const content: TxtContent = readTxt(response, owner);
        aliases += content.aliases;
        if (aliases > MAX_ALIASES) {
          return { status: "servfail", reason: "the name is an alias of an alias too many times" };
        }
        if (content.kind === "records") {
          return Object.freeze({
            status: "found",
            records: Object.freeze(content.records),
            ttl: Math.max(this.#minTtl, Math.min(ttl, content.ttl)),
          });
        }
        if (content.kind === "absent") {
          const status = response.rcode === RCODE_NXDOMAIN ? "nxdomain" : "nodata";
          const kept = Math.min(content.ttl ?? this.#minTtl, this.#maxNegativeTtl);
          return Object.freeze({ status, ttl: Math.max(this.#minTtl, Math.min(ttl, kept)) });
        }
        owner = normalizeName(content.target);
        ttl = Math.min(ttl, content.ttl);
      }
    } finally {
      this.#slots.leave();
    }
  }

  /** Asks the servers in turn until one has an answer. */
  async #ask(name: string, end: number, signal: AbortSignal): Promise<DnsResponse | TxtFailure> {
    let failure: TxtFailure = TIMEOUT;
    for (const server of this.#turns()) {
      const outcome = await this.#askServer(server, name, end, signal);
      if (signal.aborted) return CLOSED;
      if (!("status" in outcome)) {
        this.#first = this.#servers.indexOf(server); // a server that answers is asked first from now on
        return outcome;
      }
      // An error from a server is more informative than the silence of the others.
      if (failure === TIMEOUT || (outcome !== TIMEOUT && outcome !== NETWORK)) failure = outcome;
      if (this.#clock.now() >= end) break;
    }
    return failure;
  }

  /** The servers, repeated for each round, beginning with the one that answered last. */
  *#turns(): Generator<DnsServer> {
    const order = [...this.#servers.slice(this.#first), ...this.#servers.slice(0, this.#first)];
    for (let round = 0; round < this.#rounds; round++) yield* order;
  }

  async #askServer(
    server: DnsServer,
    name: string,
    end: number,
    signal: AbortSignal,
  ): Promise<DnsResponse | TxtFailure> {
    let edns = true;
    let tcp = false;
    const attemptEnd = Math.min(end, this.#clock.now() + this.#attemptTimeout);
    for (;;) {
      const timeout = attemptEnd - this.#clock.now();
      if (timeout <= 0) return TIMEOUT;
      const id = randomInt(0x10000);
      const query = encodeTxtQuery(id, name, edns);
      const accept = (bytes: Uint8Array): DnsResponse | TxtFailure | undefined => decode(bytes, id, name);
      const exchange = { server, query, timeout, clock: this.#clock, signal, accept };
      if (dnsEvents.hasSubscribers) tell({ type: "query", transport: tcp ? "tcp" : "udp" });
      const outcome = tcp ? await exchangeTcp(exchange) : await exchangeUdp(exchange);
      if (outcome.kind !== "answer") return outcome.kind === "network" ? NETWORK : TIMEOUT;
      const response = outcome.value;
      if ("status" in response) return response;
      if (response.truncated && !tcp) {
        tcp = true;
      } else if (edns && (response.rcode === RCODE_FORMERR || response.rcode === RCODE_NOTIMP)) {
        edns = false;
      } else {
        return checked(response);
      }
    }
  }

  #keep(name: string, answer: TxtAnswer): void {
    let seconds = this.#failureTtl;
    if ("ttl" in answer) seconds = answer.ttl;
    if (answer.status === "found") {
      let length = 0;
      for (const record of answer.records) length += record.length;
      if (length > MAX_CACHED_LENGTH) return;
    }
    this.#cache.set(name, answer, seconds);
  }
}

function tell(event: DnsEvent): void {
  dnsEvents.publish(event);
}

/** Undefined for a message that is not the answer to our query: it may be forged, and the real one may follow. */
function decode(bytes: Uint8Array, id: number, name: string): DnsResponse | TxtFailure | undefined {
  if (messageId(bytes) !== id) return undefined;
  try {
    const response = decodeResponse(bytes);
    return answersQuery(response, id, name) ? response : undefined;
  } catch (error) {
    if (!(error instanceof DnsFormatError)) throw error;
    return { status: "malformed", reason: "the answer is not a usable DNS message" };
  }
}

function checked(response: DnsResponse): DnsResponse | TxtFailure {
  switch (response.rcode) {
    case RCODE_NOERROR:
    case RCODE_NXDOMAIN:
      // Truncated over TCP: the records are missing, which must not be taken for "no records".
      if (!response.truncated) return response;
      return { status: "malformed", reason: "the answer is truncated over TCP" };
    case RCODE_REFUSED:
      return { status: "refused", reason: "the name server refuses to answer" };
    default:
      return { status: "servfail", reason: `the name server failed (response code ${response.rcode})` };
  }
}
