/**
 * Many filters as one: a list of filters, checked once, and what happens to them on each connection.
 *
 * @module
 */

import { ChainConnection } from "./chain_connection.ts";
import type { ChainSettings } from "./chain_settings.ts";
import type { ConnectionHost } from "./connection_host.ts";
import { type ChainOptions, type ChainTimeouts, checkChainOptions } from "./chain_options.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { SpoolPool } from "../message/spool.ts";
import { EventBit } from "../protocol/events.ts";
import type { Filter } from "../filter/filter.ts";
import { answeredForLimits, messageLimits } from "./message_limits.ts";
import { macroListsOf } from "./macro_lists.ts";
import { StandingNeeds } from "./negotiation.ts";
import { makePlan, type Plan, reads, whoIsLive } from "./plan.ts";
import { InvalidFilterError, validateFilter } from "../filter/validate.ts";

/** The time-outs that hold where none are set. */
const DEFAULT_TIMEOUTS: Required<ChainTimeouts> = { callback: 8000, message: 240_000 };

/**
 * Filters in their order, with the semantics that an MTA gives to several milters: per command each in order; the
 * whole content to each before the next one starts, which sees it as changed; the first refusal ends it for all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chain } from "./chain.ts";
 *
 * assert.equal(new Chain([{ name: "first" }, { name: "second" }]).filters.length, 2);
 * assert.throws(() => new Chain([{ name: "x", changes: ["addHeadr" as "addHeader"] }]), /did you mean "addHeader"/);
 * ```
 */
export class Chain {
  /** The filters, in order. */
  // deno-lint-ignore no-explicit-any -- each filter has state types of its own
  readonly filters: readonly Filter<any, any>[];
  /** The time-outs in force. */
  readonly timeouts: Required<ChainTimeouts>;
  /** Where the content is kept that later filters wait for. */
  readonly pool: SpoolPool;
  /** What tells the time. */
  readonly clock: Clock;
  readonly #plans: readonly Plan[];
  readonly #settings: ChainSettings;

  /**
   * @param filters in the order in which they are asked
   * @param options how long things may take, and more
   * @throws {InvalidSettingError} for an option that there is not, or that is not what it should be
   * @throws {InvalidFilterError} for a filter that cannot be served, saying which and why
   * @throws {RangeError} for a time-out or a limit that is out of bounds
   */
  // deno-lint-ignore no-explicit-any -- as above
  constructor(filters: readonly Filter<any, any>[], options: ChainOptions = {}) {
    checkChainOptions(options);
    filters.forEach((filter, i) => validateFilter(filter, i + 1));
    this.filters = filters;
    this.pool = new SpoolPool(options.spool);
    this.clock = options.clock ?? systemClock;
    this.timeouts = {
      callback: options.callback ?? DEFAULT_TIMEOUTS.callback,
      message: options.message ?? DEFAULT_TIMEOUTS.message,
    };
    for (const [name, value] of Object.entries(this.timeouts)) {
      if (!(value >= 1 && value <= 600_000)) {
        throw new RangeError(`Invalid ${name} time-out ${value}: want 1 to 600000 milliseconds`);
      }
    }
    this.#plans = filters.map((filter) => makePlan(filter));
    try {
      macroListsOf(this.#plans.map(({ macros }) => macros));
    } catch (error) {
      throw new InvalidFilterError("chain", filters.length, (error as Error).message);
    }
    const limits = messageLimits(options.limits);
    const answered = answeredForLimits(limits);
    this.#settings = {
      timeouts: this.timeouts,
      clock: this.clock,
      pool: this.pool,
      standing: new StandingNeeds(this.#plans, answered),
      answered,
      mta: options.mta === "auto" ? undefined : options.mta,
      limits,
    };
  }

  /** Whether a filter reads the body that has to wait for one before it, so that bodies are kept. */
  get keepsBodies(): boolean {
    const live = whoIsLive(this.#plans);
    return this.#plans.some((plan, i) => !live[i] && reads(plan, EventBit.body));
  }

  /** The chain on a new connection. */
  connection(host: ConnectionHost): ChainConnection {
    return new ChainConnection(this.#plans, this.#settings, host);
  }
}
