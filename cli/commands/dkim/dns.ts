/**
 * `milterkit dkim dns`: prints the records of keys.
 *
 * @module
 */

import process from "node:process";
import { Lines } from "../../explanation/lines.ts";
import { terminalColours, wantsColours } from "../../terminal/colours.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { print } from "../../terminal/standard_output.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliAction } from "../command.ts";
import { selectedKeys } from "./key_store.ts";
import { JSON_OPTION, KEY_OPTION, KEYS_OPTION, TESTING_OPTION } from "./options.ts";
import { recordReport, recordText } from "./record_text.ts";

const HELP: CommandHelp = {
  description:
    "Prints the DNS records of keys again: as text that a zone file can include, and on one line. " +
    "Without a DOMAIN, those of all domains in the folder. Includes keys that wait (.next), but not old ones (.old).",
  examples: [
    ["All records of a domain:", "milterkit dkim dns --keys /etc/milterkit/keys example.org"],
    [
      "The record of a key of OpenDKIM:",
      "milterkit dkim dns --key example.org:mail:/etc/dkimkeys/mail.private",
    ],
  ],
};

/** Prints the records of keys. */
export const DNS_ACTION: CliAction = {
  name: "dns",
  operands: "--keys FOLDER [DOMAIN]...",
  help: HELP,
  options: [KEYS_OPTION, KEY_OPTION, TESTING_OPTION, JSON_OPTION],
  operandKind: "any",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(DNS_ACTION, invocation);
  const { options } = line;
  const testing = options.get("flag", TESTING_OPTION.name) ?? false;
  const keys = selectedKeys(line).filter(({ state }) => state !== "old");
  if (options.get("flag", JSON_OPTION.name)) {
    await print(terminalSafeJson({ records: keys.map((key) => recordReport(key, testing)) }) + "\n");
    return EXIT_CODES.done;
  }
  const lines = new Lines(terminalColours(wantsColours(process.stdout)), false);
  keys.forEach((key, i) => {
    if (i > 0) lines.add(0, "");
    recordText(key, testing, lines);
  });
  await print(lines.text);
  return EXIT_CODES.done;
}
