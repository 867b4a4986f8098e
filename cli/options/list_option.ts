/**
 * The option that names a list of networks, domains and addresses on a command line.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";

/** The option; a configuration file has the table `[lists]` instead. */
export const LIST_OPTION: OptionSpec = {
  name: "list",
  kind: "string",
  metavar: "NAME=ENTRIES",
  repeatable: true,
  description:
    "A list of networks, domains and addresses, separated by commas, which filters use as @NAME; NAME=file:PATH reads a file with an entry on each line; cidr:, texthash: and regexp: read tables of Postfix",
  example: "internal=10.0.0.0/8,192.168.0.0/16",
};
