/**
 * The options that every filter has in addition to its own.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";
import { SCOPE_OPTIONS } from "./scope_options.ts";

/** The options that every filter has; a filter's own option with the same name replaces one of these. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: "dry-run",
    kind: "flag",
    description: "Run the filter, but only log its verdicts and changes",
  },
  {
    name: "label",
    kind: "string",
    metavar: "NAME",
    example: "trial",
    description:
      "The filter's name in the log and in metrics, for example to tell several filters of one kind apart",
  },
  {
    name: "on-error",
    kind: "enum",
    metavar: "ACTION",
    choices: ["tempfail", "reject", "accept"],
    default: "tempfail",
    description: "What happens to a message if the filter fails on it",
  },
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    within: "callback-timeout",
    example: "8s",
    description: "Longest time of one callback, except at end of message, before the filter counts as failed",
  },
  ...SCOPE_OPTIONS,
];
