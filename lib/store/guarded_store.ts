/**
 * Keeps filters from waiting for a store that does not answer.
 *
 * @module
 */

import { type Clock, systemClock } from "../time/clock.ts";
import { CalledStore, callStore, type StoreCall, type StoreResult } from "./calls.ts";
import { checkCall } from "./checks.ts";
import { publishStateEvent } from "./events.ts";
import { MemoryBackend } from "./memory_backend.ts";
import { type Store, StoreError, StoreUnavailableError } from "./store.ts";

/** The longest wait of a filter, in milliseconds. */
const DEADLINE = 200;
/** How often a store that is away is probed, in milliseconds. */
const PROBE_INTERVAL = 1000;
/** The delay of the first probe after it did not answer, in milliseconds: it may just have been busy. */
const FIRST_PROBE = 50;
/** The probe: a key that no filter has, and a write, which a full store or a replica refuses. */
const PROBE: StoreCall = ["set", "\0probe", "", 1000];

/** What happens to a call while the store is away: it is counted in memory, or it is an error. */
export type OnStateError = "accept" | "tempfail";

/** Callbacks of a guard. */
export interface GuardEvents {
  /** The store does not answer; called once per outage. */
  away(reason: string): void;
  /** The store was probed, and still does not answer. */
  stillAway(reason: string): void;
  /**
   * The store answers again. @param milliseconds how long it was away @param calls how many calls were handled without
   * it
   */
  back(milliseconds: number, calls: number): void;
}

/** Settings of a guard. */
export interface GuardOptions {
  /** The address of the store, without a password. */
  readonly address: string;
  /** What happens to calls while the store is away. @default accept */
  readonly onError?: OnStateError;
  /** The longest wait of a call, in milliseconds. @default 200 */
  readonly deadline?: number;
  /** The clock. @default the system's */
  readonly clock?: Clock;
  /** Called when the store goes away and comes back. */
  readonly events?: GuardEvents;
}

/**
 * Wraps a store that may not answer. A call waits at most 200 ms. After a call without an answer, the following calls
 * do not wait at all until the store answers a probe in the background. Meanwhile calls are counted in memory, which
 * starts empty each time, or reject with `StoreUnavailableError`.
 */
export class GuardedStore extends CalledStore {
  readonly #store: Store;
  readonly #address: string;
  readonly #onError: OnStateError;
  readonly #deadline: number;
  readonly #clock: Clock;
  readonly #events: GuardEvents | undefined;
  /** Since when it is away, why, and the store that replaces it; undefined while it answers. */
  #away:
    | { readonly since: number; readonly reason: string; readonly local: Store; calls: number }
    | undefined;
  #cancelProbe: (() => void) | undefined;
  #isClosed = false;

  /**
   * @param store the store
   * @param options settings
   */
  constructor(
    store: Store,
    { address, onError = "accept", deadline = DEADLINE, clock = systemClock, events }: GuardOptions,
  ) {
    super();
    this.#store = store;
    this.#address = address;
    this.#onError = onError;
    this.#deadline = deadline;
    this.#clock = clock;
    this.#events = events;
  }

  /** Whether the store does not answer. */
  get isAway(): boolean {
    return this.#away !== undefined;
  }

  /** Stops probing. The store is not closed. */
  close(): void {
    this.#isClosed = true;
    this.#cancelProbe?.();
  }

  protected override async call(call: StoreCall): Promise<StoreResult> {
    checkCall(call);
    if (this.#away) {
      publishStateEvent({ method: call[0], result: "away", milliseconds: 0 });
      return await this.#without(call);
    }
    const start = this.#clock.now();
    try {
      const result = await this.#inTime(call, this.#deadline);
      publishStateEvent({ method: call[0], result: "ok", milliseconds: this.#clock.now() - start });
      return result;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      publishStateEvent({ method: call[0], result: "failed", milliseconds: this.#clock.now() - start });
      this.#goAway(reasonOf(error));
      return await this.#without(call);
    }
  }

  async #without(call: StoreCall): Promise<StoreResult> {
    const away = this.#away;
    if (away) away.calls++;
    if (this.#onError === "accept" && away) return await callStore(away.local, call);
    throw new StoreUnavailableError(this.#address, away?.reason ?? "it does not answer");
  }

  #inTime(call: StoreCall, limit: number): Promise<StoreResult> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(limit, () => reject(new Error(`no answer within ${limit} ms`)));
      callStore(this.#store, call).finally(cancel).then(resolve, reject);
    });
  }

  #goAway(reason: string): void {
    if (this.#away) return;
    this.#away = { since: this.#clock.now(), reason, local: new MemoryBackend(this.#clock), calls: 0 };
    this.#events?.away(reason);
    this.#probeIn(FIRST_PROBE);
  }

  #probeIn(milliseconds: number): void {
    if (this.#isClosed) return;
    this.#cancelProbe = this.#clock.after(milliseconds, () => void this.#probe(), true);
  }

  async #probe(): Promise<void> {
    try {
      await this.#inTime(PROBE, PROBE_INTERVAL);
    } catch (error) {
      if (!(error instanceof StoreError)) {
        if (!this.#isClosed) this.#events?.stillAway(reasonOf(error));
        return this.#probeIn(PROBE_INTERVAL);
      }
    }
    const away = this.#away;
    this.#away = undefined;
    if (away) this.#events?.back(this.#clock.now() - away.since, away.calls);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof StoreUnavailableError ? error.reason : (error as Error).message;
}
