/**
 * `milterkit config from-header-checks`: converts tables of `header_checks(5)`.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { systemErrorText } from "../../../../lib/system_errors.ts";
import { isUtf8 } from "../../../../lib/message/text.ts";
import { UsageError } from "../../../terminal/arguments.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../../terminal/command_line.ts";
import type { CliAction } from "../../command.ts";
import { writeConversion } from "../conversion/write_conversion.ts";
import { convertHeaderChecks } from "./convert.ts";
import { OTHERS, PARAMETERS } from "./parameters.ts";
import type { TableType } from "./pattern.ts";
import type { CheckTable } from "./table.ts";

const HELP: CommandHelp = {
  description:
    "Converts tables of Postfix, each named as in main.cf (regexp:FILE or pcre:FILE), to rules. Notes on differences are " +
    "comments in the output, and also go to standard error. A line that affects mail and cannot be converted is an error " +
    "with file and line: then nothing is printed, and the exit code is 1.",
  examples: [
    [
      "Convert:",
      "milterkit config from-header-checks pcre:/etc/postfix/header_checks > conf.d/header-checks.toml",
    ],
    [
      "Convert a table that is only for fields of attachments:",
      "milterkit config from-header-checks --as mime_header_checks regexp:/etc/postfix/mime_header_checks",
    ],
    [
      "See what the rules do with a message:",
      "milterkit check --config milterkit.toml --explain message.eml",
    ],
  ],
};

/** Converts tables of `header_checks(5)`. */
export const FROM_HEADER_CHECKS: CliAction = {
  name: "from-header-checks",
  operands: "TYPE:FILE...",
  help: HELP,
  options: [{
    name: "as",
    kind: "string",
    metavar: "PARAMETER",
    description:
      `The parameter of main.cf that names the tables: ${
        Object.keys(PARAMETERS).join(", ")
      }. Without it header_checks, ` +
      "whose tables are also for the fields of attachments and of messages inside, as in Postfix if the other two are not set",
    example: "mime_header_checks",
  }],
  operandKind: "file",
  run: convertFiles,
};

function convertFiles(invocation: Invocation): number {
  const { program, options, operands } = readCommandLine(FROM_HEADER_CHECKS, invocation);
  if (operands.length === 0) {
    throw new UsageError(
      `${program}: want at least one TYPE:FILE, such as regexp:/etc/postfix/header_checks`,
    );
  }
  const parameter = options.get("string", "as") ?? "header_checks";
  const fields = PARAMETERS[parameter];
  if (fields === undefined) {
    const reason = OTHERS[parameter] ?? `want one of ${Object.keys(PARAMETERS).join(", ")}`;
    throw new UsageError(`${program}: Invalid --as "${parameter}": ${reason}`);
  }
  const tables = operands.map((operand) => tableOf(operand, program));
  return writeConversion(convertHeaderChecks(tables, fields));
}

function tableOf(operand: string, program: string): CheckTable {
  const [, type, file] = /^(regexp|pcre):(.+)$/s.exec(operand) ?? [];
  if (type === undefined || file === undefined) {
    const [, other] = /^([a-z]+):/.exec(operand) ?? [];
    const reason = other === undefined
      ? `write regexp:${operand} or pcre:${operand}, as main.cf has it: Postfix reads the two differently`
      : `${other}: tables have no expressions; want regexp: or pcre:`;
    throw new UsageError(`${program}: "${operand}": ${reason}`);
  }
  try {
    const bytes = readFileSync(file);
    return { type: type as TableType, file, text: bytes.toString(isUtf8(bytes) ? "utf8" : "latin1") };
  } catch (error) {
    throw new UsageError(`${program}: cannot read ${file}: ${systemErrorText(error)}`);
  }
}
