/**
 * The kit of one filter: its parts, and how it ends.
 *
 * @module
 */

import type { Resolver } from "../dns/resolver.ts";
import { StubResolver } from "../dns/stub.ts";
import type { ScopeCondition } from "../filter/condition.ts";
import type { FilterKit } from "../filter/filter_kit.ts";
import { type LogFields, type Logger, type LogLevel, makeLogger } from "../filter/logger.ts";
import type { Lists } from "../options/lists/lists.ts";
import type { OptionValues } from "../options/options.ts";
import { InvalidSettingError } from "../options/settings.ts";
import { MemoryStore } from "../store/memory_store.ts";
import type { Store } from "../store/store.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { filterDns } from "./dns.ts";
import { FilterMetrics } from "./metrics.ts";
import { withinTime } from "./time_limit.ts";
import { Timers } from "./timers.ts";

/** The time limit for releasing everything, in milliseconds. */
const END_LIMIT = 5000;

/** A line that a filter writes to the log. */
export interface FilterLogLine {
  /** The filter's name. */
  readonly filter: string;
  /** Its level. */
  readonly level: LogLevel;
  /** What it says. */
  readonly text: string;
  /** Its fields in addition to the text. */
  readonly fields: LogFields;
}

/** The parts of a filter's kit. All have defaults. */
export interface KitParts {
  /** The filter's name in logs and metrics. @default that of its definition */
  readonly name?: string | undefined;
  /** Called with the lines that the filter writes outside messages. @default the server's `onEvent`, and standard error */
  readonly onLog?: ((line: FilterLogLine) => void) | undefined;
  /** The clock. @default the system's */
  readonly clock?: Clock | undefined;
  /** Collects what the filter counts. @default one of its own */
  readonly metrics?: FilterMetrics | undefined;
  /**
   * The DNS resolver, or a function that returns it, called when it is first needed. It is not closed.
   * @default one of the filter's own, with the system's name servers
   */
  readonly resolver?: Resolver | (() => Resolver) | undefined;
  /** The lists that its options can name, such as `@internal`. @default none */
  readonly lists?: Lists | undefined;
  /** The conditions of the configuration file, by name. @default none */
  readonly conditions?: ReadonlyMap<string, ScopeCondition> | undefined;
  /** Whether the filter handles real mail; see `live` of `FilterKit`. @default true */
  readonly live?: boolean | undefined;
  /** The name under which the service reports in Authentication-Results. @default none */
  readonly authservId?: string | undefined;
  /**
   * A single store for all names, or a function that returns a filter's store by name, the same one each time.
   * @default a store in memory for each
   */
  readonly store?: Store | ((filter: string, name: string) => Store) | undefined;
}

/** The kit of one filter. */
export class KitOwner {
  /** The name under which it logs: its label, or what `create` chose, or its definition's. */
  name: string;
  /** Receives its log lines if no `onLog` was given when it was made: the server that serves it. */
  sink: ((line: FilterLogLine) => void) | undefined;
  /** Its metrics. */
  readonly metrics: FilterMetrics;
  /** What `create` returned. */
  created: unknown;
  /** The clock. */
  readonly clock: Clock;
  /** The kit, for `create`. */
  readonly kit: FilterKit;
  readonly #log: Logger;
  readonly #timers: Timers;
  readonly #ending = new AbortController();
  /** Releases the lists of its options. */
  readonly #letListsGo: () => void;
  /** The filter's own resolver, once it is in use. */
  #resolver: Resolver | undefined;

  /**
   * @param definition the name of the filter's definition
   * @param options its options
   * @param parts the parts of the kit
   */
  constructor(definition: string, options: OptionValues, parts: KitParts) {
    const { name = definition, clock = systemClock, metrics = new FilterMetrics() } = parts;
    const { onLog, store = memoryStores(clock) } = parts;
    const storeOf = typeof store === "function" ? store : () => store;
    const write = (line: FilterLogLine) => (onLog ?? this.sink ?? writeToConsole)(line);
    this.name = name;
    this.metrics = metrics;
    this.clock = clock;
    const log = makeLogger((level, text, fields) => write({ filter: this.name, level, text, fields }));
    const timers = new Timers(clock, name, log);
    const resolverOf = (): Resolver => {
      const given = parts.resolver;
      return typeof given === "function" ? given() : given ?? (this.#resolver ??= new StubResolver());
    };
    const owner = { filter: name, definition };
    this.#log = log;
    this.#timers = timers;
    this.#letListsGo = options.lists.hold();
    this.kit = {
      name,
      log,
      signal: this.#ending.signal,
      clock,
      options,
      conditions: parts.conditions ?? new Map(),
      live: parts.live ?? true,
      authservId: parts.authservId,
      every: (interval, work) => timers.every(interval, work),
      counter: (metric, help, labels = []) => metrics.counter(owner, metric, help, labels),
      histogram: (metric, help, buckets, labels = []) =>
        metrics.histogram(owner, metric, help, buckets, labels),
      showLimit: (use) => metrics.limits.note(this.name, use),
      dns: filterDns(resolverOf),
      get resolver() {
        return resolverOf();
      },
      store: (named) => storeOf(name, checkedStoreName(name, named)),
    };
  }

  /**
   * Ends the kit and calls the filter's `dispose`. Never rejects; errors are logged.
   *
   * @param created what `create` returned, if it did
   */
  async end(created: unknown = this.created): Promise<void> {
    this.#ending.abort(new DOMException(`filter ${this.name} was disposed`, "AbortError"));
    const problem = await withinTime(this.clock, END_LIMIT, async () => {
      await this.#timers.stop();
      const disposable = created as { dispose?: unknown } | null | undefined;
      if (typeof disposable?.dispose === "function") await disposable.dispose();
    });
    this.#resolver?.close();
    this.#letListsGo();
    if (problem) this.#log.error(`its dispose ${problem.late ? "" : "failed: "}${problem.reason}`);
  }
}

/** Returns stores in the memory of this process, one for each filter and name. */
export function memoryStores(clock: Clock): (filter: string, name: string) => Store {
  const stores = new Map<string, Store>();
  return (filter, name) => {
    const key = `${filter}\0${name}`;
    const store = stores.get(key) ?? new MemoryStore({ clock });
    stores.set(key, store);
    return store;
  };
}

function checkedStoreName(filter: string, name: string): string {
  if (typeof name === "string" && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return name;
  throw new InvalidSettingError(
    `filter ${filter}`,
    "store",
    name,
    `a store needs a name of lower-case words joined by hyphens, got ${JSON.stringify(name)}`,
  );
}

function writeToConsole({ filter, level, text, fields }: FilterLogLine): void {
  const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  console.error(`milterkit: ${level}: filter ${filter}: ${text}${rest}`);
}
