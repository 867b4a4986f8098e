/**
 * The options of `milterkit check`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import { LIST_OPTION } from "../../options/list_option.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options, which precede the first `--filter`. */
export const CHECK_OPTIONS: readonly OptionSpec[] = [
  {
    name: "config",
    kind: "file",
    metavar: "FILE",
    description: "Use the filters of this configuration file, with its lists, conditions and settings",
    example: "milterkit.toml",
  },
  {
    name: "listener",
    kind: "listen-address",
    metavar: "ADDRESS",
    description: "The listener in the file that receives the messages; needed if there are several",
    example: "inet:8892@localhost",
  },
  {
    name: "compare",
    kind: "file",
    metavar: "FILE",
    description: "Another configuration file: show only the messages that it would treat differently",
    example: "new.toml",
  },
  {
    name: "explain",
    kind: "flag",
    description: "Say why each filter was left out, and why each rule fired or did not",
  },
  {
    name: "keep-state",
    kind: "flag",
    description:
      "With --config: keep counts and greylist entries, in memory, from one message to the next; else check each on its own",
  },
  {
    name: "milter",
    kind: "connect-address",
    metavar: "ADDRESS",
    description: "Use a running milter instead of filters: unix:/path, inet:port@host, inet6:port@host",
    example: "inet:8825@localhost",
  },
  {
    name: "from",
    kind: "string",
    metavar: "ADDRESS",
    description: "Envelope sender, <> for none; else the message's Return-Path or From",
  },
  {
    name: "rcpt",
    kind: "string",
    metavar: "ADDRESS",
    repeatable: true,
    description: "Envelope recipient; else the message's Delivered-To or To",
  },
  {
    name: "client",
    kind: "string",
    metavar: "CLIENT",
    default: "mail.example.com[192.0.2.1]",
    description: "The SMTP client: an IP address, or NAME[ADDRESS]",
  },
  {
    name: "helo",
    kind: "string",
    metavar: "NAME",
    description: "Name in HELO; else the client's host name",
  },
  {
    name: "macro",
    kind: "string",
    metavar: "NAME=VALUE",
    repeatable: true,
    description: "A macro of the MTA, in addition to the usual ones or instead of one",
    example: "auth_authen=alice",
  },
  {
    name: "as-received",
    kind: "flag",
    description:
      "Take client, HELO, login and TLS from the message's first Received field, and remove that field: as the MTA saw it",
  },
  {
    name: "mta",
    kind: "enum",
    metavar: "MTA",
    choices: ["postfix", "sendmail"],
    default: "postfix",
    description:
      "MTA to imitate, unless the configuration file sets it; the two read messages, and place and count header fields, differently",
  },
  LIST_OPTION,
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    description: "Longest wait for an answer; else as in serve: 8s for a filter, 240s at end of message",
  },
  {
    name: "jobs",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 64,
    default: "4",
    description: "How many messages to check at a time",
  },
  {
    name: "json",
    kind: "flag",
    description: "Print one JSON object per message, each on one line, for programs",
  },
];

/** The rest of the help text. */
export const CHECK_HELP: CommandHelp = {
  brief:
    "milterkit check [options] [FILE|FOLDER|-]... --config FILE | --filter NAME [its options]... | --milter ADDRESS",
  description:
    "Passes messages to filters, or to a running milter, as an MTA would, and shows what happens: every event, each " +
    "filter's verdict and changes, and the message as it would be delivered. It sends no mail, and with --config it " +
    "leaves the state of a running service alone. A FILE is a message " +
    "or an mbox, a FOLDER is a Maildir or any folder of messages, and - is standard input (the default).\n\n" +
    "Exit code: 0 accepted, 3 rejected, 4 tempfailed, 5 discarded (of many messages, the first of 3, 4, 5 that " +
    "occurred); with --compare 3 if a message is treated differently, else 0; 1 something could not be checked; 2 the command " +
    "line or the configuration is wrong.",
  examples: [
    ["What would size-limit do?", "milterkit check big.eml --filter size-limit --max 1MB"],
    [
      "What does our configuration do with a message, and why?",
      "milterkit check a.eml --config milterkit.toml --explain",
    ],
    [
      "What would a new version of it change?",
      "milterkit check ~/Maildir --as-received --config milterkit.toml --compare new.toml",
    ],
    ["What would a running opendkim do?", "milterkit check signed.eml --milter inet:8891@localhost"],
    [
      "To how many messages in a Maildir would a rule apply?",
      'milterkit check ~/Maildir --filter header-rewrite --remove "X-Spam-*"',
    ],
  ],
};
