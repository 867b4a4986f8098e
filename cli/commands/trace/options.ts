/**
 * The options of `milterkit trace`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options. */
export const TRACE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "listen",
    kind: "listen-address",
    metavar: "ADDRESS",
    description: "Address that the MTA connects to: unix:/path, inet:port@host, inet6:port@host",
    example: "inet:8890@localhost",
  },
  {
    name: "milter",
    kind: "connect-address",
    metavar: "ADDRESS",
    description: "Address of the milter that everything is passed on to",
    example: "inet:8825@localhost",
  },
  {
    name: "write",
    kind: "string",
    metavar: "FILE",
    description:
      "Also write everything to a new file, for milterkit replay; it contains mail, so only its owner can read it",
  },
  { name: "force", kind: "flag", description: "Replace the file of --write if it exists" },
  { name: "json", kind: "flag", description: "Print the lines that --write would write, for programs" },
  {
    name: "body",
    kind: "integer",
    metavar: "N",
    default: "0",
    max: 65_535,
    description: "Show the first N bytes of each body packet; its size is always shown",
  },
  { name: "quiet", kind: "flag", description: "Do not print packets" },
  {
    name: "socket-mode",
    kind: "string",
    metavar: "MODE",
    default: "660",
    description: "Permissions of the unix socket of --listen, octal",
  },
  {
    name: "socket-group",
    kind: "string",
    metavar: "GROUP",
    description: "Group of that socket, such as postfix",
  },
];

/** The rest of its help text. */
export const TRACE_HELP: CommandHelp = {
  brief: "milterkit trace --listen ADDRESS --milter ADDRESS [--write FILE]",
  description:
    "Relays between an MTA and any milter, and shows what they say to each other, with times. It passes every byte on " +
    "unchanged and at once. SIGINT or SIGTERM ends it: it accepts no new connections, and waits at most 10 seconds for " +
    "messages in progress. A second signal ends it at once.",
  examples: [
    [
      "See what Postfix and a milter on port 8825 say to each other:",
      "milterkit trace --listen inet:8890@localhost --milter inet:8825@localhost\n" +
      "postconf -e smtpd_milters=inet:localhost:8890 && postfix reload",
    ],
    [
      "Keep it in a file, to replay it to another version of the milter later:",
      "milterkit trace --listen inet:8890@localhost --milter inet:8825@localhost --write session.trace",
    ],
  ],
};
