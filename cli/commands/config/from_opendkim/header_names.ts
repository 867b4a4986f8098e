/**
 * Converts lists of header fields: SignHeaders, OmitHeaders, OversignHeaders and SenderHeaders.
 *
 * @module
 */

import { DEFAULT_SIGNED_HEADERS, unsignableHeader } from "../../../../lib/auth/dkim/signed_fields.ts";
import { isHeaderName } from "../../../../lib/message/header_name.ts";
import { type DataSet, dataSetOf, type SetEntry } from "./data_set.ts";
import type { Report } from "../conversion/report.ts";
import type { OpendkimSettings } from "./settings.ts";

/** What OpenDKIM signs by default (`dkim.c`). */
const SIGNED = [
  ...[
    "from",
    "reply-to",
    "subject",
    "date",
    "to",
    "cc",
    "resent-date",
    "resent-from",
    "resent-sender",
    "resent-to",
  ],
  ...["resent-cc", "in-reply-to", "references", "list-id", "list-help", "list-unsubscribe", "list-subscribe"],
  ...["list-post", "list-owner", "list-archive"],
];
/** What it leaves out by default, also of a list of one's own. */
const OMITTED = ["return-path", "received", "comments", "keywords"];

/** Names of several capitals, as the RFCs write them. */
const SPELLINGS = new Map(DEFAULT_SIGNED_HEADERS.map((name) => [name.toLowerCase(), name]));

/**
 * The header fields that are signed; undefined if neither setting is there, so that dkim-sign's own list is as good.
 *
 * @param settings the settings
 * @param report receives what cannot be converted
 */
export function signedHeaders(settings: OpendkimSettings, report: Report): readonly string[] | undefined {
  const sign = dataSetOf(settings, "SignHeaders", report);
  const omit = dataSetOf(settings, "OmitHeaders", report);
  if (sign === undefined && omit === undefined) return undefined;
  const omitted = omit === undefined ? OMITTED : deltaOf(omit, OMITTED, report);
  const signed = sign === undefined ? SIGNED : ["from", ...deltaOf(sign, SIGNED, report)];
  const names = new Set(signed.filter((name) => name === "from" || !omitted.includes(name)));
  return [...names].filter((name) => isSignable(name, sign ?? omit, report)).map(spelled);
}

/**
 * The header fields that are signed once more than they are there; undefined if nothing is set.
 *
 * @param settings the settings
 * @param report receives what cannot be converted
 */
export function oversignedHeaders(settings: OpendkimSettings, report: Report): readonly string[] | undefined {
  const set = dataSetOf(settings, "OversignHeaders", report);
  if (set === undefined) return undefined;
  const names = new Set(namesOf(set, report));
  return [...names].filter((name) => isSignable(name, set, report)).map(spelled);
}

/**
 * The header fields in which the author is looked for, in order; undefined if nothing is set.
 *
 * @param settings the settings
 * @param report receives what cannot be converted
 */
export function senderHeaders(settings: OpendkimSettings, report: Report): readonly string[] | undefined {
  const set = dataSetOf(settings, "SenderHeaders", report);
  if (set === undefined) return undefined;
  // OpenDKIM looks for From at last, wherever the list ends.
  return [...new Set([...namesOf(set, report), "from"])].map(spelled);
}

/** A list, or with `*` the changes to a default one. */
function deltaOf(set: DataSet, base: readonly string[], report: Report): readonly string[] {
  if (!set.entries.some(({ key }) => key === "*")) return namesOf(set, report);
  const named = (sign: string) => {
    const entries = set.entries.filter(({ key }) => key.startsWith(sign));
    return namesOf(
      { ...set, entries: entries.map((entry) => ({ ...entry, key: entry.key.slice(1) })) },
      report,
    );
  };
  for (const { key, place } of set.entries) {
    if (!/^[*+-]/.test(key)) {
      report.note(place, `OpenDKIM ignores ${key} beside *: it expects +${key} or -${key}`);
    }
  }
  const removed = named("-");
  return [...base.filter((name) => !removed.includes(name)), ...named("+")];
}

function namesOf(set: DataSet, report: Report): string[] {
  if (set.kind === "patterns") {
    report.problem(set.place, "OpenDKIM does not take patterns here; name a list, or a table with file:");
    return [];
  }
  return set.entries.flatMap((entry) => nameOf(entry, report));
}

function nameOf({ key, place }: SetEntry, report: Report): string[] {
  // OpenDKIM's manual has "." and "-" for a list without any name.
  if (key === "." || key === "-" || key === "") return [];
  if (key.includes("*")) report.problem(place, `dkim-sign expects whole names of header fields, not ${key}`);
  else if (!isHeaderName(key)) report.problem(place, `${key} is not the name of a header field`);
  else return [key.toLowerCase()];
  return [];
}

function isSignable(name: string, set: DataSet | undefined, report: Report): boolean {
  const why = unsignableHeader(name);
  if (why === undefined) return true;
  if (set) report.note(set.place, `dkim-sign never signs ${spelled(name)}: ${why}`);
  return false;
}

function spelled(name: string): string {
  return SPELLINGS.get(name) ??
    name.replace(/(^|-)((arc|dkim|id|mime|spf)(?![a-z])|[a-z])/g, (part) => part.toUpperCase());
}
