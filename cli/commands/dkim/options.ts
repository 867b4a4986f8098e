/**
 * Options and operands that several actions of `milterkit dkim` have.
 *
 * @module
 */

import { asciiName } from "../../../filters/dkim_sign/keys/names.ts";
import type { OptionSpec } from "../../../lib/options/options.ts";
import { invalidArgument, missingArgument } from "../../terminal/arguments.ts";
import type { CommandLine } from "../../terminal/command_line.ts";

/** The folder of all keys. */
export const KEYS_OPTION: OptionSpec = {
  name: "keys",
  kind: "string",
  metavar: "FOLDER",
  description: "Folder of the keys, each in DOMAIN/SELECTOR.pem, as for --keys of the filter dkim-sign",
  example: "/etc/milterkit/keys",
};

/** A key in a file of any name. */
export const KEY_OPTION: OptionSpec = {
  name: "key",
  kind: "string",
  metavar: "DOMAIN:SELECTOR:FILE",
  repeatable: true,
  description: "A key in any file, for example from opendkim-genkey",
  example: "example.org:mail:mail.private",
};

/** Whether the record says that the domain only tests DKIM. */
export const TESTING_OPTION: OptionSpec = {
  name: "testing",
  kind: "flag",
  description: "Print records with t=y, which tells receivers that the domain only tests DKIM",
};

/** Output for programs. */
export const JSON_OPTION: OptionSpec = {
  name: "json",
  kind: "flag",
  description: "Print one JSON object, for programs",
};

/**
 * The folder of all keys, which an action cannot do without.
 *
 * @throws {UsageError} if it is missing
 */
export function requiredFolder({ program, options }: CommandLine): string {
  const folder = options.get("string", KEYS_OPTION.name);
  if (folder !== undefined && folder !== "") return folder;
  throw missingArgument(program, "--keys", `want the folder of the keys, such as ${KEYS_OPTION.example}`);
}

/**
 * Reads the name of a domain.
 *
 * @param program what error messages begin with
 * @param text as given; U-labels are converted, and a final dot is left out
 * @throws {UsageError} if it is not a domain name
 */
export function domainOperand(program: string, text: string): string {
  const domain = asciiName(text.replace(/\.$/, ""));
  if (domain !== undefined && domain.includes(".")) return domain;
  throw invalidArgument(program, "DOMAIN", text, "want a domain, such as example.org");
}
