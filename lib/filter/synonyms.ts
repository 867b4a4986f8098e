/**
 * The names that other milter libraries use for a filter's callbacks, settings and changes, so that an error about such
 * a name can say what it is called here. docs/moving.md compares the libraries.
 *
 * @module
 */

import { nearest } from "../options/nearest.ts";

/** Our name, and those of libmilter, pymilter and the two go-milters, as {@linkcode bare} leaves them. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  negotiate: ["negotiation", "optneg"],
  helo: ["hello", "ehlo"],
  mail: ["envfrom", "mailfrom", "from", "sender"],
  rcpt: ["envrcpt", "rcptto", "to", "recipient"],
  eoh: ["endofheader", "endofheaders"],
  body: ["bodychunk", "bodyblock"],
  eom: ["eob", "endofmessage", "endofbody", "bodyeob"],
  close: ["cleanup", "disconnect", "quit"],

  changes: ["actions", "flags", "setflags"],
  macros: ["symlist", "setsymlist", "macrorequest"],
  rejectedRecipients: ["rcptrej"],
  leadingSpace: ["hdrleadspc", "headerleadingspace"],

  addHeader: ["addhdr", "addhdrs", "addheaders"],
  insertHeader: ["insheader", "inshdr"],
  changeHeader: ["chgheader", "chghdr", "chghdrs", "changeheaders", "modheader"],
  deleteHeader: ["delheader", "removeheader"],
  changeFrom: ["chgfrom", "changesender", "setsender"],
  addRcpt: ["addrcptpar", "addrcptwithargs", "addrecipient"],
  deleteRcpt: ["delrcpt", "deleterecipient", "delrecipient", "removerecipient"],
  replaceBody: ["replbody", "chgbody", "modbody", "changebody"],
};

const OURS: ReadonlyMap<string, string> = new Map(
  Object.entries(SYNONYMS).flatMap(([ours, theirs]) => theirs.map((name) => [name, ours] as const)),
);

/**
 * A name in lower case, without underscores and without the libraries' prefixes, as in `xxfi_envfrom`, `SMFIF_ADDHDRS`,
 * `OptAddHeader`.
 */
function bare(word: string): string {
  return word.toLowerCase().replace(/^(?:xxfi_|smfi[fmps]?_|opt(?!neg)|on)/, "").replaceAll("_", "");
}

/**
 * The known word that another library's name stands for.
 *
 * @param word what was written
 * @param known the right words
 * @returns undefined if no library has this name
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { synonymOf } from "./synonyms.ts";
 *
 * assert.equal(synonymOf("xxfi_envfrom", ["mail", "rcpt"]), "mail");
 * assert.equal(synonymOf("smfi_delrcpt", ["addRcpt", "deleteRcpt"]), "deleteRcpt");
 * assert.equal(synonymOf("envfrom", ["addRcpt"]), undefined);
 * ```
 */
export function synonymOf(word: string, known: readonly string[]): string | undefined {
  const name = bare(word);
  const ours = OURS.get(name);
  if (ours !== undefined && known.includes(ours)) return ours;
  return known.find((each) => each.toLowerCase() === name);
}

/**
 * The known word that was meant: the one for another library's name, otherwise the one with the most similar spelling.
 */
export function meantBy(word: string, known: readonly string[]): string {
  return synonymOf(word, known) ?? nearest(word, known);
}
