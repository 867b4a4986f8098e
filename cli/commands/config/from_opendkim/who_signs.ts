/**
 * Converts who is signed by what: Domain, Selector and KeyFile, or KeyTable and SigningTable.
 *
 * @module
 */

import { type DataSet, dataSetOf } from "./data_set.ts";
import { KeyTable, type SigningKey } from "./key_table.ts";
import type { Report, SourceLine } from "../conversion/report.ts";
import { domainGlobPattern, literalPattern } from "./sender_pattern.ts";
import type { OpendkimSettings } from "./settings.ts";
import { reachableRules, type SigningRule, signingRules } from "./signing_table.ts";

/** Who is signed by what. */
export interface WhoSigns {
  /** The keys, each once. */
  readonly keys: readonly SigningKey[];
  /** The rules, in order; undefined if each key signs the mail of its own domain. */
  readonly rules: readonly SigningRule[] | undefined;
  /** The setting that makes the keys sign for subdomains as well, without rules. */
  readonly subdomains: SourceLine | undefined;
  /** The setting that makes every rule that matches sign. */
  readonly all: SourceLine | undefined;
}

/**
 * Converts the settings.
 *
 * @param settings the settings
 * @param report receives what cannot be converted
 * @returns undefined if OpenDKIM signs nothing
 */
export function whoSigns(settings: OpendkimSettings, report: Report): WhoSigns | undefined {
  const keyTable = settings.get("KeyTable");
  const signingTable = settings.get("SigningTable");
  if (keyTable === undefined && signingTable) {
    report.problem(signingTable.place, "a SigningTable needs a KeyTable, which is not set");
    return undefined;
  }
  if (keyTable === undefined) return ofOneKey(settings, report);
  if (signingTable === undefined) {
    report.problem(keyTable.place, "a KeyTable needs a SigningTable, which is not set");
    return undefined;
  }
  for (const name of ["Domain", "Selector", "KeyFile", "SubDomains"]) {
    const setting = settings.get(name);
    if (setting) report.note(setting.place, `OpenDKIM ignores ${name} beside a KeyTable`);
  }
  return ofTables(settings, report);
}

function ofTables(settings: OpendkimSettings, report: Report): WhoSigns | undefined {
  const [keyTable, table] = [
    dataSetOf(settings, "KeyTable", report),
    dataSetOf(settings, "SigningTable", report),
  ];
  if (keyTable === undefined || table === undefined) return undefined;
  const isMultiple = settings.isOn("MultipleSignatures");
  const rules = signingRules(table, new KeyTable(keyTable, settings, report), isMultiple, report);
  warnOfForeignSenders(rules, report);
  const all = isMultiple ? settings.get("MultipleSignatures")?.place : undefined;
  if (all && rules.length > 2) {
    report.note(
      all,
      "of more than two entries that match, OpenDKIM signs with the first and the last; dkim-sign with each",
    );
  }
  if (rules.length === 0) report.note(table.place, "no sender is in the table: OpenDKIM signs nothing");
  return {
    keys: distinctKeys(rules, report),
    rules: [...exemptions(settings, report), ...rules],
    subdomains: undefined,
    all,
  };
}

function warnOfForeignSenders(rules: readonly SigningRule[], report: Report): void {
  for (const { pattern, key, place } of rules) {
    if (pattern !== "*" || key === undefined || key.domain === "%") continue;
    report.note(place, `signs mail of any author as ${key.domain}, which helps neither of them with DMARC`);
  }
}

/** The keys that rules name. Two of one domain and selector must be the same. */
function distinctKeys(rules: readonly SigningRule[], report: Report): readonly SigningKey[] {
  const keys = new Map<string, SigningKey>();
  for (const { key } of rules) {
    if (key === undefined) continue;
    const name = `${key.domain.toLowerCase()}/${key.selector}`;
    const other = keys.get(name);
    if (other === undefined) keys.set(name, key);
    else if (other.file !== key.file) {
      report.problem(
        key.place,
        `${key.file} and ${other.file} are two keys for ${key.selector}._domainkey.${key.domain}: give one another selector`,
      );
    }
  }
  return [...keys.values()];
}

function ofOneKey(settings: OpendkimSettings, report: Report): WhoSigns | undefined {
  const [domain, selector, keyFile] = ["Domain", "Selector", "KeyFile"].map((name) => settings.get(name));
  if (selector === undefined || keyFile === undefined) {
    const one = domain ?? selector ?? keyFile;
    if (one) report.problem(one.place, "to sign, OpenDKIM needs Domain, Selector and KeyFile");
    else {report.note(
        { file: settings.file, line: 1 },
        "without Domain and SigningTable, OpenDKIM signs nothing",
      );}
    return undefined;
  }
  if (domain === undefined) {
    report.note(keyFile.place, "without Domain, OpenDKIM signs nothing");
    return undefined;
  }
  const domains = dataSetOf(settings, "Domain", report);
  if (domains === undefined) return undefined;
  const exempt = exemptions(settings, report);
  const key = (domain: string): SigningKey => ({
    domain,
    selector: selector.value,
    file: settings.pathOf(keyFile.value),
    place: keyFile.place,
  });
  const names = [...new Set(domains.entries.map(({ key }) => key.toLowerCase()))];
  const subdomains = settings.isOn("SubDomains") ? settings.get("SubDomains")?.place : undefined;
  if (domains.kind === "literal" && !names.includes("*") && exempt.length === 0) {
    return { keys: names.map(key), rules: undefined, subdomains, all: undefined };
  }
  const rules = reachableRules([...exempt, ...domainRules(domains, key, subdomains, report)], report);
  return { keys: distinctKeys(rules, report), rules, subdomains: undefined, all: undefined };
}

/** Domain as rules, for what one key for each domain cannot say. */
function domainRules(
  domains: DataSet,
  keyOf: (domain: string) => SigningKey,
  subdomains: SourceLine | undefined,
  report: Report,
): readonly SigningRule[] {
  if (domains.kind === "patterns") {
    if (subdomains) {
      report.problem(
        subdomains,
        "SubDomains together with patterns cannot be converted; write the subdomains as patterns too",
      );
    }
    return domains.entries.flatMap(({ key, place }) => {
      const result = domainGlobPattern(key);
      if ("pattern" in result) return [{ pattern: result.pattern, key: keyOf("%"), place }];
      report.problem(place, "refused" in result ? result.refused : `${key}: ${result.never}`);
      return [];
    });
  }
  const literal = domains.entries.map(({ key, place }) => ({ name: key.toLowerCase(), place }));
  const exact = literal.filter(({ name }) => name !== "*").map(({ name, place }) => ({
    pattern: name,
    key: keyOf(name),
    place,
  }));
  const any = literal.filter(({ name }) => name === "*").map(({ place }) => ({
    pattern: "*",
    key: keyOf("%"),
    place,
  }));
  // OpenDKIM looks for * before it looks for the domains above.
  if (any.length > 0 || subdomains === undefined) return [...exact, ...any];
  const below = exact.toSorted((a, b) => labelsOf(b.pattern) - labelsOf(a.pattern))
    .map((rule) => ({ ...rule, pattern: `.${rule.pattern}` }));
  return [...exact, ...below];
}

function labelsOf(domain: string): number {
  return domain.split(".").length;
}

/** ExemptDomains as rules that sign nothing. They come first. */
function exemptions(settings: OpendkimSettings, report: Report): readonly SigningRule[] {
  const set = dataSetOf(settings, "ExemptDomains", report);
  return (set?.entries ?? []).flatMap(({ key, place }) => {
    const result = set?.kind === "patterns" ? domainGlobPattern(key) : literalPattern(key);
    if (!("pattern" in result)) {
      report.problem(place, "refused" in result ? result.refused : `${key}: ${result.never}`);
      return [];
    }
    if (/[*.]/.test(result.pattern.charAt(0)) && set?.kind === "literal" || result.pattern.includes("@")) {
      report.note(
        place,
        `OpenDKIM never finds ${key}: it expects the author's whole domain. It is left out here`,
      );
      return [];
    }
    return [{ pattern: result.pattern, key: undefined, place }];
  });
}
