/**
 * The options of `milterkit serve`.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";
import type { Help } from "../terminal/arguments.ts";
import { LOG_LEVELS } from "../log/log.ts";
import { REDACTIONS } from "../log/redaction.ts";

/** The options that stand before the first `--filter`. */
export const SERVE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "config",
    kind: "file",
    metavar: "FILE",
    description: "Everything is in this file, in place of options here; SIGHUP has it read anew",
    example: "/etc/milterkit/milterkit.toml",
  },
  {
    name: "listen",
    kind: "listen-address",
    metavar: "ADDRESS",
    repeatable: true,
    description:
      "Where the MTA finds the filters: unix:/path, inet:port@host, inet6:port@host, fd:N, fd:NAME",
    example: "unix:/run/milterkit/milter.sock",
  },
  {
    name: "socket-mode",
    kind: "string",
    metavar: "MODE",
    default: "660",
    description: "Permissions of a unix socket, octal",
  },
  {
    name: "socket-group",
    kind: "string",
    metavar: "GROUP",
    description: "Group that a unix socket is given to, such as postfix",
  },
  {
    name: "callback-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "8s",
    min: 1,
    max: 600_000,
    description: "Longest time of all filters at one event; must be shorter than the MTA's own",
  },
  {
    name: "message-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "240s",
    min: 1,
    max: 600_000,
    description:
      "Longest time of all filters at end of message; the MTA is kept waiting with progress packets",
  },
  {
    name: "idle-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "7210s",
    min: 1,
    max: 86_400_000,
    description: "Longest silence of an MTA before its connection is closed; longer than SMTP sessions wait",
  },
  {
    name: "negotiation-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "30s",
    min: 1,
    max: 86_400_000,
    description: "The same before it has said that it is one",
  },
  {
    name: "send-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "300s",
    min: 1,
    max: 86_400_000,
    description: "Longest time that an MTA may read nothing of what is sent to it",
  },
  {
    name: "limit-connections",
    kind: "integer",
    metavar: "COUNT",
    default: "10000",
    min: 1,
    description: "Most connections at a time; a further one is closed at once",
  },
  {
    name: "limit-connections-per-client",
    kind: "integer",
    metavar: "COUNT",
    min: 1,
    within: "limit-connections",
    description: "The same of one IP address; an MTA opens one for each SMTP session",
    example: "500",
  },
  {
    name: "limit-header-fields",
    kind: "integer",
    metavar: "COUNT",
    default: "10000",
    min: 1,
    description: "Most header fields of a message; one that has more is rejected",
  },
  {
    name: "limit-header-size",
    kind: "size",
    metavar: "SIZE",
    default: "2MiB",
    min: 1,
    description: "Most bytes of a message's header, and of its recipients; one that has more is rejected",
  },
  {
    name: "limit-recipients",
    kind: "integer",
    metavar: "COUNT",
    default: "10000",
    min: 1,
    description: "Most recipients of a message; further ones are put off, for another transaction",
  },
  {
    name: "mta",
    kind: "enum",
    metavar: "MTA",
    choices: ["auto", "postfix", "sendmail"],
    default: "auto",
    description:
      "Which MTA this is for: they place and count header fields differently; auto sees by macro v",
  },
  {
    name: "spool-memory",
    kind: "size",
    metavar: "SIZE",
    within: "spool-total",
    default: "256KiB",
    description:
      "Most of one message in memory where a filter must wait for an earlier one; more goes to a file",
  },
  {
    name: "spool-total",
    kind: "size",
    metavar: "SIZE",
    default: "64MiB",
    description: "The same for all messages together",
  },
  {
    name: "spool-folder",
    kind: "string",
    metavar: "FOLDER",
    description: "Where these files are, which nobody else can open and which are gone with the process",
    example: "/var/tmp",
  },
  {
    name: "workers",
    kind: "string",
    metavar: "N|auto",
    default: "1",
    description: "Processes that share the connections; auto: one for each core",
  },
  {
    name: "watch",
    kind: "flag",
    description:
      "Take changed filter files, what they import by relative paths, and files that options name, for new connections",
  },
  {
    name: "metrics",
    kind: "string",
    metavar: "ADDRESS",
    description:
      "Where a status page, figures and health can be asked for by HTTP: PORT (on 127.0.0.1), HOST:PORT, unix:/path; no login, so keep it private",
    example: "127.0.0.1:9465",
  },
  {
    name: "worker-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "60s",
    min: 1,
    max: 86_400_000,
    description:
      "Longest time that a worker may not answer its parent, such as for a filter that computes on; it is killed then, and replaced",
  },
  {
    name: "stop-timeout",
    kind: "duration",
    metavar: "TIME",
    max: 86_400_000,
    default: "30s",
    description: "How long connections between messages go on after SIGTERM",
  },
  {
    name: "log-format",
    kind: "enum",
    metavar: "FORMAT",
    choices: ["text", "json", "journal"],
    default: "text",
    description:
      "How the log is written: for people, a JSON object a line, or with the priorities that systemd's journal reads, which is found out where it is the reader",
  },
  {
    name: "log-level",
    kind: "enum",
    metavar: "LEVEL",
    choices: LOG_LEVELS,
    default: "info",
    description: "The least level that is logged; info has a line per message",
  },
  {
    name: "log-redact",
    kind: "enum",
    metavar: "WHAT",
    choices: REDACTIONS,
    repeatable: true,
    description:
      "What the log leaves out: what stands before the @ of addresses, whole addresses, or all of a client but its network",
  },
];

/** What help says around them. */
export const SERVE_HELP: Help = {
  brief:
    "milterkit serve --listen ADDRESS --filter NAME [its options] [--filter NAME [its options]]... | --config FILE",
  description:
    "Serves filters to an MTA, in the order of their flags. Options behind --filter NAME belong to that filter; " +
    "a NAME with a slash, or that ends in .ts or .js, is a file with a filter of your own. " +
    "SIGTERM stops: no new connections, messages at hand are finished. SIGINT, or a second SIGTERM, aborts. SIGHUP has a " +
    "--config file read anew, for new connections, and stops where there is none. " +
    "milterkit filters lists the filters; milterkit filters NAME shows the options of one, among them those that every " +
    "filter has: --dry-run, --on-error, --label, and conditions such as --not-client and --only-recipient.",
  examples: [
    [
      "Refuse mail above 25 MB and check signatures, behind Postfix:",
      "milterkit serve --listen unix:/var/spool/postfix/milterkit/milter.sock --socket-group postfix " +
      "--filter size-limit --max 25MB --filter dkim-check",
    ],
    [
      "See what a rule would do, without doing it:",
      'milterkit serve --listen inet:8891@localhost --filter header-rewrite --dry-run --add "X-Checked: yes"',
    ],
    [
      "A filter of your own, taken anew whenever you save it:",
      "milterkit serve --listen inet:8891@localhost --watch --filter ./my-filter.ts",
    ],
  ],
};
