/**
 * Reads a KeyTable, and finds keys in it as OpenDKIM does.
 *
 * @module
 */

import type { DataSet, SetEntry } from "./data_set.ts";
import type { Report, SourceLine } from "../conversion/report.ts";
import { matchesGlob } from "./sender_pattern.ts";
import type { OpendkimSettings } from "./settings.ts";

/** A key that signs. */
export interface SigningKey {
  /** What d= says; `%` for the author's domain. */
  readonly domain: string;
  /** What s= says. */
  readonly selector: string;
  /** The absolute path of its file; `%` in it stands for the author's domain if the domain is `%`. */
  readonly file: string;
  /** Where it is named. */
  readonly place: SourceLine;
}

/** A name in a KeyTable with its key. */
export interface NamedKey {
  /** The name. */
  readonly name: string;
  /** The key; undefined if its entry is wrong, which was reported. */
  readonly key: SigningKey | undefined;
}

/** A KeyTable. */
export class KeyTable {
  readonly #kind: DataSet["kind"];
  /** The entries, in order. */
  readonly entries: readonly NamedKey[];

  /**
   * @param table the table
   * @param settings where relative paths belong
   * @param report receives what is wrong
   */
  constructor(table: DataSet, settings: OpendkimSettings, report: Report) {
    this.#kind = table.kind;
    this.entries = table.entries.map((entry) => ({ name: entry.key, key: keyOf(entry, settings, report) }));
  }

  /** The entry with a name, whose case matters; undefined if there is none. */
  find(name: string): NamedKey | undefined {
    return this.entries.find((entry) =>
      this.#kind === "literal" ? entry.name === name : matchesGlob(entry.name, name, false)
    );
  }

  /** The entries that a domain's own name finds: `%` in a SigningTable. Those of a literal table that can be domains. */
  get domains(): readonly NamedKey[] {
    const isFirst = ({ name }: NamedKey, i: number) =>
      this.entries.findIndex((each) => each.name === name) === i;
    return this.entries.filter((entry, i) =>
      isFirst(entry, i) && entry.name === entry.name.toLowerCase() &&
      (this.#kind === "patterns" || /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(entry.name))
    );
  }
}

function keyOf(
  { value, place }: SetEntry,
  settings: OpendkimSettings,
  report: Report,
): SigningKey | undefined {
  const refuse = (why: string): undefined => {
    report.problem(place, why);
    return undefined;
  };
  const [, domain = "", selector = "", file = ""] = /^([^:]*):([^:]*):(.*)$/s.exec(value ?? "") ?? [];
  if (domain === "" || selector === "" || file === "") {
    return refuse("want NAME DOMAIN:SELECTOR:FILE, as in mine example.org:2026:/etc/dkimkeys/mine.private");
  }
  if (!/^\.{0,2}\//.test(file)) {
    return refuse(
      "the key itself stands in the table; put it into a file that only its owner can read, and name that",
    );
  }
  if (domain !== "%" && domain.includes("%")) {
    return refuse(`% stands for the author's domain only alone, not in ${domain}`);
  }
  const path = settings.pathOf(file.startsWith("/") && domain !== "%" ? file.replaceAll("%", domain) : file);
  return { domain, selector, file: path, place };
}
