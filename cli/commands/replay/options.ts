/**
 * The options of `milterkit replay`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options. */
export const REPLAY_OPTIONS: readonly OptionSpec[] = [
  {
    name: "milter",
    kind: "connect-address",
    metavar: "ADDRESS",
    description: "Address of the milter: unix:/path, inet:port@host, inet6:port@host",
    example: "inet:8825@localhost",
  },
  {
    name: "connection",
    kind: "integer",
    metavar: "N",
    min: 1,
    repeatable: true,
    description: "Play only the connection with this number",
  },
  {
    name: "ignore-header",
    kind: "header-name",
    metavar: "NAME",
    repeatable: true,
    description:
      "Ignore additions, insertions and changes of this header field, for example because it contains a date",
  },
  {
    name: "answer-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "30s",
    min: 1,
    max: 600_000,
    description: "Longest wait for the connection, and for each packet of an answer",
  },
  {
    name: "timing",
    kind: "flag",
    description: "Also show how long answers took, in the trace and in the replay",
  },
  {
    name: "json",
    kind: "flag",
    description: "Print JSON: a line for each difference, and one with the totals",
  },
];

/** The rest of the help text. */
export const REPLAY_HELP: CommandHelp = {
  description:
    "Plays the MTA's side of each connection in a trace file (from milterkit trace --write FILE) to a milter, one " +
    "connection after the other, and reports each answer that differs from the traced one: negotiation, verdicts, " +
    "replies, changes. Exit code: 0 everything is equal, 3 something differs, 1 the replay failed, 2 the command " +
    "line is wrong.",
  examples: [
    [
      "Does a new version of a milter give the same answers?",
      "milterkit replay session.trace --milter inet:8892@localhost --ignore-header DKIM-Signature",
    ],
  ],
};
