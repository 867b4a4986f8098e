/**
 * Prints key records: as text that a zone file can include, and for programs.
 *
 * @module
 */

import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import type { Lines } from "../../explanation/lines.ts";
import { KEY_TYPE_NAMES } from "./key_names.ts";
import type { StoredKey } from "./key_store.ts";
import { keyRecordName, txtStrings, zoneRecord } from "./zone_text.ts";

/** A record as programs get it. */
export interface RecordReport {
  readonly domain: string;
  readonly selector: string;
  readonly type: StoredKey["type"];
  readonly bits: number;
  readonly state: StoredKey["state"];
  /** The file of the private key. */
  readonly path: string;
  /** The record's name, without the final dot. */
  readonly name: string;
  /** The record's text. */
  readonly text: string;
  /** The text as strings of at most 255 bytes. */
  readonly strings: readonly string[];
  /** The record for a zone file. */
  readonly zone: string;
}

/**
 * What programs get of a record.
 *
 * @param key the key
 * @param testing whether the record says that the domain only tests DKIM
 */
export function recordReport(key: StoredKey, testing: boolean): RecordReport {
  const { domain, selector, type, state, path } = key;
  const name = keyRecordName(selector, domain);
  const text = dkimKeyRecord(key.key, { testing });
  const { bits } = key.key;
  return {
    domain,
    selector,
    type,
    bits,
    state,
    path,
    name,
    text,
    strings: txtStrings(text),
    zone: zoneRecord(name, text),
  };
}

/** A key in a few words, such as `RSA key of 2048 bits`. */
export function keyWords(key: Pick<StoredKey, "type" | "key">): string {
  const { bits } = key.key;
  return `${KEY_TYPE_NAMES[key.type]} key${key.type === "rsa" ? ` of ${bits} bits` : ""}`;
}

/**
 * Adds a record for people. All lines together are valid in a zone file: what is not the record is a comment.
 *
 * @param key the key
 * @param testing whether the record says that the domain only tests DKIM
 * @param lines takes the lines
 */
export function recordText(key: StoredKey, testing: boolean, lines: Lines): void {
  const { name, text, zone } = recordReport(key, testing);
  const comment = (comment: string) => lines.add(0, `; ${comment}`, lines.colours.dim);
  comment(`${keyWords(key)} in ${key.path}${STATE_WORDS[key.state]}. For a zone file:`);
  for (const line of zone.trimEnd().split("\n")) lines.add(0, line);
  comment("The same on one line, for the form of a DNS service:");
  comment(`  name: ${name} (${name.slice(0, -key.domain.length - 1)} if the form adds the domain)`);
  comment(`  text: ${text}`);
}

const STATE_WORDS: Readonly<Record<StoredKey["state"], string>> = {
  current: "",
  next: ", which waits for its record",
  old: ", which signs no more",
};
