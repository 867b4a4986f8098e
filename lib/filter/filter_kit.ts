/**
 * What a filter gets from the service that runs it: timers, metrics, DNS, a store and a log.
 *
 * @module
 */

import type { MxRecord, Resolver } from "../dns/resolver.ts";
import type { OptionValues } from "../options/options.ts";
import type { Rate, Store } from "../store/store.ts";
import type { Clock } from "../time/clock.ts";
import type { ScopeCondition } from "./condition.ts";
import type { Logger } from "./logger.ts";

/** Counts something, starting at 0 when the service starts. `L` is the names of its labels. */
export interface Counter<L extends string = never> {
  /**
   * Adds to the count.
   *
   * @param labels a value for each label, if the counter has any
   * @param how much to add, above 0; default 1
   */
  add(
    ...args: [L] extends [never] ? [by?: number] : [labels: Readonly<Record<L, string>>, by?: number]
  ): void;
}

/** Counts values, such as sizes or seconds, in buckets. `L` is the names of its labels. */
export interface Histogram<L extends string = never> {
  /**
   * Counts a value.
   *
   * @param value the value
   * @param labels a value for each label, if the histogram has any
   */
  observe(value: number, ...args: [L] extends [never] ? [] : [labels: Readonly<Record<L, string>>]): void;
}

/**
 * Queries DNS, with a deadline and a cache that all filters of the process share. An empty list means that there are no
 * such records: the name has none, does not exist, or is not a valid name, such as garbage in HELO. If there is no
 * answer, the promise rejects with {@linkcode DnsLookupError}.
 */
export interface FilterDns {
  /** The TXT records of a name, each with its strings joined. */
  txt(name: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The IPv4 addresses of a name. */
  a(name: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The IPv6 addresses of a name. */
  aaaa(name: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The mail servers of a domain, in order of preference. */
  mx(name: string, signal?: AbortSignal): Promise<readonly MxRecord[]>;
  /** The names of an IP address. The owner of its network can set any name: verify them with `a` or `aaaa`. */
  ptr(address: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** A DNS query without an answer: a later attempt may succeed. */
export class DnsLookupError extends Error {
  override readonly name = "DnsLookupError";
  /** Always `dns-lookup`. */
  readonly code = "dns-lookup";
  /** The name or address that was asked for. */
  readonly value: string;
  /** Why there is no answer: `timeout`, `servfail`, `refused`, `malformed`, `network` or `closed`. */
  readonly status: string;

  /**
   * @param value the name or address that was asked for
   * @param type the type of record, such as `TXT`
   * @param status why there is no answer
   * @param reason the reason in words
   */
  constructor(value: string, type: string, status: string, reason: string) {
    super(`Cannot look up ${type} of ${value}: ${reason}`);
    this.value = value;
    this.status = status;
  }
}

/** How much of a limit somebody has used. */
export interface LimitUse {
  /** Whose limit it is, such as a login. It may be chosen by senders. */
  readonly key: string;
  /** The limit as people write it, such as `100/1h`; a filter should have few of them. */
  readonly limit: string;
  /** The limit as passed to `take` of a store. */
  readonly rate: Rate;
  /** What `take` returned as `left`. */
  readonly left: number;
  /** Whether the limit was exceeded. */
  readonly refused: boolean;
}

/**
 * What a filter's `create` gets in addition to its options. Everything started here ends automatically when the filter
 * is disposed.
 */
export interface FilterKit {
  /** The filter's name, or its label if it has one. */
  readonly name: string;
  /** Writes lines to the log of the service; for lines about a message, use `log` of the context. */
  readonly log: Logger;
  /** Aborted when the filter is disposed: on stop and reload, and at the end of a test. */
  readonly signal: AbortSignal;
  /** The clock of the service; tests advance it by hand. */
  readonly clock: Clock;
  /**
   * The options as they were given, in order and with their texts, for filters to which the order matters and for
   * errors.
   */
  readonly options: OptionValues;
  /** The conditions of the configuration file, `[conditions.NAME]`, by name. */
  readonly conditions: ReadonlyMap<string, ScopeCondition>;
  /**
   * Runs work repeatedly, the first time after one interval. A run that takes longer than the interval delays the next
   * one; if a run fails, the error is logged and the next one follows as usual. Disposing the filter waits for a run in
   * progress.
   *
   * @param interval the time between two runs: text such as `1h`, or milliseconds; 1 millisecond to 24 days
   * @param work what to run
   * @throws {InvalidSettingError} for an invalid interval
   */
  every(interval: string | number, work: () => void | Promise<void>): void;
  /**
   * Makes a counter, which `/metrics` and the status page show as `milterkit_custom_FILTER_NAME`, summed over all
   * workers.
   *
   * @param name lower-case words joined by `_`, the last one `total`
   * @param help what it counts
   * @param labels the names of its labels. Each combination of their values is a separate series: never use addresses
   * or other values that senders choose
   * @throws {InvalidSettingError} for an invalid name, or one that the filter has used already
   */
  counter<const L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  /**
   * Makes a histogram, which is shown like a counter.
   *
   * @param name lower-case words joined by `_`, the last one the unit, such as `seconds` or `bytes`
   * @param help what it counts
   * @param buckets the upper bounds of its buckets, ascending
   * @param labels the names of its labels, as for a counter
   * @throws {InvalidSettingError} for an invalid name or bounds, or a name that the filter has used already
   */
  histogram<const L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>;
  /**
   * Shows on the status page, and in its data, how much of a limit has been used, if it is half or more. The page shows
   * the most used ones. Unlike a counter's labels, the key may be chosen by senders.
   */
  showLimit(use: LimitUse): void;
  /**
   * Whether the filter handles real mail. If not, as in `milterkit check` and in tests, the filter must have no
   * external effects, such as sending mail or running a program; it may log what it would have done.
   */
  readonly live: boolean;
  /** The name under which the service reports in Authentication-Results; undefined if it was not set. */
  readonly authservId: string | undefined;
  /** Queries DNS. */
  readonly dns: FilterDns;
  /**
   * The same with full answers: whether a name does not exist or has no such records, why a query failed, and an
   * answer's TTL. For classes such as `DkimVerifier`. It is shared: do not close it.
   */
  readonly resolver: Resolver;
  /**
   * Returns the store with a name; the same name always gives the same store. Filters with the same name, or label,
   * share it; others do not see it.
   *
   * `--state` sets where it is kept. All workers share it, and it survives reloads; in a file or on a server, it
   * survives restarts too. While it does not answer, calls are counted in memory or reject with
   * `StoreUnavailableError`, as `--on-state-error` says. No call takes longer than 200 ms.
   *
   * @param name lower-case words joined by hyphens
   */
  store(name: string): Store;
}
