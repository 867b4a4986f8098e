/**
 * `milterkit config from-opendkim`: converts an `opendkim.conf`.
 *
 * @module
 */

import { UsageError } from "../../../terminal/arguments.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../../terminal/command_line.ts";
import type { CliAction } from "../../command.ts";
import { writeConversion } from "../conversion/write_conversion.ts";
import { convertOpendkim } from "./convert.ts";

const HELP: CommandHelp = {
  description:
    "Prints a configuration that signs and checks mail as OpenDKIM does with this opendkim.conf and the tables that it " +
    "names. Notes on differences are comments in the output, and also go to standard error. A setting that affects which " +
    "mail is signed, or with which key, and cannot be converted is an error with file and line: then nothing is printed, " +
    "and the exit code is 1.",
  examples: [
    ["Convert:", "milterkit config from-opendkim /etc/opendkim.conf > milterkit.toml"],
    [
      "Use copies of the keys:",
      "milterkit config from-opendkim --keys /etc/milterkit/keys /etc/opendkim.conf > milterkit.toml",
    ],
    ["Check the result:", "milterkit config check milterkit.toml"],
  ],
};

/** Converts an `opendkim.conf`. */
export const FROM_OPENDKIM: CliAction = {
  name: "from-opendkim",
  operands: "FILE",
  help: HELP,
  options: [{
    name: "keys",
    kind: "string",
    metavar: "FOLDER",
    description:
      "Refer to copies of the keys in this folder, as DOMAIN/SELECTOR.pem, with notes on how to make them: OpenDKIM and dkim-sign need different file owners",
    example: "/etc/milterkit/keys",
  }],
  operandKind: "file",
  run: convertFile,
};

function convertFile(invocation: Invocation): number {
  const { program, options, operands } = readCommandLine(FROM_OPENDKIM, invocation);
  const [file, second] = operands;
  if (file === undefined || second !== undefined) {
    throw new UsageError(`${program}: want one FILE, such as /etc/opendkim.conf`);
  }
  return writeConversion(convertOpendkim(file, options.get("string", "keys")));
}
