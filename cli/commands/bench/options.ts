/**
 * The options of `milterkit bench`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options that there are. */
export const BENCH_OPTIONS: readonly OptionSpec[] = [
  {
    name: "connections",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 10_000,
    default: "16",
    description: "Connections at once, each with one message at a time",
  },
  {
    name: "messages",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 1_000_000_000,
    description: "How many messages to measure; with --time too, whichever ends first",
  },
  {
    name: "time",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 86_400_000,
    description: "How long to start messages; 10s where --messages is not given either",
  },
  {
    name: "rate",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 1_000_000,
    description:
      "Messages a second, evenly; latency is counted from when each ought to have started. Else as many as go",
  },
  {
    name: "warm-up",
    kind: "integer",
    metavar: "N",
    max: 1_000_000,
    default: "100",
    description: "Messages before those that are measured; two seconds of them at most",
  },
  {
    name: "messages-per-connection",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 1_000_000_000,
    default: "10",
    description: "A connection is replaced by a new one after so many messages",
  },
  {
    name: "size",
    kind: "size",
    metavar: "SIZE",
    max: 268_435_456,
    // Few bytes are what small mail is measured with.
    unitBelow: 0,
    default: "4096",
    description: "Bytes of the body",
  },
  {
    name: "headers",
    kind: "integer",
    metavar: "N",
    max: 10_000,
    default: "10",
    description: "Header fields",
  },
  {
    name: "recipients",
    kind: "integer",
    metavar: "N",
    min: 1,
    max: 10_000,
    default: "1",
    description: "Recipients of each message",
  },
  {
    name: "message",
    kind: "file",
    metavar: "FILE",
    description: "Send the message in this file, read as Postfix does, in place of --size and --headers",
  },
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    default: "30s",
    description: "Longest wait for an answer; then the connection counts as lost",
  },
  { name: "json", kind: "flag", description: "Print one JSON object, for programs" },
];

/** What help says around them. */
export const BENCH_HELP: CommandHelp = {
  brief: "milterkit bench ADDRESS [options]",
  description:
    "Puts load on any milter, as Postfix would, and measures how many messages a second it takes and how long each one " +
    "takes. No mail is sent; but the milter does whatever it does with each message, such as counting senders: do not " +
    "aim at one in use. SIGINT ends early, and reports what was measured so far.\n\n" +
    "Exit code: 0 measured, 1 nothing could be measured or something went wrong on the way (both are said), 2 the " +
    "command line is wrong.",
  examples: [
    ["How fast is the filter at port 8891?", "milterkit bench inet:8891@localhost"],
    [
      "How long do messages of 100 kB take at 50 a second?",
      "milterkit bench unix:/run/opendkim/opendkim.sock --rate 50 --time 1m --size 100kB",
    ],
    [
      "A message of your own, a connection for each as small mail servers have it:",
      "milterkit bench inet:11332@localhost --message mail.eml --messages 1000 --messages-per-connection 1",
    ],
  ],
};
