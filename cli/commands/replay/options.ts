/**
 * The options of `milterkit replay`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** What can be said on its command line, beside the file. */
export const REPLAY_OPTIONS: readonly OptionSpec[] = [
  {
    name: "milter",
    kind: "connect-address",
    metavar: "ADDRESS",
    description: "The filter to play to: unix:/path, inet:port@host, inet6:port@host",
    example: "inet:8891@localhost",
  },
  {
    name: "connection",
    kind: "integer",
    metavar: "N",
    min: 1,
    repeatable: true,
    description: "Play only this connection of the trace",
  },
  {
    name: "ignore-header",
    kind: "header-name",
    metavar: "NAME",
    repeatable: true,
    description:
      "Do not compare what is added, inserted or changed under this header name, such as what holds a date",
  },
  {
    name: "answer-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "30s",
    min: 1,
    max: 600_000,
    description: "Longest wait for the connection, and for a packet of the filter where one is due",
  },
  { name: "timing", kind: "flag", description: "Also show how long answers took, then and now" },
  { name: "json", kind: "flag", description: "Print JSON, a line for each difference and one for all" },
];

/** What its help says around them. */
export const REPLAY_HELP: CommandHelp = {
  description:
    "Plays the MTA's side of each connection of a trace (milterkit trace --write FILE) to a filter, one after the " +
    "other, and says what it answers otherwise than recorded: negotiation, verdicts, replies, changes. Exit codes: 0 all " +
    "is equal, 3 something differs, 1 it could not be done, 2 the command line is wrong.",
  examples: [
    [
      "Does the new version of a filter do the same?",
      "milterkit replay session.trace --milter inet:8892@localhost --ignore-header DKIM-Signature",
    ],
  ],
};
