/**
 * Named lists of networks, domains and addresses, which options use as `@internal`.
 *
 * @module
 */

import { type Clock, systemClock } from "../../time/clock.ts";
import { type AddressPattern, type AddressRole, isListName } from "../address_pattern.ts";
import { LiveValue } from "../live_source.ts";
import { nearest } from "../nearest.ts";
import { type Network, parseNetwork } from "../network.ts";
import { parseAddressPattern } from "../address_pattern.ts";
import { contentHas, type ListContent, type ListUse, misfit } from "./list_content.ts";
import { ListError } from "./list_error.ts";
import { type ListFile, ListFileSource, parseListFile } from "./list_file.ts";
import { listOfEntries } from "./plain_list.ts";

/** How often files are looked at, in milliseconds. */
const LOOK_INTERVAL = 2000;

/** What a list is made of. */
export type ListDefinition = ListEntries | ListInFile;

/** A list whose entries are given. */
export interface ListEntries {
  /** Its name: lower-case letters, digits, `-` and `_`. */
  readonly name: string;
  /** Networks, domains and addresses, and other lists as `@name`. */
  readonly entries: readonly string[];
  readonly file?: never;
}

/** A list in a file. */
export interface ListInFile {
  /** Its name: lower-case letters, digits, `-` and `_`. */
  readonly name: string;
  /** Its path, with `cidr:`, `texthash:` or `regexp:` before it for a table of Postfix. */
  readonly file: string;
  readonly entries?: never;
}

/** What lists need. */
export interface ListParts {
  /** Called when files change. @default changes are not reported */
  readonly onLog?: ((level: "info" | "error", text: string) => void) | undefined;
  /** The clock. @default the system's */
  readonly clock?: Clock | undefined;
}

/** One list. */
interface NamedList {
  readonly name: string;
  /** Its uses so far. */
  readonly uses: Set<ListUse>;
  /** Its own content, without that of lists that it names. */
  content(): ListContent;
  /** The lists that it names. */
  readonly others: readonly string[];
  /** Its entries if they cannot change. */
  readonly entries: readonly string[] | undefined;
  readonly live: LiveValue<ListContent> | undefined;
}

/**
 * Lists by name. A list in a file follows its file: while a filter that was made with the lists exists, the file is
 * checked every two seconds, and read again once a change is complete. If it then has an invalid line, the previous
 * content stays in force.
 */
export class Lists {
  readonly #lists = new Map<string, NamedList>();
  /** What they are made of. */
  readonly definitions: readonly ListDefinition[];
  readonly #clock: Clock;
  readonly #log: (level: "info" | "error", text: string) => void;
  #holders = 0;
  #stop: (() => void) | undefined;

  /**
   * Reads lists.
   *
   * @param definitions what they are made of
   * @param parts what they need
   * @throws {ListError} for a list with an invalid entry or file, for a duplicate name, and for lists that name
   * themselves or a missing list
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Lists } from "../../../mod.ts";
   *
   * const lists = new Lists([
   *   { name: "internal", entries: ["10.0.0.0/8", "2001:db8::/32"] },
   *   { name: "trusted", entries: ["@internal", "192.0.2.1"] },
   * ]);
   * assert.equal(lists.has("trusted", "network", "10.1.2.3"), true);
   * assert.throws(() => lists.has("trustd", "network", "10.1.2.3"), /did you mean @trusted/);
   * ```
   */
  constructor(
    definitions: readonly ListDefinition[] = [],
    { onLog = () => {}, clock = systemClock }: ListParts = {},
  ) {
    this.definitions = definitions;
    this.#clock = clock;
    this.#log = onLog;
    for (const definition of definitions) {
      checkName(definition.name);
      if (this.#lists.has(definition.name)) {
        throw new ListError({ list: definition.name }, "there are two lists with this name");
      }
      this.#lists.set(definition.name, this.#make(definition));
    }
    for (const { name, others } of this.#lists.values()) {
      for (const other of others) this.#find(other, (reason) => failAt(name, `@${other}`, reason));
      this.#refuseCircle(name, [name]);
    }
  }

  /** The names of the lists, in their order. */
  get names(): readonly string[] {
    return [...this.#lists.keys()];
  }

  /** Whether there are no lists. */
  get empty(): boolean {
    return this.#lists.size === 0;
  }

  /** How many entries each list has, without those of the lists that it names. */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#lists.values()].map((list) => [list.name, list.content().size]));
  }

  /**
   * Whether a list, or a list that it names, contains an IP address, a domain or a mail address.
   *
   * @param name its name, without `@`
   * @param use what the text is
   * @param text an IP address; a domain in lower case ASCII; a mail address without angle brackets, empty for the null
   * sender
   * @throws {ListError} if there is no such list, or if it has an entry that makes no sense for this use
   */
  has(name: string, use: ListUse, text: string): boolean {
    const fail = (reason: string): never => {
      throw new ListError({ list: name }, reason);
    };
    this.#use(this.#find(name, fail), use, fail);
    return this.#has(name, use, text);
  }

  /** Whether a list, given with its `@`, has only entries that make sense for a use; false if there is no such list. */
  fits(text: string, use: ListUse): boolean {
    const list = this.#lists.get(text.slice(1));
    return list !== undefined && misfit(list.content(), use) === undefined &&
      list.others.every((other) => this.fits(`@${other}`, use));
  }

  /**
   * The networks of a list.
   *
   * @param text the list with its `@`
   * @param fail called if there is no such list, or if it has entries of another kind
   */
  network(text: string, fail: (reason: string) => never): Network {
    const list = this.#used(text, "network", fail);
    return {
      text,
      has: (address) => this.#has(list.name, "network", address),
      parts: () => this.#entries(list.name)?.map(parseNetwork),
    };
  }

  /**
   * The domains and addresses of a list.
   *
   * @param text the list with its `@`
   * @param role whose addresses they are
   * @param fail called if there is no such list, or if it has entries of another kind
   */
  addresses(text: string, role: AddressRole, fail: (reason: string) => never): AddressPattern {
    const list = this.#used(text, role, fail);
    return {
      text,
      has: (address) => this.#has(list.name, role, address),
      parts: () => this.#entries(list.name)?.map((entry) => parseAddressPattern(entry, role)),
    };
  }

  /**
   * The domains of a list: a function that says whether it has a domain, given in lower case ASCII.
   *
   * @param text the list with its `@`
   * @param fail called if there is no such list, or if it has entries of another kind
   */
  domains(text: string, fail: (reason: string) => never): (domain: string) => boolean {
    const list = this.#used(text, "domain", fail);
    return (domain) => this.#has(list.name, "domain", domain);
  }

  /**
   * Starts following the files of the lists.
   *
   * @returns a function to call when they are no longer used; once all users have called it, following stops
   */
  hold(): () => void {
    const hasFiles = [...this.#lists.values()].some(({ live }) => live !== undefined);
    if (!hasFiles) return () => {};
    if (this.#holders++ === 0) this.#follow();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holders === 0) this.#stop?.();
    };
  }

  /** Checks all files, and schedules the next check. */
  #follow(): void {
    this.#stop = this.#clock.after(LOOK_INTERVAL, () => {
      void this.#look().then(() => {
        if (this.#holders > 0) this.#follow();
      });
    }, true);
  }

  async #look(): Promise<void> {
    for (const { name, live } of this.#lists.values()) {
      const before = live?.current;
      if (await live?.look() !== "used" || live?.current === before) continue;
      this.#log("info", `list ${name} changed; it has ${live!.current.size} entries from now on`);
    }
  }

  #make({ name, file, entries }: ListDefinition): NamedList {
    const uses = new Set<ListUse>();
    if (file === undefined) {
      const own = entries.filter((entry) => !isListName(entry));
      const content = listOfEntries(own, (_, text, reason) => failAt(name, text, reason));
      const others = entries.filter(isListName).map((entry) => entry.slice(1));
      return { name, uses, content: () => content, others, entries: own, live: undefined };
    }
    const place: ListFile = parseListFile(file, (reason) => failAt(name, file, reason));
    const source = new ListFileSource(name, place, () => uses, () => this.#pause());
    const log = {
      info: (text: string) => this.#log("info", text),
      error: (text: string) => this.#log("error", text),
    };
    const live = new LiveValue(source, log, {
      kept: "What was read before goes on",
      again: `list ${name} is as before again`,
    });
    return { name, uses, content: () => live.current, others: [], entries: undefined, live };
  }

  /** Lets the rest of this process run. */
  #pause(): Promise<void> {
    return new Promise((done) => this.#clock.after(0, done, true));
  }

  #find(name: string, fail: (reason: string) => never): NamedList {
    const list = this.#lists.get(name);
    if (list) return list;
    if (this.#lists.size === 0) {
      return fail(`there is no list ${name}, and no other; define it with --list or in [lists]`);
    }
    return fail(`there is no list ${name}; did you mean @${nearest(name, this.names)}?`);
  }

  #used(text: string, use: ListUse, fail: (reason: string) => never): NamedList {
    const list = this.#find(text.slice(1), fail);
    this.#use(list, use, fail);
    return list;
  }

  /** Notes a use of a list, and refuses it if the list has entries that do not fit. */
  #use(list: NamedList, use: ListUse, fail: (reason: string) => never): void {
    if (list.uses.has(use)) return;
    const wrong = misfit(list.content(), use);
    if (wrong) {
      const where = list.live === undefined ? "" : `line ${wrong.line}, `;
      fail(`want ${wrong.wanted}, but list ${list.name} has ${where}${JSON.stringify(wrong.text)}`);
    }
    list.uses.add(use);
    for (const other of list.others) this.#use(this.#lists.get(other)!, use, fail);
  }

  #has(name: string, use: ListUse, text: string): boolean {
    const list = this.#lists.get(name)!;
    return contentHas(list.content(), use, text) || list.others.some((other) => this.#has(other, use, text));
  }

  /** All entries of a list that cannot change; undefined for one in a file. */
  #entries(name: string): readonly string[] | undefined {
    const { entries, others } = this.#lists.get(name)!;
    const theirs = others.map((other) => this.#entries(other));
    if (entries === undefined || theirs.includes(undefined)) return undefined;
    return [...entries, ...theirs.flatMap((each) => each ?? [])];
  }

  #refuseCircle(name: string, way: readonly string[]): void {
    for (const other of this.#lists.get(name)!.others) {
      if (other === way[0]) {
        failAt(
          other,
          `@${other}`,
          `the list names itself: ${[...way, other].map((each) => `@${each}`).join(" names ")}`,
        );
      }
      if (!way.includes(other)) this.#refuseCircle(other, [...way, other]);
    }
  }
}

/** No lists, for what was made without any. */
export const NO_LISTS: Lists = new Lists();

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_-]*$/.test(name)) return;
  const meant = name.toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^[^a-z]+/, "");
  const hint = meant === "" ? "" : `, such as ${meant}`;
  throw new ListError({ list: name }, `the name needs lower-case letters, digits, - or _${hint}`);
}

function failAt(list: string, text: string, reason: string): never {
  throw new ListError({ list, text }, reason);
}
