/**
 * The options of `milterkit check`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options that stand before the first `--filter`. */
export const CHECK_OPTIONS: readonly OptionSpec[] = [
  {
    name: "milter",
    kind: "connect-address",
    metavar: "ADDRESS",
    description: "Ask a running milter instead of filters: unix:/path, inet:port@host, inet6:port@host",
    example: "inet:8891@localhost",
  },
  {
    name: "from",
    kind: "string",
    metavar: "ADDRESS",
    description: "The envelope's sender, <> for none; else the message's Return-Path or From",
  },
  {
    name: "rcpt",
    kind: "string",
    metavar: "ADDRESS",
    repeatable: true,
    description: "A recipient; else the message's Delivered-To or To",
  },
  {
    name: "client",
    kind: "string",
    metavar: "CLIENT",
    default: "mail.example.com[192.0.2.1]",
    description: "Who hands the message in: an address, or NAME[ADDRESS]",
  },
  {
    name: "helo",
    kind: "string",
    metavar: "NAME",
    description: "The client's name in HELO; else its host name",
  },
  {
    name: "macro",
    kind: "string",
    metavar: "NAME=VALUE",
    repeatable: true,
    description: "A macro of the MTA, beside the usual ones or in their place",
    example: "auth_authen=alice",
  },
  {
    name: "mta",
    kind: "enum",
    metavar: "MTA",
    choices: ["postfix", "sendmail"],
    default: "postfix",
    description: "Whose ways to follow: they read messages, and place and count header fields, differently",
  },
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    description: "Longest wait for an answer; else as with serve: 8s for a filter, 240s at end of message",
  },
  {
    name: "jobs",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 64,
    default: "4",
    description: "Messages at once, where there are many",
  },
  {
    name: "json",
    kind: "flag",
    description: "Print a JSON object per message, a line each, for programs",
  },
];

/** What help says around them. */
export const CHECK_HELP: CommandHelp = {
  brief: "milterkit check [options] [FILE|FOLDER|-]... --filter NAME [its options]... | --milter ADDRESS",
  description:
    "Hands messages to filters, or to a running milter, as an MTA would, and shows what happens: every event, each filter's " +
    "verdict and changes, and the message as it would be delivered. No mail is sent. A file is one message, or an mbox; " +
    "a folder is a Maildir, or full of messages; - is standard input, as is nothing at all.\n\n" +
    "Exit code: 0 accepted, 3 rejected, 4 tempfailed, 5 discarded (of many messages, the first of 3, 4, 5 that occurs); " +
    "1 something could not be checked; 2 the command line is wrong.",
  examples: [
    ["What would size-limit say?", "milterkit check big.eml --filter size-limit --max 1MB"],
    ["And opendkim, which runs already?", "milterkit check signed.eml --milter inet:8891@localhost"],
    [
      "How many of last month's messages would a rule have hit?",
      'milterkit check ~/Maildir --filter header-rewrite --remove "X-Spam-*"',
    ],
  ],
};
