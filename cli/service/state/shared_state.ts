/**
 * The state that the filters of this process keep: opened when the first one asks for it, guarded, and the same for all.
 *
 * @module
 */

import type { StateBackend, StateInfo } from "../../../lib/store/backend.ts";
import { CalledStore, callStore, type StoreCall, type StoreResult } from "../../../lib/store/calls.ts";
import { GuardedStore, type OnStateError } from "../../../lib/store/guarded_store.ts";
import { KeeperClient } from "../../../lib/store/keeper/client.ts";
import { MemoryBackend } from "../../../lib/store/memory_backend.ts";
import { hashedStore, storeFor } from "../../../lib/store/namespace.ts";
import { formatStateAddress } from "../../../lib/store/state_address.ts";
import { type Store, StoreUnavailableError } from "../../../lib/store/store.ts";
import { ValkeyStore } from "../../../lib/store/valkey/valkey_store.ts";
import type { StateSettings } from "../../options/state_options.ts";
import { keyRules } from "./key_rules.ts";
import { type OutageEvents, outageLog } from "./outage_log.ts";
import type { StateLocation, StatePlace } from "./place.ts";

/** How long a store waits for an answer at least until its connection counts as broken, in milliseconds. */
const BROKEN_AFTER = 1000;

/** An opened state. */
interface Opened {
  readonly backend: StateBackend;
  /** The same with keys as this place keeps them. */
  readonly store: Store;
  readonly place: StatePlace;
}

/** The state of the filters of this process. */
export class SharedState {
  readonly #settle: (settings: StateSettings) => Promise<StatePlace>;
  readonly #outages: (address: string, onError: OnStateError) => OutageEvents;
  #events: OutageEvents | undefined;
  #settings: StateSettings = { onError: "accept", timeout: 200 };
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  /** Asks the state without any limit, once it is open. */
  readonly #patient: Store = new CallingStore(async (call) =>
    await callStore((this.#opened ?? await this.#open()).store, call)
  );
  /** Asks for mail, which never waits long; made when the filters are loaded. */
  #guard: GuardedStore | undefined;
  #isUsed = false;
  #isServing = false;

  /**
   * @param settle decides where the state is
   * @param outages makes what learns that the state does not answer, of its address and what happens to mail meanwhile
   */
  constructor(
    settle: (settings: StateSettings) => Promise<StatePlace>,
    outages: (address: string, onError: OnStateError) => OutageEvents = outageLog,
  ) {
    this.#settle = settle;
    this.#outages = outages;
  }

  /** Sets where the state is, before any filter asks for it. */
  configure(settings: StateSettings): void {
    this.#settings = settings;
  }

  /** Returns the store of a filter. */
  store(filter: string, name: string): Store {
    this.#isUsed = true;
    const isAway = () => this.#guard?.isAway;
    return storeFor(new CallingStore((call) => callStore(this.#current(), call), isAway), filter, name);
  }

  /**
   * Makes sure that the state can be used, when the filters are loaded: if they have asked for it, or an option says where
   * it is.
   *
   * @throws {Error} if that cannot be
   */
  async ready(): Promise<void> {
    if (this.#isUsed || this.#settings.address !== undefined) {
      const { backend } = await this.#open();
      if (backend instanceof ValkeyStore) await this.#checkServer(backend);
    }
    this.#isServing = true;
  }

  /** Measures the state, if it is in this process. */
  async info(): Promise<StateInfo | undefined> {
    return this.#opened?.place.location.kind === "here" ? await this.#opened.backend.info() : undefined;
  }

  /** Lets go of the state. */
  async close(): Promise<void> {
    this.#guard?.close();
    await this.#opening?.catch(() => {});
    await this.#opened?.backend.close();
  }

  #current(): Store {
    // A filter that is being made waits for its state.
    if (!this.#isServing) return this.#patient;
    if (this.#opened?.place.location.kind === "here") return this.#opened.store;
    return this.#guard ??= this.#makeGuard();
  }

  #makeGuard(): GuardedStore {
    return new GuardedStore(this.#patient, {
      address: this.#address,
      onError: this.#onError,
      deadline: (this.#opened?.place ?? this.#settings).timeout,
      events: this.#toldOutages(),
    });
  }

  /** The address, without a password. */
  get #address(): string {
    if (this.#opened) return addressOf(this.#opened.place.location);
    return formatStateAddress(this.#settings.address ?? { kind: "memory" });
  }

  get #onError(): OnStateError {
    return (this.#opened?.place ?? this.#settings).onError;
  }

  #toldOutages(): OutageEvents {
    return this.#events ??= this.#outages(this.#address, this.#onError);
  }

  /**
   * A server that does not answer now may do so later, and mail goes on without it.
   *
   * @throws {StoreUnavailableError} if it never will, as things are
   */
  async #checkServer(server: ValkeyStore): Promise<void> {
    try {
      await server.check();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || error.lasting) throw error;
      this.#toldOutages().atStart(error.reason);
    }
  }

  #open(): Promise<Opened> {
    return this.#opening ??= this.#openNow().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
  }

  async #openNow(): Promise<Opened> {
    const place = await this.#settle(this.#settings);
    const { location, timeout, secret } = place;
    const backend = backendAt(location, timeout);
    const rules = location.kind === "server" ? keyRules(location.address, secret) : {};
    return this.#opened = { backend, store: hashedStore(backend, rules), place };
  }
}

/** A store of a function that carries out calls. */
class CallingStore extends CalledStore {
  readonly #carryOut: (call: StoreCall) => Promise<StoreResult>;
  readonly #isAway: () => boolean | undefined;

  constructor(
    carryOut: (call: StoreCall) => Promise<StoreResult>,
    isAway: () => boolean | undefined = () => undefined,
  ) {
    super();
    this.#carryOut = carryOut;
    this.#isAway = isAway;
  }

  /** Whether memory stands in for the state. */
  get isAway(): boolean | undefined {
    return this.#isAway();
  }

  protected override call(call: StoreCall): Promise<StoreResult> {
    return this.#carryOut(call);
  }
}

function backendAt(location: StateLocation, timeout: number): StateBackend {
  // A connection counts as broken later than a call as late.
  const patience = timeout < BROKEN_AFTER ? {} : { timeout: timeout + BROKEN_AFTER };
  switch (location.kind) {
    case "here":
      return new MemoryBackend();
    case "keeper":
      return new KeeperClient(location.socket, formatStateAddress(location.address), patience);
    case "server":
      return new ValkeyStore(location.address, patience);
  }
}

function addressOf(location: StateLocation): string {
  return location.kind === "here" ? "memory" : formatStateAddress(location.address);
}
