/**
 * The options of `milterkit trace`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** What can be said on its command line. */
export const TRACE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "listen",
    kind: "listen-address",
    metavar: "ADDRESS",
    description: "Where the MTA connects to: unix:/path, inet:port@host, inet6:port@host",
    example: "inet:8890@localhost",
  },
  {
    name: "milter",
    kind: "connect-address",
    metavar: "ADDRESS",
    description: "Where the filter is that everything is passed on to",
    example: "inet:8891@localhost",
  },
  {
    name: "write",
    kind: "string",
    metavar: "FILE",
    description:
      "Also write everything to a new file, for milterkit replay; it holds mail, so only its owner can read it",
  },
  { name: "force", kind: "flag", description: "Replace the file of --write where there is one" },
  { name: "json", kind: "flag", description: "Print the lines that --write would write, for programs" },
  {
    name: "body",
    kind: "integer",
    metavar: "N",
    default: "0",
    max: 65_535,
    description: "Show so many bytes of each body packet; its size is shown in any case",
  },
  { name: "quiet", kind: "flag", description: "Print nothing of what passes" },
  {
    name: "socket-mode",
    kind: "string",
    metavar: "MODE",
    default: "660",
    description: "Permissions of a unix socket that is listened on, octal",
  },
  {
    name: "socket-group",
    kind: "string",
    metavar: "GROUP",
    description: "Group that such a socket is given to, such as postfix",
  },
];

/** What its help says around them. */
export const TRACE_HELP: CommandHelp = {
  brief: "milterkit trace --listen ADDRESS --milter ADDRESS [--write FILE]",
  description:
    "Stands between an MTA and any milter and shows what they say to each other, with times. Every byte is passed on as " +
    "it came and at once, whatever it is. SIGINT or SIGTERM ends: no new connections, messages at hand are finished (10 " +
    "seconds at most); a second one ends at once.",
  examples: [
    [
      "See what Postfix and a filter at port 8891 say to each other:",
      "milterkit trace --listen inet:8890@localhost --milter inet:8891@localhost\n" +
      "postconf -e smtpd_milters=inet:localhost:8890 && postfix reload",
    ],
    [
      "Keep it, to play it to another version of the filter later:",
      "milterkit trace --listen inet:8890@localhost --milter inet:8891@localhost --write session.trace",
    ],
  ],
};
