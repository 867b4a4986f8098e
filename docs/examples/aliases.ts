/**
 * Sends mail for aliases to the addresses that a file gives them, and holds mail for aliases that it does not know.
 *
 * Each line of the file is `alias@example.org: ann@example.net, bob@example.net`.
 *
 *     milterkit serve --listen inet:8825@localhost --filter ./aliases.ts --file aliases.txt --for lists.example.org
 */

import { readFile } from "node:fs/promises";
import { defineFilter, OptionError } from "milterkit";

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

/** Reads aliases; throws an error that names the line. */
function parseAliases(text: string): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [alias = "", ...targets] = line.split(/[:,]/).map((each) => each.trim());
    const invalid = [alias, ...targets].find((address) => !ADDRESS.test(address));
    if (invalid !== undefined) throw new Error(`line ${i + 1}: ${JSON.stringify(invalid)} is no address`);
    if (targets.length === 0) throw new Error(`line ${i + 1}: ${alias} goes to nobody`);
    aliases.set(alias.toLowerCase(), targets);
  }
  return aliases;
}

export default defineFilter({
  name: "aliases",
  summary: "Sends mail for aliases to the addresses in a file, and holds mail for unknown ones",
  options: {
    file: { kind: "file", required: true, description: "The file, a line for each alias" },
    for: {
      kind: "recipient",
      repeatable: true,
      required: true,
      example: "lists.example.org",
      description: "Domain or address that must be in the file",
    },
    reload: { kind: "duration", min: 1000, default: "1m", description: "How often to read the file again" },
  },
  changes: ["addRcpt", "deleteRcpt", "quarantine"],
  verdicts: [],
  async create({ file, for: patterns, reload }, kit) {
    const read = async () => parseAliases(await readFile(file, "utf8"));
    let aliases = await read().catch((error: Error) => {
      throw new OptionError("file", file, error.message);
    });
    kit.every(reload, async () => {
      aliases = await read();
    });
    return {
      eom(message, { recipients }) {
        const unknown: string[] = [];
        const from = new Set(recipients.map(({ address }) => address));
        const to = new Set<string>();
        for (const address of from) {
          const targets = aliases.get(address.toLowerCase());
          if (targets) {
            message.deleteRcpt(address);
            for (const target of targets) to.add(target);
          } else if (patterns.some((pattern) => pattern.has(address))) unknown.push(address);
        }
        for (const address of to) message.addRcpt(address);
        if (unknown.length > 0) message.quarantine(`unknown: ${unknown.join(", ")}`);
      },
    };
  },
});
