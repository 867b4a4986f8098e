/**
 * The options that every filter has, whatever else it has.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";
import { SCOPE_OPTIONS } from "./scope_options.ts";

/** Options that every filter has; one of its own of the same name takes the place of one of these. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: "dry-run",
    kind: "flag",
    description: "Let the filter see everything, but only log its verdicts and changes",
  },
  {
    name: "label",
    kind: "string",
    metavar: "NAME",
    example: "trial",
    description:
      "What log and figures call it in place of its name, such as where there are several of a kind",
  },
  {
    name: "on-error",
    kind: "enum",
    metavar: "ACTION",
    choices: ["tempfail", "reject", "accept"],
    default: "tempfail",
    description: "What happens to a message on which the filter fails",
  },
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    within: "callback-timeout",
    example: "8s",
    description: "Longest time of one callback (end of message excepted) before the filter counts as failed",
  },
  ...SCOPE_OPTIONS,
];
