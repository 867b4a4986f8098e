/**
 * The options of `rate-limit`.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";

/** What `--by` stands for, as key templates. */
export const TEMPLATES = {
  login: "{login}",
  sender: "{sender}",
  "sender-domain": "{sender-domain}",
  client: "{client-network}",
  recipient: "{recipient}",
} as const;

/** What is done with mail over a limit. */
export const LIMIT_ACTIONS = ["tempfail", "reject", "quarantine", "mark"] as const;

/** What is done with mail over a limit. */
export type LimitAction = (typeof LIMIT_ACTIONS)[number];

/** The options. */
export const RATE_LIMIT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "limit",
    kind: "string",
    metavar: "LIMIT",
    repeatable: true,
    required: true,
    example: "100/1h burst 20",
    description: "How many in which time, and how many of them at once (all, unless a burst is given); " +
      "if several are given, mail must stay within all",
  },
  {
    name: "by",
    kind: "enum",
    metavar: "WHAT",
    choices: Object.keys(TEMPLATES),
    default: "login",
    description: "Whose mail is counted together; client: its network, see --ipv4-prefix",
  },
  {
    name: "key",
    kind: "string",
    metavar: "TEMPLATE",
    example: "{login}/{client-network}",
    description:
      "The same as a template with {login}, {sender}, {sender-domain}, {client}, {client-network}, " +
      "{recipient} and {helo}; a text without any counts all mail together",
  },
  {
    name: "count",
    kind: "enum",
    metavar: "WHAT",
    choices: ["messages", "recipients"],
    default: "messages",
    description: "What is counted; always recipients if the key contains the recipient",
  },
  {
    name: "action",
    kind: "enum",
    metavar: "ACTION",
    choices: LIMIT_ACTIONS,
    default: "tempfail",
    description: "What happens to mail over a limit",
  },
  {
    name: "mark-header",
    kind: "header-name",
    metavar: "NAME",
    default: "X-Rate-Limit",
    description: "The header that the action mark adds",
  },
  {
    name: "exempt",
    kind: "string",
    metavar: "KEY",
    repeatable: true,
    example: "newsletter@example.org",
    description:
      "A key that is not limited, such as a login; to exempt networks, senders and recipients, use --not-client " +
      "and similar conditions",
  },
  {
    name: "exempt-file",
    kind: "file",
    metavar: "FILE",
    repeatable: true,
    description: "A file of keys that are not limited, one per line; a line that begins with # is a comment",
  },
  {
    name: "ipv4-prefix",
    kind: "integer",
    metavar: "BITS",
    min: 8,
    max: 32,
    default: "32",
    description: "Prefix length of the IPv4 networks that count as one client; 32: each address",
  },
  {
    name: "ipv6-prefix",
    kind: "integer",
    metavar: "BITS",
    min: 16,
    max: 128,
    default: "64",
    description: "The same for IPv6",
  },
  {
    name: "notify-command",
    kind: "string",
    metavar: "PATH",
    example: "/usr/local/bin/limit-notice",
    description:
      "A program to run, without a shell, when a key first exceeds a limit; the details are in its " +
      "environment (MILTERKIT_KEY and so on)",
  },
  {
    name: "notify-arg",
    kind: "string",
    metavar: "TEXT",
    repeatable: true,
    example: "--urgent",
    description: "An argument for that program; several are passed in order",
  },
  {
    name: "notify-mail",
    kind: "string",
    metavar: "ADDRESS",
    repeatable: true,
    example: "postmaster@example.org",
    description: "An address to notify by mail when a key first exceeds a limit",
  },
  {
    name: "notify-from",
    kind: "string",
    metavar: "ADDRESS",
    example: "milterkit@example.org",
    description: "The sender of that mail; by default the null sender, and From is the first --notify-mail",
  },
  {
    name: "notify-server",
    kind: "connect-address",
    metavar: "ADDRESS",
    default: "inet:25@localhost",
    description: "The mail server that takes that mail by SMTP, without TLS",
  },
  {
    name: "notify-every",
    kind: "duration",
    metavar: "TIME",
    min: 60_000,
    max: 31 * 86_400_000,
    default: "1h",
    description:
      "Minimum time between two notices about a key, on all machines together; also applies to the log line",
  },
];
