/**
 * A chain runs several filters as one milter. It checks the list of filters once and applies it to each connection.
 *
 * @module
 */

import { ChainConnection } from "./chain_connection.ts";
import type { ChainSettings } from "./chain_settings.ts";
import type { ConnectionHost } from "./connection_host.ts";
import { type ChainOptions, type ChainTimeouts, checkChainOptions } from "./chain_options.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { SpoolPool } from "../message/spool.ts";
import type { Filter } from "../filter/filter.ts";
import { EventBit } from "../protocol/events.ts";
import { messageLimits, needsOfLimits } from "./message_limits.ts";
import { StandingNeeds } from "./negotiation.ts";
import { keepsBody, macrosRequestedBy, makePlan, type Plan, whoIsLive } from "./plan.ts";
import { checkResultConditions } from "./result_conditions.ts";
import { InvalidFilterError, validateFilter } from "../filter/validate.ts";

/** The default time-outs, in milliseconds. */
const DEFAULT_TIMEOUTS: Required<ChainTimeouts> = { callback: 8000, message: 240_000 };

/**
 * Filters in order, with the semantics that an MTA gives to several milters. At each SMTP command it calls every filter
 * in order. Each filter sees the whole content, as changed by the filters before it, before the next one starts. The
 * first refusal ends the message for all.
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
  /** The effective time-outs, in milliseconds. */
  readonly timeouts: Required<ChainTimeouts>;
  /** Where bodies are kept for filters that see them later. */
  readonly pool: SpoolPool;
  /** The clock. */
  readonly clock: Clock;
  readonly #plans: readonly Plan[];
  readonly #settings: ChainSettings;

  /**
   * @param filters the filters, in the order in which they are called
   * @param options time-outs, limits and other settings
   * @throws {InvalidSettingError} for an unknown option, or one with an invalid value
   * @throws {InvalidFilterError} for an invalid filter, saying which and why
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
    checkResultConditions(this.#plans);
    try {
      macrosRequestedBy(this.#plans);
    } catch (error) {
      throw new InvalidFilterError("chain", filters.length, (error as Error).message);
    }
    const limits = messageLimits(options.limits);
    const ofLimits = needsOfLimits(limits);
    const ownNeeds = options.messageIds ? { ...ofLimits, told: ofLimits.told | EventBit.header } : ofLimits;
    this.#settings = {
      timeouts: this.timeouts,
      clock: this.clock,
      pool: this.pool,
      standing: new StandingNeeds(this.#plans, ownNeeds),
      ownNeeds,
      mta: options.mta === "auto" ? undefined : options.mta,
      limits,
    };
  }

  /** Whether bodies are kept: a filter reads them at the end, or must wait for one before it. */
  get keepsBodies(): boolean {
    const live = whoIsLive(this.#plans);
    return this.#plans.some((plan, i) => keepsBody(plan, live[i] ?? true));
  }

  /** Creates the chain's state for a new connection. */
  connection(host: ConnectionHost): ChainConnection {
    return new ChainConnection(this.#plans, this.#settings, host);
  }
}
