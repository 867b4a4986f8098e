/**
 * `milterkit dkim`: keys that sign, their records, and messages signed with them.
 *
 * @module
 */

import type { CommandHelp } from "../../terminal/command_line.ts";
import type { CliAction, CliCommand } from "../command.ts";
import { runAction } from "../run_action.ts";
import { DNS_ACTION } from "./dns.ts";
import { KEYGEN_ACTION } from "./keygen.ts";
import { ROTATE_ACTION } from "./rotate.ts";
import { SIGN_ACTION } from "./sign.ts";
import { TEST_ACTION } from "./test_keys.ts";
import { VERIFY_ACTION } from "./verify.ts";

const HELP: CommandHelp = {
  brief: "milterkit dkim keygen | dns | test | sign | verify | rotate",
  description:
    "Makes the keys with which the filter dkim-sign signs, prints and checks their DNS records, signs and verifies a " +
    "message in a file, and replaces keys with new ones. `milterkit dkim ACTION --help` shows the options of an action.",
  examples: [
    [
      "Make the keys of a domain, and get the records to publish:",
      "milterkit dkim keygen --keys /etc/milterkit/keys example.org",
    ],
    ["Are the records published, and right?", "milterkit dkim test --keys /etc/milterkit/keys example.org"],
    [
      "Do signatures verify?",
      "milterkit dkim sign --keys /etc/milterkit/keys message.eml | milterkit dkim verify -",
    ],
    [
      "Sign all mail of your users:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-sign --keys /etc/milterkit/keys",
    ],
    [
      "Replace the keys with new ones, in two or more runs:",
      "milterkit dkim rotate --keys /etc/milterkit/keys example.org",
    ],
  ],
};

const ACTIONS: readonly CliAction[] = [
  KEYGEN_ACTION,
  DNS_ACTION,
  TEST_ACTION,
  SIGN_ACTION,
  VERIFY_ACTION,
  ROTATE_ACTION,
];

/** Makes keys, and signs and verifies messages. */
export const dkimCommand: CliCommand = {
  help: HELP,
  options: [],
  operandKind: ACTIONS.map(({ name }) => name),
  actions: ACTIONS,
  run: (invocation) => runAction(dkimCommand, invocation),
};
