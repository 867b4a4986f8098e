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
    description: "How many within which time, and how many of them at once (all, unless a burst is given); " +
      "several must all be kept",
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
    description: "The same as a text with {login}, {sender}, {sender-domain}, {client}, {client-network}, " +
      "{recipient} and {helo}; a text without any counts all mail together",
  },
  {
    name: "count",
    kind: "enum",
    metavar: "WHAT",
    choices: ["messages", "recipients"],
    default: "messages",
    description: "What is counted; with a recipient in the key always recipients",
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
      "A key without limits, such as a login; for networks, senders and recipients see --not-client " +
      "and the like",
  },
  {
    name: "exempt-file",
    kind: "file",
    metavar: "FILE",
    repeatable: true,
    description: "Keys without limits, one per line; a line that begins with # is a comment",
  },
  {
    name: "ipv4-prefix",
    kind: "integer",
    metavar: "BITS",
    min: 8,
    max: 32,
    default: "32",
    description: "How many bits of an IPv4 address make a network; 32: each address is one",
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
      "A program to run when a key first exceeds a limit, without a shell; it finds the details in its " +
      "environment (MILTERKIT_KEY and so on)",
  },
  {
    name: "notify-arg",
    kind: "string",
    metavar: "TEXT",
    repeatable: true,
    example: "--urgent",
    description: "An argument of that program; several come in their order",
  },
  {
    name: "notify-mail",
    kind: "string",
    metavar: "ADDRESS",
    repeatable: true,
    example: "postmaster@example.org",
    description: "Whom to send a mail when a key first exceeds a limit",
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
      "Least time between two notices about a key, on all machines together; also for the line in the log",
  },
];
