/**
 * Asks name servers in turn, over UDP and TCP.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { type DnsEvent, dnsEvents } from "./events.ts";
import { exchangeTcp, exchangeUdp } from "./exchange.ts";
import {
  answersQuery,
  decodeResponse,
  DnsFormatError,
  type DnsResponse,
  encodeQuery,
  messageId,
  RCODE_FORMERR,
  RCODE_NOERROR,
  RCODE_NOTIMP,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
} from "./message.ts";
import { type DnsFailure, RESOLVER_CLOSED } from "./resolver.ts";
import type { DnsServer } from "./servers.ts";
import type { Clock } from "../time/clock.ts";

/** No server answered in time. */
export const DNS_TIMEOUT: DnsFailure = { status: "timeout", reason: "no name server answered in time" };
const NETWORK: DnsFailure = { status: "network", reason: "no name server can be reached" };

/** Name servers that are asked in turn; the one that answered last comes first. */
export class NameServers {
  readonly #servers: readonly DnsServer[];
  readonly #attemptTimeout: number;
  readonly #rounds: number;
  readonly #clock: Clock;
  #first = 0;

  /**
   * @param servers at least one
   * @param attemptTimeout the milliseconds to wait for one server before asking the next
   * @param rounds how often each server is asked before giving up
   * @param clock the clock for timeouts
   */
  constructor(servers: readonly DnsServer[], attemptTimeout: number, rounds: number, clock: Clock) {
    this.#servers = servers;
    this.#attemptTimeout = attemptTimeout;
    this.#rounds = rounds;
    this.#clock = clock;
  }

  /**
   * Asks the servers in turn until one has an answer.
   *
   * @param name a name as `normalizeName` returns it
   * @param type the number of the type
   * @param end when to give up, by the clock
   */
  async ask(
    name: string,
    type: number,
    end: number,
    signal: AbortSignal,
  ): Promise<DnsResponse | DnsFailure> {
    let failure: DnsFailure = DNS_TIMEOUT;
    for (const server of this.#turns()) {
      const outcome = await this.#askServer(server, name, type, end, signal);
      if (signal.aborted) return RESOLVER_CLOSED;
      if (!("status" in outcome)) {
        this.#first = this.#servers.indexOf(server); // a server that answers is asked first from now on
        return outcome;
      }
      // An error from a server is more informative than the silence of the others.
      if (failure === DNS_TIMEOUT || (outcome !== DNS_TIMEOUT && outcome !== NETWORK)) failure = outcome;
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
    type: number,
    end: number,
    signal: AbortSignal,
  ): Promise<DnsResponse | DnsFailure> {
    let edns = true;
    let tcp = false;
    const attemptEnd = Math.min(end, this.#clock.now() + this.#attemptTimeout);
    for (;;) {
      const timeout = attemptEnd - this.#clock.now();
      if (timeout <= 0) return DNS_TIMEOUT;
      const id = randomInt(0x10000);
      const query = encodeQuery(id, name, type, edns);
      const accept = (bytes: Uint8Array): DnsResponse | DnsFailure | undefined =>
        decode(bytes, id, name, type);
      const exchange = { server, query, timeout, clock: this.#clock, signal, accept };
      if (dnsEvents.hasSubscribers) publishDnsEvent({ type: "query", transport: tcp ? "tcp" : "udp" });
      const outcome = tcp ? await exchangeTcp(exchange) : await exchangeUdp(exchange);
      if (outcome.kind !== "answer") return outcome.kind === "network" ? NETWORK : DNS_TIMEOUT;
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
}

/** Tells subscribers; only to be called if there are some. */
export function publishDnsEvent(event: DnsEvent): void {
  dnsEvents.publish(event);
}

/** Undefined for a message that is not the answer to our query: it may be forged, and the real one may follow. */
function decode(
  bytes: Uint8Array,
  id: number,
  name: string,
  type: number,
): DnsResponse | DnsFailure | undefined {
  if (messageId(bytes) !== id) return undefined;
  try {
    const response = decodeResponse(bytes);
    return answersQuery(response, id, name, type) ? response : undefined;
  } catch (error) {
    if (!(error instanceof DnsFormatError)) throw error;
    return { status: "malformed", reason: "the answer is not a usable DNS message" };
  }
}

function checked(response: DnsResponse): DnsResponse | DnsFailure {
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
