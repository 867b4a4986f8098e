/**
 * The options of `milterkit limits`.
 *
 * @module
 */

import { COMMAND_STATE_OPTIONS } from "../../service/state/command_state.ts";
import { LIST_OPTION } from "../../options/list_option.ts";
import type { CommandOption } from "../../terminal/arguments.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options. */
export const LIMITS_OPTIONS: readonly CommandOption[] = [
  ...COMMAND_STATE_OPTIONS,
  LIST_OPTION,
  { name: "json", kind: "flag", description: "Print JSON, for programs" },
];

/** The operands of both actions. */
export const LIMITS_OPERANDS = "KEY --config FILE | --state ADDRESS --filter rate-limit...";

/** The rest of the help text. */
export const LIMITS_HELP: CommandHelp = {
  brief: "milterkit limits show KEY | milterkit limits reset KEY",
  description:
    `show prints how much is left of each rate-limit limit for a key, such as a login. reset restores all limits of the key, and
allows the next notice about it at once. Both work while the service runs, if its state is in a file, or in Valkey or Redis.

Write the key as the log and the notices do: the login with --by login; with --by client an address, or a network such as
192.0.2.0/24. Name the filters by the configuration file, or on the command line with the options that the service uses.`,
  examples: [
    [
      "How much may Joe still send?",
      "milterkit limits show joe@example.org --config /etc/milterkit/milterkit.toml",
    ],
    [
      "Let him send again:",
      "milterkit limits reset joe@example.org --config /etc/milterkit/milterkit.toml",
    ],
    [
      "Without a configuration file:",
      "milterkit limits show joe@example.org --state /var/lib/milterkit/state.db --filter rate-limit --limit 100/1h",
    ],
  ],
};
