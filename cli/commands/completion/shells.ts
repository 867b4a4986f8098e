/**
 * The shells whose command lines can be completed.
 *
 * @module
 */

import type { Help } from "../../terminal/arguments.ts";

/** Their names. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** What the help of `milterkit completion` says. */
export const COMPLETION_HELP: Help = {
  brief: "milterkit completion bash | zsh | fish",
  description:
    "Prints a script with which the shell completes command lines of milterkit: commands, options, the names and options of " +
    "filters, the values of options, and files. The script asks milterkit itself, so it fits every version. Debian's " +
    "package has the scripts where the shells look for them.",
  examples: [
    ["In bash, for this session or in ~/.bashrc:", 'eval "$(milterkit completion bash)"'],
    ["In zsh, in a folder of $fpath:", "milterkit completion zsh > _milterkit"],
    ["In fish:", "milterkit completion fish > ~/.config/fish/completions/milterkit.fish"],
  ],
};
