/**
 * Reads Postfix tables of the type `cidr:`, `cidr_table(5)`: networks with a value, `!` before a network for all other
 * addresses of its IP version, and lines between `if` and `endif`. In a list the value does not matter, as in Postfix's
 * own lists.
 *
 * @module
 */

import type { Fail } from "../quantities.ts";
import { type AddressRanges, RangesBuilder } from "./address_ranges.ts";
import { ContentBuilder, listedNetwork } from "./list_content.ts";
import { logicalLines } from "./logical_lines.ts";
import { type FailAt, LINES_AT_A_TIME, type ListReading } from "./plain_list.ts";

/**
 * Reads a table.
 *
 * @param text the text of the file
 * @param fail called for an invalid line
 */
export function* readCidrTable(text: string, fail: FailAt): ListReading {
  const content = new ContentBuilder();
  /** The open conditions: the line of each, and the addresses that it and the enclosing ones let through. */
  const open: { readonly line: number; readonly text: string; readonly set: AddressRanges }[] = [];
  let read = 0;
  for (const { line, text: whole } of logicalLines(text)) {
    const failHere: Fail = (reason) => fail(line, whole, reason);
    const around = open.at(-1);
    const [, word = "", rest = ""] = /^(if|endif)?\s*(.*)$/i.exec(whole) ?? [];
    if (word.toLowerCase() === "endif") {
      if (around === undefined) failHere("there is no if before this endif");
      open.pop();
    } else if (word !== "") {
      const set = setOf(rest, failHere);
      open.push({ line, text: whole, set: around === undefined ? set : around.set.and(set) });
    } else {
      const [, pattern = "", value] = /^(!?\s*\S+)(?:\s+(.*))?$/.exec(whole) ?? [];
      if (value === undefined) {
        failHere("want a network, white space and a value, as cidr: tables of Postfix have them");
      }
      const entry = { line, text: pattern };
      if (around === undefined && !pattern.startsWith("!")) {
        content.network(listedNetwork(pattern, failHere), entry);
      } else {
        const set = setOf(pattern, failHere);
        content.addresses(around === undefined ? set : around.set.and(set), entry);
      }
    }
    if (++read % LINES_AT_A_TIME === 0) yield;
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) fail(unclosed.line, unclosed.text, "there is no endif for it");
  return content.build();
}

/** The addresses that a pattern matches. */
function setOf(pattern: string, fail: Fail): AddressRanges {
  const [, not, network = ""] = /^(!?)\s*(.*)$/.exec(pattern) ?? [];
  const parts = listedNetwork(network, fail);
  const builder = new RangesBuilder();
  builder.add(parts);
  const set = builder.build();
  return not === "" ? set : set.complement(parts.version);
}
