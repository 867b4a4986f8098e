/**
 * Serves a chain of filters: connects sockets, protocol and chain.
 *
 * @module
 */

import type { FilterLogLine } from "../kit/kit.ts";
import { makeAll } from "../kit/make.ts";
import { Lives } from "../kit/life.ts";
import { ConnectionCounter } from "./connection_limits.ts";
import { Chain } from "../chain/chain.ts";
import type { Clock } from "../time/clock.ts";
import { Throttle } from "../time/throttle.ts";
import type { EventName } from "../protocol/constants.ts";
import { newServiceName } from "../protocol/hops.ts";
import { type Address, formatAddress, parseAddress } from "../net/address.ts";
import { listen } from "../net/listen.ts";
import type { ConnectionHandler, Listener } from "../net/transport.ts";
import type { UnixSocketOptions } from "../net/unix_socket.ts";
import type { ServerEvent, ServerLimits } from "./server_events.ts";
import { checkServeOptions, type ServeOptions } from "./server_options.ts";
import { type ConnectionOwner, ServerConnection } from "./server_connection.ts";
import type { ConnectionTimes } from "./silence_watch.ts";

/** A running server. */
export interface Server {
  /** The addresses it listens on, at least one, with the actual ports. */
  readonly addresses: readonly [string, ...string[]];
  /** The number of open connections. */
  readonly connections: number;
  /** Resolves when the server has stopped, its last connection has ended, and its filters are disposed. */
  readonly finished: Promise<void>;
  /**
   * Accepts no new connections. A connection inside a message finishes it; one between messages continues until the MTA
   * ends it or the time-out expires (`smfi_stop`).
   *
   * @param timeout how long connections between messages may continue, in milliseconds
   * @returns `finished`
   */
  stop(timeout?: number): Promise<void>;
  /**
   * Accepts no new connections and ends the open ones: each filter is stopped after its running callback, never inside
   * it, and its abort and close callbacks run.
   *
   * @returns `finished`
   */
  abort(): Promise<void>;
}

/** How long connections between messages continue after a stop by default, in milliseconds. */
export const DEFAULT_STOP_TIMEOUT = 30_000;

/** Handles a connection that was closed at once. */
const IGNORING: ConnectionHandler = { data() {}, drain() {}, closed() {} };

/** How often connections are checked for time-outs, in milliseconds. */
const SWEEP_INTERVAL = 1000;

/** A check this late, in milliseconds, shows that the process was blocked. */
const STANDSTILL = 1000;

const DEFAULTS: ConnectionTimes = { negotiation: 30_000, idle: 7_210_000, send: 300_000 };

/**
 * Serves filters to MTAs.
 *
 * @param options the filters, addresses and settings
 * @returns the running server
 * @throws {InvalidSettingError} for missing, misspelled or invalid options, before anything listens
 * @throws {InvalidFilterError} for an invalid filter, before anything listens
 * @throws {OptionError} for a filter with an option that must be given: make it first, with `make`
 * @throws {FilterStartError} for a filter whose `create` fails, before anything listens
 * @throws {FilterDisposedError} for a filter that was disposed
 * @throws {RangeError} for a time-out or a limit that is out of bounds
 * @throws {AddressError} for an address that is malformed or cannot be listened on; then the server listens on none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { reject, serve } from "../../mod.ts";
 *
 * const server = await serve({
 *   listen: "inet:0@127.0.0.1",
 *   filters: [{
 *     name: "no-lottery",
 *     header(field) {
 *       if (field.is("Subject") && /lottery/i.test(field.text)) return reject(550, "5.7.1", "No lotteries here");
 *     },
 *   }],
 * });
 * assert.match(server.addresses.join(), /^inet:\d+@127.0.0.1$/);
 * await server.stop();
 * ```
 */
export async function serve(options: ServeOptions): Promise<Server> {
  checkServeOptions(options);
  const {
    negotiation = DEFAULTS.negotiation,
    idle = DEFAULTS.idle,
    send = DEFAULTS.send,
    ...timeouts
  } = options.timeouts ?? {};
  const { mta, spool, limits, messageIds, clock, onEvent = logErrors } = options;
  const addresses = [options.listen].flat().map(parseAddress);
  const onLog = (line: FilterLogLine) => emitTo(onEvent, { type: "filter-log", ...line });
  const { all, made } = await makeAll(options.filters, { clock, onLog });
  let lives: Lives | undefined;
  try {
    lives = new Lives(all, onLog);
    const chain = new Chain(all, { ...timeouts, mta, spool, limits, messageIds, clock });
    const counter = new ConnectionCounter(limits);
    const reports = options.onEvent !== undefined && (options.reports ?? true);
    const { service = newServiceName() } = options;
    const times = { negotiation, idle, send };
    const server = new MilterServer(chain, lives, counter, onEvent, reports, times, service);
    await server.listen(addresses, options);
    server.warnOfSpool();
    return server;
  } catch (error) {
    await lives?.release();
    await Promise.all(made.map((filter) => filter.dispose()));
    throw error;
  }
}

class MilterServer implements Server, ConnectionOwner {
  readonly finished: Promise<void>;
  readonly chain: Chain;
  readonly reports: boolean;
  readonly service: string;
  readonly #lives: Lives;
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #open = new Set<ServerConnection>();
  readonly #counter: ConnectionCounter;
  readonly #notices = new Throttle();
  /** Whether a blocking callback was already reported since the last sweep. */
  #stallKnown = false;
  readonly #listeners: Listener[] = [];
  #closing: Promise<unknown> = Promise.resolve();
  readonly #clock: Clock;
  readonly #times: ConnectionTimes;
  /** Cancels the next sweep. */
  #stopSweep: () => void;
  #resolve!: () => void;
  #serial = 0;
  #state: "running" | "stopping" | "aborting" = "running";
  /** Cancels the time-out after a stop. */
  #callOffStop: (() => void) | undefined;

  constructor(
    chain: Chain,
    lives: Lives,
    counter: ConnectionCounter,
    onEvent: (event: ServerEvent) => void,
    reports: boolean,
    times: ConnectionTimes,
    service: string,
  ) {
    this.chain = chain;
    this.service = service;
    this.#counter = counter;
    this.reports = reports;
    this.#lives = lives;
    this.#onEvent = onEvent;
    this.finished = new Promise((resolve) => this.#resolve = resolve);
    this.#times = times;
    this.#clock = chain.clock;
    this.#stopSweep = this.#sweepLater();
  }

  #sweepLater(): () => void {
    const due = this.#clock.now() + SWEEP_INTERVAL;
    return this.#clock.after(SWEEP_INTERVAL, () => {
      const now = this.#clock.now();
      this.#stopSweep = this.#sweepLater();
      this.#noticeStandstill(now - due, now);
      for (const connection of this.#open) connection.checkIdle(now, this.#times);
    });
  }

  emit(event: ServerEvent): void {
    emitTo(this.#onEvent, event);
  }

  limitReached(limit: keyof ServerLimits, most: number, peer: string, queueId?: string): void {
    const missed = this.#notices.due(limit, this.#clock.now());
    if (missed !== undefined) this.emit({ type: "limit", limit, most, peer, queueId, missed });
  }

  looped(connection: number, peer: string, listener = "", hops: number): void {
    const missed = this.#notices.due(`loop ${listener}`, this.#clock.now());
    if (missed !== undefined) this.emit({ type: "loop", connection, peer, listener, hops, missed });
  }

  stalled(filter: string, event: EventName, worked: number, queueId?: string): void {
    this.#stallKnown = true;
    const missed = this.#notices.due(`stalled ${filter}`, this.#clock.now());
    if (missed === undefined) return;
    this.emit({ type: "stalled", milliseconds: Math.round(worked), filter, event, queueId, missed });
  }

  /** Code that runs after an await cannot be attributed to a callback: only its effect is visible. */
  #noticeStandstill(late: number, now: number): void {
    const known = this.#stallKnown;
    this.#stallKnown = false;
    if (late < STANDSTILL || known) return;
    const missed = this.#notices.due("stalled", now);
    if (missed !== undefined) this.emit({ type: "stalled", milliseconds: Math.round(late), missed });
  }

  gone(connection: ServerConnection): void {
    this.#open.delete(connection);
    this.#counter.leave(connection.peer);
    this.#finishIfIdle();
  }

  get addresses(): readonly [string, ...string[]] {
    // `serve` refuses an empty list of addresses, and listens on all of them or none.
    return this.#listeners.map(({ address }) => formatAddress(address)) as [string, ...string[]];
  }

  get connections(): number {
    return this.#open.size;
  }

  async listen(addresses: readonly Address[], options: UnixSocketOptions): Promise<void> {
    try {
      for (const address of addresses) {
        const name = address.kind === "parent" ? address.of : formatAddress(address);
        const listener = await listen(
          address,
          (socket) => {
            const limit = this.#counter.enter(socket.peer);
            if (limit) {
              this.limitReached(limit, this.#counter.limits[limit], socket.peer);
              socket.destroy();
              return IGNORING;
            }
            const connection = new ServerConnection(++this.#serial, socket, this, name);
            this.#open.add(connection);
            if (this.#state === "aborting") connection.abort();
            return connection;
          },
          (error) => this.#acceptFailed(name, error),
          options,
        );
        this.#listeners.push(listener);
        this.emit({ type: "listening", address: formatAddress(listener.address) });
      }
    } catch (error) {
      this.#stopSweep();
      await this.#closeListeners();
      throw error;
    }
  }

  /** On Deno this happens ten times a second while no descriptor is free. */
  #acceptFailed(address: string, error: Error): void {
    const missed = this.#notices.due(`accept-failed ${address}`, this.#clock.now());
    if (missed !== undefined) this.emit({ type: "accept-failed", address, error, missed });
  }

  /** Warns if the folder for kept bodies is unsuitable. */
  warnOfSpool(): void {
    const reason = this.chain.keepsBodies ? this.chain.pool.folderWarning() : undefined;
    if (reason) this.emit({ type: "spool-warning", reason });
  }

  stop(timeout: number = DEFAULT_STOP_TIMEOUT): Promise<void> {
    if (this.#state !== "running") return this.finished;
    this.#leave("stopping");
    this.#callOffStop = this.#clock.after(timeout, () => {
      const idle = [...this.#open].filter(({ inMessage }) => !inMessage).length;
      this.emit({ type: "stop-timeout", closed: idle, connections: this.#open.size });
      for (const connection of this.#open) connection.closeBetweenMessages();
    });
    this.#finishIfIdle();
    return this.finished;
  }

  abort(): Promise<void> {
    if (this.#state === "aborting") return this.finished;
    this.#leave("aborting");
    for (const connection of this.#open) connection.abort();
    this.#finishIfIdle();
    return this.finished;
  }

  #leave(state: "stopping" | "aborting"): void {
    const first = this.#state === "running";
    this.#state = state;
    if (first) this.#closing = this.#closeListeners();
    const inMessage = [...this.#open].filter((connection) => connection.inMessage).length;
    this.emit({ type: state, connections: this.#open.size, inMessage });
  }

  #finishIfIdle(): void {
    if (this.#state === "running" || this.#open.size > 0) return;
    this.#stopSweep();
    this.#callOffStop?.();
    this.#closing.then(() => this.#lives.release()).then(() => this.#resolve());
  }

  async #closeListeners(): Promise<void> {
    await Promise.allSettled(this.#listeners.map(async (listener) => await listener.close()));
  }
}

/** Mail must flow even if logging fails. */
function emitTo(onEvent: (event: ServerEvent) => void, event: ServerEvent): void {
  try {
    onEvent(event);
  } catch (error) {
    console.error("onEvent threw:", error);
  }
}

function logErrors(event: ServerEvent): void {
  if (event.type === "filter-log") {
    const { level, filter, text, queueId = "-" } = event;
    if (level === "warning" || level === "error") {
      console.error(`milterkit: ${queueId}: ${level} of filter ${filter}: ${text}`);
    }
  } else if (event.type === "filter-error") {
    const { queueId = "-", filter, event: name, onError, error } = event;
    console.error(`milterkit: ${queueId}: filter ${filter} failed at ${name} (${onError}):`, error);
  } else if ("error" in event) {
    console.error(`milterkit: ${event.type}:`, event.error);
  } else if (event.type === "stalled") {
    const { filter = "something", milliseconds } = event;
    console.error(
      `milterkit: ${filter} blocked the process for ${milliseconds} ms: all other mail waited`,
    );
  }
}
