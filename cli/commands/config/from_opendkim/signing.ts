/**
 * Converts how mail is signed, into dkim-sign.
 *
 * @module
 */

import { SIGN_OPTIONS } from "../../../../filters/dkim_sign/options.ts";
import { actionEntry } from "./actions.ts";
import { dataSetOf } from "./data_set.ts";
import { oversignedHeaders, senderHeaders, signedHeaders } from "./header_names.ts";
import type { SigningKey } from "./key_table.ts";
import type { Origin } from "./origin.ts";
import type { FilterTable, Item, OutputEntry } from "../conversion/output.ts";
import type { Report } from "../conversion/report.ts";
import { globPattern, type PatternResult } from "./sender_pattern.ts";
import type { OpendkimSettings } from "./settings.ts";
import type { SigningRule } from "./signing_table.ts";
import type { WhoSigns } from "./who_signs.ts";

/** The actions of `on-error`. */
const ERROR_ACTIONS = ["tempfail", "reject", "accept"];

/**
 * Converts the settings.
 *
 * @param settings the settings
 * @param who who is signed by what
 * @param origin whose mail is signed
 * @param peers whose mail is left alone
 * @param report receives what cannot be converted
 */
export function signingFilter(
  settings: OpendkimSettings,
  who: WhoSigns,
  origin: Origin,
  peers: readonly Item[],
  report: Report,
): FilterTable {
  noteAlgorithm(settings, report);
  const list = (key: string, name: string, values: readonly string[] | undefined): OutputEntry | undefined =>
    values && { key, value: values.map((text) => ({ text })), place: settings.get(name)?.place };
  const some = (key: string, name: string, items: readonly Item[]): OutputEntry | undefined =>
    items.length === 0 ? undefined : { key, value: items, place: settings.get(name)?.place };
  const headers = settings.get("SignHeaders") ? "SignHeaders" : "OmitHeaders";
  const entries = [
    some("not-client", "PeerList", peers),
    { key: "key", value: who.keys.map(keyItem) },
    who.rules && { key: "sign", value: ruleItems(who) },
    who.subdomains && { key: "subdomains", value: true as const, place: who.subdomains },
    who.all && { key: "sign-all", value: true as const, place: who.all },
    some("sign-client", "InternalHosts", origin.clients),
    some("sign-macro", "MacroList", origin.macros),
    list("sender-header", "SenderHeaders", senderHeaders(settings, report)),
    some("not-to", "DontSignMailTo", exemptRecipients(settings, report)),
    canonicalization(settings, report),
    list("headers", headers, signedHeaders(settings, report)),
    list("oversign", "OversignHeaders", oversignedHeaders(settings, report)),
    lifetime(settings, report),
    actionEntry(settings, "On-SignatureError", "on-error", ERROR_ACTIONS, report),
  ];
  return { name: "dkim-sign", entries: entries.filter((entry) => entry !== undefined) };
}

function keyItem({ domain, selector, file, place }: SigningKey): Item {
  return { text: `${domain}:${selector}:${file}`, place };
}

/** The rules; those of one pattern that all sign become one. */
function ruleItems({ rules = [], all }: WhoSigns): readonly Item[] {
  const keyText = ({ key }: SigningRule) => key === undefined ? "none" : `${key.domain}/${key.selector}`;
  if (all === undefined) {
    return rules.map((rule) => ({ text: `${rule.pattern}=${keyText(rule)}`, place: rule.place }));
  }
  const patterns = [...new Set(rules.map(({ pattern }) => pattern))];
  return patterns.flatMap((pattern) => {
    const own = rules.filter((rule) => rule.pattern === pattern);
    const keys = [...new Set(own.map(keyText))];
    return [{ text: `${pattern}=${keys.join(",")}`, place: own[0]?.place }];
  });
}

function canonicalization(settings: OpendkimSettings, report: Report): OutputEntry {
  const setting = settings.get("Canonicalization");
  const [header = "simple", body = "simple"] = (setting?.value ?? "simple").toLowerCase().split("/");
  const isKnown = [header, body].every((each) => each === "simple" || each === "relaxed");
  if (setting && !isKnown) {
    report.problem(setting.place, `Canonicalization expects simple or relaxed, as in relaxed/simple`);
  }
  return { key: "canonicalization", value: `${header}/${body}`, place: setting?.place };
}

function lifetime(settings: OpendkimSettings, report: Report): OutputEntry | undefined {
  const [setting, seconds] = [settings.get("SignatureTTL"), settings.number("SignatureTTL") ?? 0];
  if (setting === undefined || seconds <= 0) return undefined;
  const { min, max } = SIGN_OPTIONS.lifetime;
  const milliseconds = Math.min(Math.max(seconds * 1000, min), max);
  if (milliseconds !== seconds * 1000) {
    report.note(setting.place, `lifetime is ${min / 1000}s to ${max / 86_400_000}d, not ${seconds}s`);
  }
  return { key: "lifetime", value: `${milliseconds / 1000}s`, place: setting.place };
}

/** Recipients as `not-to` takes them, which needs all of them to be among these; OpenDKIM needs one. */
function exemptRecipients(settings: OpendkimSettings, report: Report): readonly Item[] {
  const set = dataSetOf(settings, "DontSignMailTo", report);
  if (set === undefined) return [];
  report.note(
    set.place,
    "mail to one of these and to others is signed: dkim-sign leaves out mail of which all recipients are among them",
  );
  return set.entries.flatMap(({ key, place }) => {
    const result = set.kind === "literal" ? literalRecipient(key) : globPattern(key);
    if ("refused" in result) report.problem(place, result.refused);
    else if ("never" in result) {
      report.note(place, `OpenDKIM never finds ${key}: ${result.never}. It is left out here`);
    } else if (!result.pattern.includes("*")) return [{ text: result.pattern, place }];
    else report.problem(place, `not-to has no *: name the recipients of ${key}, or whole domains`);
    return [];
  });
}

function literalRecipient(key: string): PatternResult {
  if (/^[^@*]+@[^@*]+$/.test(key)) return { pattern: key.toLowerCase() };
  return { never: "it expects a whole address, or a table of patterns" };
}

function noteAlgorithm(settings: OpendkimSettings, report: Report): void {
  const setting = settings.get("SignatureAlgorithm");
  if (setting === undefined) return;
  const word = setting.value.toLowerCase();
  if (word === "rsa-sha1") {
    report.note(
      setting.place,
      "dkim-sign signs with rsa-sha256 instead: RFC 8301 forbids rsa-sha1, and receivers ignore it",
    );
  } else if (word === "ed25519-sha256") {
    report.note(setting.place, "the kind of the key decides: ed25519-sha256 needs an Ed25519 key");
  } else if (word !== "rsa-sha256") {
    report.problem(setting.place, `there is no algorithm ${setting.value}; OpenDKIM knows rsa-sha256`);
  }
}
