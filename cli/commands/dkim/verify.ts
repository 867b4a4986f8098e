/**
 * `milterkit dkim verify`: verifies the signatures of a message, and explains how each came out.
 *
 * @module
 */

import process from "node:process";
import { type DkimPart, explainDkim } from "../../explanation/explain_dkim.ts";
import { dkimText } from "../../explanation/dkim_text.ts";
import { Lines } from "../../explanation/lines.ts";
import { Answers } from "../../explanation/lookup.ts";
import { DNS_LOOKUP_OPTIONS, resolverOf } from "../../explanation/lookup_options.ts";
import { readMessage } from "../../explanation/read_message.ts";
import { terminalColours, wantsColours } from "../../terminal/colours.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { print } from "../../terminal/standard_output.ts";
import { StatusLine } from "../../terminal/status_line.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliAction } from "../command.ts";
import { fileOperand } from "./file_operand.ts";
import { JSON_OPTION } from "./options.ts";

const HELP: CommandHelp = {
  description:
    "Verifies the DKIM signatures of a message, and reports for each what it signs, which key it needs, and what broke it. " +
    "FILE is one message as it was received, and - is standard input. `milterkit explain` also explains SPF and DMARC.\n\n" +
    "Exit code: 0 a signature verifies, 3 none does, 4 none does and a lookup failed; 2 the command line or a file is " +
    "wrong.",
  examples: [
    ["A message that arrived:", "milterkit dkim verify message.eml"],
    [
      "How receivers will judge a message that is signed now:",
      "milterkit dkim sign --keys /etc/milterkit/keys message.eml | milterkit dkim verify -",
    ],
  ],
};

/** Verifies a message. */
export const VERIFY_ACTION: CliAction = {
  name: "verify",
  operands: "FILE",
  help: HELP,
  options: [...DNS_LOOKUP_OPTIONS, JSON_OPTION],
  operandKind: "file",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(VERIFY_ACTION, invocation);
  const { program, options } = line;
  const file = fileOperand(line);
  const resolver = resolverOf(program, options);
  const progress = new StatusLine();
  try {
    const message = await readMessage(program, file);
    const answers = new Answers(
      resolver,
      (type, name) => progress.write(`lookup: ${type} ${name}`.slice(0, 79)),
    );
    const explanation = await explainDkim(message, answers, Math.floor(Date.now() / 1000));
    progress.clear();
    if (options.get("flag", JSON_OPTION.name)) {
      await print(
        terminalSafeJson({ name: file === "-" ? "(standard input)" : file, ...explanation }) + "\n",
      );
    } else {
      const lines = new Lines(terminalColours(wantsColours(process.stdout)), Boolean(process.stdout.isTTY));
      dkimText(explanation, lines);
      await print(lines.text);
    }
    return exitCodeOf(explanation);
  } finally {
    progress.clear();
    resolver.close();
  }
}

function exitCodeOf({ signatures }: DkimPart): number {
  const results = new Set(signatures.map(({ result }) => result));
  if (results.has("pass")) return EXIT_CODES.done;
  return results.has("temperror") ? EXIT_CODES.tempfailed : EXIT_CODES.rejected;
}
