/**
 * The limits of one key in one filter: how much is left, and filling them again.
 *
 * @module
 */

import { Buckets } from "../../../filters/rate_limit/buckets.ts";
import { rateLimitSettings } from "../../../filters/rate_limit/settings.ts";
import { storeNames } from "../../../filters/rate_limit/store_names.ts";
import { NoticedKeys } from "../../../filters/rate_limit/noticed_keys.ts";
import { storeFor } from "../../../lib/store/namespace.ts";
import type { ConfiguredFilter } from "../../config/filter_arguments.ts";
import type { OpenState } from "../../service/state/open_state.ts";

/** How much is left of one limit. */
export interface KeyLimit {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** The key as the filter spells it. */
  readonly key: string;
  /** What is counted: messages or recipients. */
  readonly counts: string;
  /** The limit. */
  readonly limit: string;
  /** How much is left right now. */
  readonly left: number;
  /** How much it can have. */
  readonly most: number;
  /** Whether the filter lets the key through without counting it. */
  readonly exempt: boolean;
}

/** The limits of a key. */
export class KeyLimits {
  readonly #filter: string;
  readonly #key: string;
  readonly #unit: string;
  readonly #isExempt: boolean;
  readonly #buckets: Buckets;
  readonly #noticed: NoticedKeys;

  private constructor(
    state: OpenState,
    name: string,
    key: string,
    settings: ReturnType<typeof rateLimitSettings>,
  ) {
    const { template, unit, limits, dryRun, exempt } = settings;
    const names = storeNames(dryRun);
    const store = (of: string) => storeFor(state.backend, name, of, state.rules);
    this.#filter = name;
    this.#key = key;
    this.#unit = unit;
    this.#isExempt = exempt.has(key);
    this.#buckets = new Buckets(store(names.buckets), template.text, unit, limits);
    this.#noticed = new NoticedKeys(store(names.told), template.text, unit);
  }

  /**
   * The limits of a key in a filter.
   *
   * @param state the state
   * @param filter the filter
   * @param text the key, as somebody wrote it
   * @returns undefined if the filter can have no such key
   */
  static of(state: OpenState, { filter, values }: ConfiguredFilter, text: string): KeyLimits | undefined {
    const settings = rateLimitSettings(values);
    const key = settings.template.spelled(text, settings.lengths);
    return key === undefined ? undefined : new KeyLimits(state, filter.name, key, settings);
  }

  /** How much is left of each. */
  async show(): Promise<KeyLimit[]> {
    return (await this.#buckets.levels(this.#key)).map(({ limit, left }) => ({
      filter: this.#filter,
      key: this.#key,
      counts: this.#unit,
      limit: limit.text,
      left,
      most: limit.rate.burst,
      exempt: this.#isExempt,
    }));
  }

  /** Fills them, and lets the next notice come. */
  async reset(): Promise<void> {
    await this.#buckets.reset(this.#key);
    await this.#noticed.forget(this.#key);
  }
}
