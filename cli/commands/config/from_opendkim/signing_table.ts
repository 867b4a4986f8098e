/**
 * Converts a SigningTable into rules of dkim-sign, in the order in which OpenDKIM looks.
 *
 * @module
 */

import type { DataSet, SetEntry } from "./data_set.ts";
import type { KeyTable, NamedKey, SigningKey } from "./key_table.ts";
import type { Report, SourceLine } from "../conversion/report.ts";
import {
  globPattern,
  literalPattern,
  literalRank,
  type PatternResult,
  patternWithin,
} from "./sender_pattern.ts";

/** Who is signed by what. */
export interface SigningRule {
  /** The pattern of dkim-sign. */
  readonly pattern: string;
  /** The key; undefined if such mail is not signed. */
  readonly key: SigningKey | undefined;
  /** Where the rule comes from. */
  readonly place: SourceLine;
}

/**
 * Converts a table.
 *
 * @param table the table
 * @param keys the keys that it names
 * @param all whether every entry that matches signs, instead of the first
 * @param report receives what is wrong, and what OpenDKIM never finds
 */
export function signingRules(
  table: DataSet,
  keys: KeyTable,
  all: boolean,
  report: Report,
): readonly SigningRule[] {
  const isLiteral = table.kind === "literal";
  const entries = isLiteral ? inOrderOfLookup(table.entries, report) : table.entries;
  const rules = entries.flatMap((entry) => {
    const result = isLiteral ? literalPattern(entry.key) : globPattern(entry.key);
    return "pattern" in result
      ? rulesOf(entry, result.pattern, keys, report)
      : unusable(entry, result, report);
  });
  return all ? rules : reachableRules(rules, report);
}

/** A literal table finds an entry once, however often it is there. */
function inOrderOfLookup(entries: readonly SetEntry[], report: Report): readonly SetEntry[] {
  const keyOf = ({ key }: SetEntry) => key.toLowerCase();
  return entries.filter((entry, i) => {
    const first = entries.findIndex((each) => keyOf(each) === keyOf(entry));
    if (first === i) return true;
    report.note(entry.place, `OpenDKIM never finds ${entry.key}: it was there before. It is left out here`);
    return false;
  }).toSorted((a, b) => literalRank(keyOf(a)) - literalRank(keyOf(b)));
}

function unusable(
  { key, place }: SetEntry,
  result: Exclude<PatternResult, { pattern: string }>,
  report: Report,
): [] {
  if ("refused" in result) report.problem(place, result.refused);
  else report.note(place, `OpenDKIM never finds ${key}: ${result.never}. It is left out here`);
  return [];
}

function rulesOf(entry: SetEntry, pattern: string, keys: KeyTable, report: Report): SigningRule[] {
  const { place, value } = entry;
  const [name = "", ...identity] = (value ?? "").split(":");
  if (name === "") {
    report.problem(place, `${entry.key} names no key of the KeyTable`);
    return [];
  }
  if (identity.join("").trim() !== "") {
    report.note(place, `dkim-sign does not add i=${identity.join(":")}, which receivers do not need`);
  }
  if (name !== "%") return rule(pattern, keys.find(name), name, place, report);
  report.note(
    place,
    "% finds only domains that the KeyTable names: OpenDKIM answers mail of others with a temporary error, and " +
      'dkim-sign does not sign it. on-missing-key = "tempfail" does the same',
  );
  return keys.domains.flatMap((entry) => rulesOfDomain(entry, pattern, place, report));
}

function rule(
  pattern: string,
  found: NamedKey | undefined,
  name: string,
  place: SourceLine,
  report: Report,
): SigningRule[] {
  if (found === undefined) report.problem(place, `the KeyTable has no key ${name}`);
  return found?.key === undefined ? [] : [{ pattern, key: found.key, place }];
}

function rulesOfDomain(
  { name, key }: NamedKey,
  pattern: string,
  place: SourceLine,
  report: Report,
): SigningRule[] {
  if (key === undefined) return [];
  if (name === "*") return [{ pattern, key, place }];
  if (name.includes("*")) {
    report.problem(key.place, `% in the SigningTable finds domains; write out those that ${name} stands for`);
    return [];
  }
  const within = patternWithin(pattern, name);
  return within === undefined ? [] : [{ pattern: within, key, place }];
}

/**
 * Leaves out rules behind one that matches all of their mail.
 *
 * @param rules the rules, of which the first that matches counts
 * @param report receives what is left out
 */
export function reachableRules(rules: readonly SigningRule[], report: Report): readonly SigningRule[] {
  return rules.filter(({ pattern, place }, i) => {
    const earlier = rules.slice(0, i).find((each) => covers(each.pattern, pattern));
    if (earlier) {
      report.note(
        place,
        `OpenDKIM never gets to ${pattern}, since ${earlier.pattern} in line ${earlier.place.line} comes first. ` +
          "It is left out here",
      );
    }
    return earlier === undefined;
  });
}

/** Whether a pattern matches every sender of another one; false if it is not sure. */
function covers(outer: string, inner: string): boolean {
  if (outer === "*" || outer === inner) return true;
  if (outer.includes("*") || inner.includes("*")) return false;
  const domain = inner.slice(inner.lastIndexOf("@") + 1);
  if (outer.startsWith(".")) return domain.endsWith(outer);
  return !outer.includes("@") && domain === outer;
}
