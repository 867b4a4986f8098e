// Wrong values of the options of other commands than serve.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findCommand, invocationOf } from "../../../cli/commands/find_command.ts";
import { COMMANDS } from "../../../cli/commands/index.ts";
import { UsageError } from "../../../cli/terminal/arguments.ts";

/** Other commands, in which there is nothing to configure but their flags. */
const WRONG_VALUES_OF_COMMANDS: [command: string, args: string[], says: string][] = [
  [
    "bench",
    ["inet:0@localhost"],
    'milterkit bench: Invalid ADDRESS "inet:0@localhost": nothing listens on port 0',
  ],
  [
    "bench",
    ["inet:1@localhost", "--connections", "016"],
    'milterkit bench: Invalid --connections "016": write 16, without the 0 in front',
  ],
  [
    "bench",
    ["inet:1@localhost", "--time", "10"],
    'milterkit bench: Invalid --time "10": write 10s, or 10ms if you mean milliseconds',
  ],
  [
    "check",
    ["--milter", "inet:0@localhost"],
    'milterkit check: Invalid --milter "inet:0@localhost": nothing listens on port 0',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--rcpt", "a@example.org, b@example.org"],
    'milterkit check: Invalid --rcpt "a@example.org, b@example.org": give each address on its own',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--rcpt", "<>"],
    'milterkit check: Invalid --rcpt "<>": a recipient always has an address',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--from", "Joe <joe@example.org>"],
    'milterkit check: Invalid --from "Joe <joe@example.org>": want one address, such as joe@example.org',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--macro", "auth_athen=joe"],
    'milterkit check: Invalid --macro "auth_athen=joe": there is no macro auth_athen; did you mean auth_authen?',
  ],
  [
    "config",
    ["from-header-checks"],
    "milterkit config from-header-checks: want at least one TYPE:FILE, such as regexp:/etc/postfix/header_checks",
  ],
  [
    "config",
    ["from-header-checks", "/t"],
    'milterkit config from-header-checks: "/t": write regexp:/t or pcre:/t, as main.cf has it: Postfix reads the two differently',
  ],
  [
    "config",
    ["from-header-checks", "hash:/t"],
    'milterkit config from-header-checks: "hash:/t": hash: tables have no expressions; want regexp: or pcre:',
  ],
  [
    "config",
    ["from-header-checks", "pcre:/there/is/none"],
    "milterkit config from-header-checks: cannot read /there/is/none: there is no such file",
  ],
  [
    "config",
    ["from-header-checks", "--as", "body_checks", "pcre:/t"],
    'milterkit config from-header-checks: Invalid --as "body_checks": rules do not look at text of the body; leave it in Postfix, or write a filter in TypeScript',
  ],
  [
    "config",
    ["from-header-checks", "--as", "header_check", "pcre:/t"],
    'milterkit config from-header-checks: Invalid --as "header_check": want one of header_checks, mime_header_checks, nested_header_checks',
  ],
  [
    "replay",
    ["x.trace", "--milter", "inet:1@localhost", "--ignore-header", "DKIM-Signature:"],
    'milterkit replay: Invalid --ignore-header "DKIM-Signature:": "DKIM-Signature:" is not a header name: write DKIM-Signature',
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:localhost:1"],
    "milterkit trace: --milter inet:1@localhost leads back to --listen inet:1@localhost: " +
    "each connection would loop endlessly. Give the address that the milter itself listens on",
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:2@localhost", "--quiet", "--json"],
    "milterkit trace: --quiet prints nothing, so leave --json out",
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:2@localhost", "--json", "--body", "5"],
    "milterkit trace: --json prints whole packets, so leave --body out",
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:2@localhost", "--socket-mode", "600"],
    "milterkit trace: --socket-mode is for unix sockets, and --listen inet:1@localhost is none",
  ],
];

describe("another command says", () => {
  for (const [name, args, says] of WRONG_VALUES_OF_COMMANDS) {
    it(says, async () => {
      const entry = await findCommand(COMMANDS, name);
      const command = await entry.load();
      await assert.rejects(async () => await command.run(invocationOf(entry, args)), (error) => {
        assert.ok(error instanceof UsageError, String(error));
        assert.equal(error.message, says);
        return true;
      });
    });
  }
});
