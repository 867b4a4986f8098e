/**
 * Reads Postfix tables of the type `texthash:`: a key and a value on each line, `access(5)`. In a list the value does
 * not matter, as in Postfix's own lists.
 *
 * @module
 */

import type { Fail } from "../quantities.ts";
import { ContentBuilder } from "./list_content.ts";
import { logicalLines } from "./logical_lines.ts";
import { type FailAt, LINES_AT_A_TIME, type ListReading } from "./plain_list.ts";

/**
 * Reads a table. Keys are domains, `.example.org` for subdomains, addresses, `user@` for a user of any domain, `<>`, IP
 * addresses, and networks given by their first octets, such as `192.0.2`.
 *
 * @param text the text of the file
 * @param fail called for an invalid line
 */
export function* readHashTable(text: string, fail: FailAt): ListReading {
  const content = new ContentBuilder();
  let read = 0;
  for (const { line, text: whole } of logicalLines(text)) {
    const [, key = "", value] = /^("(?:[^"\\]|\\.)*"\S*|\S+)(?:\s+(.*))?$/.exec(whole) ?? [];
    if (value === undefined) {
      fail(line, whole, "want a key, white space and a value, as texthash: tables of Postfix have them");
    }
    addKey(content, line, key, (reason) => fail(line, key, reason));
    if (++read % LINES_AT_A_TIME === 0) yield;
  }
  return content.build();
}

function addKey(content: ContentBuilder, line: number, key: string, fail: Fail): void {
  const entry = { line, text: key };
  const [, user] = /^([^@]+)@$/.exec(key) ?? [];
  if (user !== undefined) return content.user(user, entry);
  const network = networkOfKey(key);
  if (network === undefined) content.entry(entry, fail);
  else content.network(network, entry);
}

/** `192.0.2` and `2001:db8` stand for the networks of all addresses that begin with them. */
function networkOfKey(key: string) {
  if (/^\d{1,3}(?:\.\d{1,3}){0,2}$/.test(key)) {
    const parts = key.split(".");
    if (parts.some((part) => Number(part) > 255)) return undefined;
    const address = [...parts, "0", "0", "0"].slice(0, 4).join(".");
    return { address, length: parts.length * 8, version: "ipv4" } as const;
  }
  if (/^[\da-f]{1,4}(?::[\da-f]{1,4}){0,6}$/i.test(key) && key.includes(":")) {
    const groups = key.split(":");
    return {
      address: `${key}::`.replace(/^((?:[^:]+:){7}[^:]+)::$/, "$1"),
      length: groups.length * 16,
      version: "ipv6",
    } as const;
  }
  return undefined;
}
