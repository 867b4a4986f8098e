/**
 * Reads a configuration file into listeners, each with its filters.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "node:path";
import type { Lists } from "../../lib/options/lists/lists.ts";
import { nearest } from "../../lib/options/nearest.ts";
import { OptionError, OptionValues } from "../../lib/options/options.ts";
import { AddressError, formatAddress, isAnyPort, parseAddress } from "../../lib/net/address.ts";
import { UsageError } from "../terminal/arguments.ts";
import {
  type ConfiguredFilter,
  configureFilter,
  disposeFilters,
  type FilterParts,
  isFilterFile,
  loadDefinition,
  optionsOf as filterOptions,
} from "./filter_arguments.ts";
import { CONDITIONS_TABLE, readConditions, type WrittenCondition } from "./conditions.ts";
import { contradictionsOf } from "./contradictions.ts";
import { misplacedFilters } from "./filter_order.ts";
import { FilterTables, groupOptions } from "./filter_tables.ts";
import { LISTS_TABLE, readLists } from "./lists.ts";
import { checkListener, type ListenerConfig } from "./listener_config.ts";
import { milterLoops } from "./milter_loops.ts";
import { FILE_OPTIONS, LISTENER_OPTIONS } from "../options/serve_options.ts";
import { INCLUDE, readConfigFile } from "./config_file.ts";
import { ConfigError, type ConfigPlace, lowerFirst, type Problem } from "./problem.ts";
import { givenOptions, inFileTerms, optionValuesOf, type SetOptions, withFilesBeside } from "./settings.ts";
import { kitPartsOf } from "./kit_parts.ts";
import type { ConfigSnapshot } from "./snapshot.ts";
import type { Setting, Table } from "./toml.ts";
import { checkValues } from "./value_checks.ts";

/** A valid configuration. */
export interface Configuration {
  /** The options for all listeners. */
  readonly options: OptionValues;
  /** The listeners, at least one. */
  readonly listeners: readonly ListenerConfig[];
  /** The lists that filters can name. */
  readonly lists: Lists;
  /** The conditions that filters can name. */
  readonly conditions: readonly WrittenCondition[];
  /** The texts of all files that it was read from. */
  readonly texts: ConfigSnapshot;
}

/** What a configuration file is read with. */
export interface ReadWith {
  /** Called with the options for all listeners, if they are valid, before filters are loaded. */
  readonly early?: (options: OptionValues) => void;
  /** What the filters are made with, beside the resolver that the options describe. */
  readonly parts?: FilterParts;
}

/**
 * Reads a configuration file.
 *
 * @param file its path
 * @param snapshot earlier texts of its files, to use instead of reading them
 * @param readWith what it is read with
 * @throws {ConfigError} with all mistakes in the file and in those that it includes
 */
export async function readConfiguration(
  file: string,
  snapshot?: ConfigSnapshot,
  readWith: ReadWith = {},
): Promise<Configuration> {
  const problems: Problem[] = [];
  const reader = new ConfigReader(problems, readWith);
  const { table, texts } = readConfigFile(file, problems, snapshot);
  const configuration = await reader.read(table);
  if (problems.length > 0) {
    await disposeFilters(reader.filters);
    throw new ConfigError(inOrder(problems, Object.keys(texts)));
  }
  return { ...configuration!, texts };
}

function inOrder(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = ({ place }: Problem) => files.indexOf(place.file);
  return [...problems].sort((a, b) =>
    rank(a) - rank(b) || a.place.line - b.place.line || a.place.column - b.place.column
  );
}

class ConfigReader {
  readonly #problems: Problem[];
  readonly #addresses = new Set<string>();
  readonly #listenerConditions: Setting[] = [];
  /** The top level of the file, whose options its listeners inherit. */
  #root!: Table;
  /** Where the options of filters stand. */
  readonly #tablesOf = new Map<ConfiguredFilter, FilterTables>();

  /** The lists that filters can name. */
  lists!: Lists;
  /** The filters that were made. */
  readonly filters: ConfiguredFilter[] = [];
  readonly #early: (options: OptionValues) => void;
  #parts: FilterParts;

  constructor(problems: Problem[], { early = () => {}, parts = {} }: ReadWith) {
    this.#problems = problems;
    this.#early = early;
    this.#parts = parts;
  }

  async read(table: Table): Promise<Omit<Configuration, "texts"> | undefined> {
    this.#root = table;
    this.#knownTables(table, ["filter", "listener", LISTS_TABLE, CONDITIONS_TABLE]);
    const settings = withFilesBeside(table.settings, FILE_OPTIONS);
    const given = givenOptions(settings, FILE_OPTIONS, this.#problems, [INCLUDE, "filter", "listener"]);
    checkValues(settings, this.#problems);
    const options = optionValuesOf(given, FILE_OPTIONS, table.place, this.#problems);
    this.lists = readLists(table.tables.get(LISTS_TABLE) ?? [], this.#problems);
    const conditions = readConditions(table.tables.get(CONDITIONS_TABLE) ?? [], this.lists, this.#problems);
    this.#parts = { ...this.#parts, lists: this.lists, conditions: conditions.named };
    this.#listenerConditions.push(...conditions.ofListeners);
    if (options) this.#prepare(options, table);
    const listeners: ListenerConfig[] = [];
    const own = table.tables.get("filter") ?? [];
    const [first] = own;
    const hasAddress = saysAddress(table);
    if (first || hasAddress) {
      if (first && !hasAddress) {
        this.#wrong(
          first.place,
          'these filters have no listen: add it, for example listen = "inet:8825@localhost"',
        );
      }
      if (!first) this.#wrong(placeOf(table, "listen"), "there is no [[filter]] to serve at this address");
      await this.#add(listeners, given, own, table);
    }
    for (const listener of table.tables.get("listener") ?? []) {
      await this.#readListener(listener, given, listeners);
    }
    if (listeners.length === 0 && this.#problems.length === 0) {
      this.#wrong(table.place, "there is nothing to serve: want listen and a [[filter]]");
    }
    this.#checkListenerConditions();
    await this.#checkLoops(listeners);
    return options && { options, listeners, lists: this.lists, conditions: conditions.written };
  }

  /** Does what must be done before filters are made: their log must be known, and their DNS. */
  #prepare(options: OptionValues, table: Table): void {
    if (this.#problems.length === 0) this.#early(options);
    try {
      this.#parts = { ...this.#parts, ...kitPartsOf(options) };
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      this.#wrong(placeOfValue([table], error) ?? table.place, inFileTerms(error));
    }
  }

  async #readListener(table: Table, above: SetOptions, listeners: ListenerConfig[]): Promise<void> {
    this.#knownTables(table, ["filter"]);
    const settings: Setting[] = [];
    for (const setting of table.settings) {
      const option = FILE_OPTIONS.find(({ name }) => name === setting.key);
      if (!option || option.scope === "listener") settings.push(setting);
      else {this.#wrong(
          setting.place,
          `${setting.key} holds for all listeners; put it before the first [[listener]]`,
        );}
    }
    const given = givenOptions(settings, LISTENER_OPTIONS, this.#problems, ["filter"]);
    checkValues(settings, this.#problems);
    const filters = table.tables.get("filter") ?? [];
    if (!saysAddress(table)) {
      this.#wrong(
        table.place,
        'this listener has no listen: add it, for example listen = "inet:8825@localhost"',
      );
    }
    if (filters.length === 0) this.#wrong(table.place, "this listener has no [[listener.filter]]");
    const names = new Set(given.map(([name]) => name));
    const inherited = above.filter(([name]) => name !== "listen" && !names.has(name));
    await this.#add(listeners, [...inherited, ...given], filters, table);
  }

  async #add(
    listeners: ListenerConfig[],
    given: SetOptions,
    tables: readonly Table[],
    at: Table,
  ): Promise<void> {
    for (const { key, values } of at.settings) {
      if (key !== "listen") continue;
      for (const { place, text } of values) this.#checkAddress(place, text);
    }
    const tableOf = new Map<ConfiguredFilter, Table>();
    for (const table of tables) {
      const filter = await this.#readFilter(table);
      if (filter) tableOf.set(filter, table);
    }
    const options = optionValuesOf(given, FILE_OPTIONS, at.place, this.#problems);
    if (!options) return;
    const listener = { options, filters: [...tableOf.keys()] };
    listeners.push(listener);
    this.#refuseContradictions(listener, at);
    for (const { filter, reason } of misplacedFilters(listener.filters)) {
      this.#wrong(tableOf.get(filter)?.place ?? at.place, reason.replaceAll("--filter ", "the filter "));
    }
    if (this.#problems.length > 0) return;
    try {
      checkListener(listener);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#wrong(at.place, error.message.replace(/^milterkit serve: /, ""));
    }
  }

  /** Reports options that could never take effect. */
  #refuseContradictions(listener: ListenerConfig, at: Table): void {
    for (const { error, filter } of contradictionsOf(listener)) {
      const own = filter && this.#tablesOf.get(filter);
      const place = own?.placeOf(error) ?? placeOfValue([at, this.#root], error) ?? at.place;
      // Report an invalid value only once.
      if (!this.#problems.some((known) => known.place === place)) this.#wrong(place, inFileTerms(error));
    }
  }

  /** Reports conditions for unknown listeners: a typo in the address would run a filter where it should not. */
  #checkListenerConditions(): void {
    for (const { key, values } of this.#listenerConditions) {
      for (const { place, text } of values) {
        const address = formatAddress(parseAddress(text));
        if (this.#addresses.has(address)) continue;
        this.#wrong(
          place,
          `${key} ${address} is no listen address of this file, which has ${[...this.#addresses].join(", ")}`,
        );
      }
    }
  }

  async #checkLoops(listeners: readonly ListenerConfig[]): Promise<void> {
    if (this.#problems.length > 0) return;
    for (const { filter, reason } of await milterLoops(listeners)) {
      const [address] = this.#tablesOf.get(filter)?.own.find(({ key }) => key === "address")?.values ?? [];
      this.#wrong(address!.place, `address ${reason}`);
    }
  }

  #checkAddress(place: ConfigPlace, text: string): void {
    if (text === "") return;
    try {
      const address = parseAddress(text);
      const name = formatAddress(address);
      if (this.#addresses.has(name) && !isAnyPort(name)) {
        this.#wrong(place, `${name} is already in use by another listen`);
      }
      this.#addresses.add(name);
    } catch (error) {
      // Reading the option reports it.
      if (!(error instanceof AddressError)) throw error;
    }
  }

  async #readFilter(table: Table): Promise<ConfiguredFilter | undefined> {
    const { settings } = table;
    const name = settings.find(({ key }) => key === "name");
    const [value] = name?.values ?? [];
    if (!name || name.list || value?.kind !== "string" || value.text === "") {
      return this.#wrong(
        name?.place ?? table.place,
        'this filter has no name: add it, for example name = "size-limit"',
      );
    }
    const found = this.#problems.length;
    let tables: FilterTables | undefined;
    try {
      const definition = await loadDefinition(fileBeside(value.text, value.place.file), "");
      const specs = filterOptions(definition);
      this.#knownTables(table, ["options", ...groupOptions(specs)]);
      tables = new FilterTables(table, specs, this.#problems);
      const given = tables.given(this.#problems, this.lists);
      if (this.#problems.length > found) return undefined;
      const filter = await configureFilter(
        definition,
        new OptionValues(specs, given, this.lists),
        this.#parts,
      );
      this.filters.push(filter);
      this.#tablesOf.set(filter, tables);
      this.#listenerConditions.push(...tables.settings.filter(({ key }) => key === "not-listener"));
      return filter;
    } catch (error) {
      if (error instanceof UsageError) return this.#wrong(value.place, error.message.replace(/^: /, ""));
      if (error instanceof OptionError) {
        return this.#wrong(tables?.placeOf(error) ?? table.place, inFileTerms(error));
      }
      if ((error as Error).name === "FilterFileError") {
        return this.#wrong(value.place, (error as Error).message);
      }
      throw error;
    }
  }

  #knownTables({ tables }: Table, known: readonly string[]): void {
    for (const [name, [first]] of tables) {
      if (!first || known.includes(name)) continue;
      this.#wrong(first.place, `there is no table "${name}" here; did you mean "${nearest(name, known)}"?`);
    }
  }

  #wrong(place: ConfigPlace, reason: string): undefined {
    // Error messages of the library begin with a capital.
    this.#problems.push({ place, reason: lowerFirst(reason) });
  }
}

/** Returns the place of the value that an error is about, or of its key; undefined if neither is in these tables. */
function placeOfValue(tables: readonly Table[], { option, value }: OptionError): ConfigPlace | undefined {
  const settings = tables.flatMap((table) => table.settings).filter(({ key }) => key === option);
  const found = settings.flatMap(({ values }) => values).find(({ text }) => text === value);
  return found?.place ?? settings[0]?.place;
}

/** Whether a table has a value for `listen`, valid or not. */
function saysAddress({ settings }: Table): boolean {
  return settings.some(({ key, values }) => key === "listen" && values.length > 0);
}

function placeOf(table: Table, key: string): ConfigPlace {
  return table.settings.find((setting) => setting.key === key)?.place ?? table.place;
}

/** Resolves the path of a filter's file relative to the configuration file that names it. */
function fileBeside(name: string, config: string): string {
  return isFilterFile(name) && !isAbsolute(name) ? join(dirname(config), name) : name;
}
