/**
 * Opens connections to a milter, and keeps them for the next SMTP client.
 *
 * @module
 */

import { MilterConnectionError, MtaClient } from "../../lib/mta/client.ts";
import { type Address, formatAddress } from "../../lib/net/address.ts";
import type { Offer } from "../../lib/protocol/negotiate.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { Conversation } from "./conversation.ts";
import { type MilterTerms, sameOffer, termsOf } from "./terms.ts";

/** How long a milter is not tried again after a connection timed out, in milliseconds. */
const REST = 5000;
/** The maximum number of idle connections that are kept, and for how long, in milliseconds. */
const MAX_KEPT = 8;
const MAX_KEPT_TIME = 30_000;

/** How a milter is reached. */
export interface UpstreamSettings {
  /** Where it listens. */
  readonly address: Address;
  /** Longest wait for a connection and for an answer, in milliseconds. */
  readonly timeout: number;
  /** Longest silence at end of message, in milliseconds. */
  readonly endTimeout: number;
  /** Whether connections are used for one SMTP client after the other. */
  readonly reuse: boolean;
  /** The clock for timeouts. */
  readonly clock: Clock;
}

interface Kept {
  readonly client: MtaClient;
  readonly terms: MilterTerms;
  /** Cancels the timer that closes it. */
  readonly callOff: () => void;
}

/** A milter, for all SMTP connections. */
export class Upstream {
  /** What the milter asked for last; undefined until it has been reached. */
  lastTerms: MilterTerms | undefined;
  readonly #settings: UpstreamSettings;
  readonly #kept: Kept[] = [];
  #reuses: boolean;
  #restsUntil = 0;
  #restsFor = "";

  /** @param settings how it is reached */
  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
    this.#reuses = settings.reuse;
  }

  /**
   * Returns a connection to the milter, new or kept.
   *
   * @param offer what to offer
   * @param anew whether to always open a new one
   * @throws {AddressError} if nothing listens there
   * @throws {MilterConnectionError} if it is not a milter, is too slow, or was a moment ago
   */
  async open(offer: Offer, anew: boolean): Promise<Conversation> {
    const kept = anew ? undefined : this.#takeKept(offer);
    if (kept) return new Conversation(kept.client, { ...kept.terms, offer }, true);
    if (this.#settings.clock.now() < this.#restsUntil) {
      throw new MilterConnectionError("timeout", "connection", `${this.#restsFor}; not tried again yet`);
    }
    const { address, timeout, endTimeout, clock } = this.#settings;
    try {
      const client = await MtaClient.open(address, {
        offer,
        timeout,
        endTimeout,
        skipsAnywhere: true,
        clock,
      });
      this.#restsUntil = 0;
      const terms = this.lastTerms = termsOf(client.terms, offer);
      return new Conversation(client, terms, false);
    } catch (error) {
      if (isTimeout(error)) {
        this.#restsUntil = this.#settings.clock.now() + REST;
        this.#restsFor = error.message;
      }
      throw error;
    }
  }

  /**
   * Takes back a connection that its SMTP client no longer needs.
   *
   * @param conversation the conversation over it
   */
  release({ client, terms, told, inMessage }: Conversation): void {
    if (!client.idle || inMessage) return client.destroy();
    if (!this.#reuses || client.terms.version < 6 || this.#kept.length >= MAX_KEPT) {
      return client.quit();
    }
    // At once, so that the milter releases what belongs to the client that left.
    if (told) client.next();
    const end = () => {
      this.#forget(client);
      client.quit();
    };
    // An idle connection must not keep the process alive.
    this.#kept.push({ client, terms, callOff: this.#settings.clock.after(MAX_KEPT_TIME, end, true) });
  }

  /** Stops keeping connections, after the milter did not answer on a reused one. */
  stopReuse(): void {
    this.#reuses = false;
    for (const { client } of [...this.#kept]) {
      this.#forget(client);
      client.quit();
    }
  }

  #takeKept(offer: Offer): Pick<Kept, "client" | "terms"> | undefined {
    for (const { client, terms } of [...this.#kept].reverse()) {
      if (client.idle && !sameOffer(terms.offer, offer)) continue;
      this.#forget(client);
      if (client.idle) return { client, terms };
      client.destroy();
    }
    return undefined;
  }

  #forget(client: MtaClient): void {
    const kept = this.#kept.find((kept) => kept.client === client);
    if (kept === undefined) return;
    kept.callOff();
    this.#kept.splice(this.#kept.indexOf(kept), 1);
  }

  /** Where it listens, as text. */
  get address(): string {
    return formatAddress(this.#settings.address);
  }
}

function isTimeout(error: unknown): error is MilterConnectionError {
  return error instanceof MilterConnectionError && error.code === "timeout";
}
