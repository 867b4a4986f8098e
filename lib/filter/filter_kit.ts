/**
 * What a filter gets from the service that runs it: timers, metrics, DNS, a store, a log.
 *
 * @module
 */

import type { MxRecord, Resolver } from "../dns/resolver.ts";
import type { OptionValues } from "../options/options.ts";
import type { Rate, Store } from "../store/store.ts";
import type { Clock } from "../time/clock.ts";
import type { ScopeCondition } from "./condition.ts";
import type { Logger } from "./logger.ts";

/** Counts something, from 0 at the start of the service. `L` is the names of its labels. */
export interface Counter<L extends string = never> {
  /**
   * Adds to the count.
   *
   * @param labels a value for each label, if the counter has any
   * @param by how much to add, above 0; 1 unless given
   */
  add(
    ...args: [L] extends [never] ? [by?: number] : [labels: Readonly<Record<L, string>>, by?: number]
  ): void;
}

/** Counts values, such as sizes or seconds, by how large they are. `L` is the names of its labels. */
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
 * Asks the DNS, with a deadline and a cache that all filters of the process share. An empty list says that there are no such
 * records: the name has none, does not exist, or cannot exist, such as a HELO of rubbish. Without an answer, the promise
 * rejects with {@linkcode DnsLookupError}.
 */
export interface FilterDns {
  /** The TXT records of a name, each with its strings joined. */
  txt(name: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The IPv4 addresses of a name. */
  a(name: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The IPv6 addresses of a name. */
  aaaa(name: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The mail servers of a domain, the preferred ones first. */
  mx(name: string, signal?: AbortSignal): Promise<readonly MxRecord[]>;
  /** The names of an IP address, as the owner of its network gives them: check them with `a` or `aaaa`. */
  ptr(address: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** A question to the DNS without an answer: a later attempt may succeed. */
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
   * @param reason the same in words
   */
  constructor(value: string, type: string, status: string, reason: string) {
    super(`Cannot look up ${type} of ${value}: ${reason}`);
    this.value = value;
    this.status = status;
  }
}

/** How much of a limit somebody has used. */
export interface LimitUse {
  /** Whose limit it is, such as a login. Senders may choose it. */
  readonly key: string;
  /** The limit as people write it, such as `100/1h`; the filter has few of them. */
  readonly limit: string;
  /** The limit as `take` of a store has it. */
  readonly rate: Rate;
  /** What `take` returned as `left`. */
  readonly left: number;
  /** Whether there was not enough. */
  readonly refused: boolean;
}

/** What `create` of a filter gets beside its options. What it starts here ends by itself when the filter is disposed. */
export interface FilterKit {
  /** The filter's name, or its label if it has one. */
  readonly name: string;
  /** Writes lines to the log of the service; for lines about a message, use `log` of the context. */
  readonly log: Logger;
  /** Aborted when the filter is disposed: on stop and reload, and at the end of a test. */
  readonly signal: AbortSignal;
  /** The clock of the service; tests advance it by hand. */
  readonly clock: Clock;
  /** The options as they were given: in their order, if that matters, and with their texts, for errors about them. */
  readonly options: OptionValues;
  /** The conditions of the configuration file, `[conditions.NAME]`, by name. */
  readonly conditions: ReadonlyMap<string, ScopeCondition>;
  /**
   * Runs work again and again, the first time after one interval. A run that takes longer than the interval delays the next;
   * if one fails, the error is logged and the next one comes. On dispose, a run in progress is waited for.
   *
   * @param interval the time between two runs: text such as `1h`, or milliseconds; 1 millisecond to 24 days
   * @param work what to run
   * @throws {InvalidSettingError} if the interval is none
   */
  every(interval: string | number, work: () => void | Promise<void>): void;
  /**
   * Makes a counter, which `/metrics` and the status page show as `milterkit_custom_FILTER_NAME`, summed over workers.
   *
   * @param name lower-case words joined by `_`, the last one `total`
   * @param help what it counts
   * @param labels the names of its labels. Each combination of their values is a series of its own: never use addresses or
   * other things that senders choose
   * @throws {InvalidSettingError} for an invalid name, or one that the filter has used already
   */
  counter<const L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  /**
   * Makes a histogram, shown as a counter is.
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
   * Shows on the status page, and in its data, how much of a limit somebody has used, if that is half of it or more. The page
   * shows the fullest ones. Unlike the labels of a counter, the key may be what senders choose.
   */
  showLimit(use: LimitUse): void;
  /**
   * Whether the filter handles mail. If not, as in `milterkit check` and in tests, messages are only tried: it must change
   * nothing that lives outside, such as send mail or run a program, and may log what it would have done.
   */
  readonly live: boolean;
  /** The name under which the service reports in Authentication-Results; undefined if it was not set. */
  readonly authservId: string | undefined;
  /** Asks the DNS. */
  readonly dns: FilterDns;
  /**
   * The same with answers in full: whether a name does not exist or has no such records, why a question failed, and how long
   * an answer holds. For engines such as `DkimVerifier`. It is shared: do not close it.
   */
  readonly resolver: Resolver;
  /**
   * The store with a name, the same one each time. Filters with the same name, or label, share it; others do not see it.
   *
   * It is where `--state` says, the same for all workers, and stays through reloads; a file or a server outlives restarts
   * too. While it does not answer, calls count in memory or reject with `StoreUnavailableError`, as `--on-state-error` says;
   * none takes longer than 200 ms.
   *
   * @param name lower-case words joined by hyphens
   */
  store(name: string): Store;
}
