/**
 * The options of `milterkit bench`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options. */
export const BENCH_OPTIONS: readonly OptionSpec[] = [
  {
    name: "connections",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 10_000,
    default: "16",
    description: "Concurrent connections, each with one message at a time",
  },
  {
    name: "messages",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 1_000_000_000,
    description: "How many messages to measure; with --time, whichever limit is reached first",
  },
  {
    name: "time",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 86_400_000,
    description: "For how long to start new messages; 10s if --messages is not given either",
  },
  {
    name: "rate",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 1_000_000,
    description:
      "Messages per second, evenly spaced; latency counts from when each should start. Else as many as possible",
  },
  {
    name: "warm-up",
    kind: "integer",
    metavar: "N",
    max: 1_000_000,
    default: "100",
    description: "Messages before those that are measured, for two seconds at most",
  },
  {
    name: "messages-per-connection",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 1_000_000_000,
    default: "10",
    description: "Messages after which a new connection replaces the old one",
  },
  {
    name: "size",
    kind: "size",
    metavar: "SIZE",
    max: 268_435_456,
    // A few bytes are a useful size for small mail.
    unitBelow: 0,
    default: "4096",
    description: "Size of the body in bytes",
  },
  {
    name: "headers",
    kind: "integer",
    metavar: "N",
    max: 10_000,
    default: "10",
    description: "Number of header fields",
  },
  {
    name: "recipients",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 10_000,
    default: "1",
    description: "Number of recipients",
  },
  {
    name: "message",
    kind: "file",
    metavar: "FILE",
    description: "Send the message in this file, read as Postfix reads it, instead of --size and --headers",
  },
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    default: "30s",
    description: "Longest wait for an answer; after that, the connection counts as lost",
  },
  { name: "json", kind: "flag", description: "Print one JSON object, for programs" },
];

/** The rest of the help text. */
export const BENCH_HELP: CommandHelp = {
  brief: "milterkit bench ADDRESS [options]",
  description:
    "Puts load on any milter, as Postfix would, and measures how many messages per second it handles and how long " +
    "each one takes. It sends no mail, but the milter treats the messages as real, for example " +
    "by counting senders: do not run bench against a milter in production. SIGINT ends the run early and reports the " +
    "figures so far.\n\n" +
    "Exit code: 0 measured, 1 nothing could be measured or there were errors, 2 the command line is wrong.",
  examples: [
    ["How fast is the milter on port 8825?", "milterkit bench inet:8825@localhost"],
    [
      "How long do messages of 100 kB take at 50 per second?",
      "milterkit bench unix:/run/opendkim/opendkim.sock --rate 50 --time 1m --size 100kB",
    ],
    [
      "A message of your own, each on a new connection, as from many small senders:",
      "milterkit bench inet:11332@localhost --message mail.eml --messages 1000 \\\n  --messages-per-connection 1",
    ],
  ],
};
