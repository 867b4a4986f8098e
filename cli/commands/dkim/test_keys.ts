/**
 * `milterkit dkim test`: asks the DNS for the records of keys, and compares.
 *
 * @module
 */

import { statSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { folderWarning } from "../../../filters/dkim_sign/keys/permissions.ts";
import { Lines } from "../../explanation/lines.ts";
import { DNS_LOOKUP_OPTIONS, resolverOf } from "../../explanation/lookup_options.ts";
import { terminalColours, wantsColours } from "../../terminal/colours.ts";
import {
  type CommandHelp,
  type CommandLine,
  type Invocation,
  readCommandLine,
} from "../../terminal/command_line.ts";
import { printMessage } from "../../terminal/messages.ts";
import { print } from "../../terminal/standard_output.ts";
import { StatusLine } from "../../terminal/status_line.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliAction } from "../command.ts";
import { checkKeys, checkReport, exitCodeOfChecks, keyCheckText } from "./check_report.ts";
import { selectedKeys, type StoredKey } from "./key_store.ts";
import { JSON_OPTION, KEY_OPTION, KEYS_OPTION } from "./options.ts";

const HELP: CommandHelp = {
  description:
    "Looks up the DNS record of each key, compares it with the private key, and says what is wrong and what to do. " +
    "Without a DOMAIN, tests all domains in the folder. Includes keys that wait (.next), but not old ones (.old).\n\n" +
    "Exit code: 0 all records are right, 3 one is missing or wrong, 4 a lookup failed, so it is not known; 2 the command " +
    "line or a key is wrong.",
  examples: [
    ["Before the first message is signed:", "milterkit dkim test --keys /etc/milterkit/keys example.org"],
    [
      "What the domain's own name server says, without caches:",
      "milterkit dkim test --keys /etc/milterkit/keys --dns-server 192.0.2.53",
    ],
    ["A key of OpenDKIM:", "milterkit dkim test --key example.org:mail:/etc/dkimkeys/mail.private"],
  ],
};

/** Compares keys with their records. */
export const TEST_ACTION: CliAction = {
  name: "test",
  operands: "--keys FOLDER [DOMAIN]...",
  help: HELP,
  options: [KEYS_OPTION, KEY_OPTION, ...DNS_LOOKUP_OPTIONS, JSON_OPTION],
  operandKind: "any",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(TEST_ACTION, invocation);
  const { program, options } = line;
  const keys = selectedKeys(line).filter(({ state }) => state !== "old");
  for (const warning of warningsOf(line, keys)) printMessage(warning);
  const resolver = resolverOf(program, options);
  const progress = new StatusLine();
  try {
    const checks = await checkKeys(keys, resolver, progress);
    progress.clear();
    if (options.get("flag", JSON_OPTION.name)) {
      await print(terminalSafeJson({ records: checks.map(checkReport) }) + "\n");
    } else {
      const lines = new Lines(terminalColours(wantsColours(process.stdout)), Boolean(process.stdout.isTTY));
      for (const check of checks) keyCheckText(check, lines);
      await print(lines.text);
    }
    return exitCodeOfChecks(checks);
  } finally {
    progress.clear();
    resolver.close();
  }
}

/** What is unsafe about the folders that the keys are in: the filter says the same when it starts. */
function warningsOf({ options }: CommandLine, keys: readonly StoredKey[]): readonly string[] {
  const folder = options.get("string", KEYS_OPTION.name);
  const folders = new Set([
    ...(folder === undefined ? [] : [folder]),
    ...keys.map(({ path }) => dirname(path)),
  ]);
  return [...folders].flatMap((path) => folderWarning(path, statSync(path)) ?? []);
}
