/**
 * The general help.
 *
 * @module
 */

import config from "../../../deno.json" with { type: "json" };
import type { CommandEntry } from "../command.ts";

/** The end of the help text. */
const EXAMPLES = `Examples:
  A filter behind Postfix that rejects mail above 25 MB:
    milterkit serve --listen inet:8825@localhost --filter size-limit --max 25MB
    postconf -e smtpd_milters=inet:localhost:8825 && postfix reload
  Two filters, in this order:
    milterkit serve --listen inet:8825@localhost --filter dkim-check --filter header-rewrite --add "X-Checked: yes"
  A filter of your own, its test, and what it does with a message:
    milterkit new no-lottery && cd no-lottery && milterkit test
    milterkit check message.eml --filter ./no-lottery.ts
`;

/**
 * Makes the general help: all commands, and examples.
 *
 * @param commands all commands
 */
export function generalHelp(commands: readonly CommandEntry[]): string {
  const lines = commands
    // The last line is about help.
    .filter(({ name }) => name !== "help")
    .map(({ name, operands, summary }) => helpLine(`${name} ${operands}`, summary));
  const last = helpLine("--help | --version", "Also: milterkit help COMMAND");
  const title = `milterkit ${config.version}: mail filters for Postfix and Sendmail`;
  return `${title}\n\n${lines.join("")}${last}\n${EXAMPLES}`;
}

function helpLine(usage: string, summary: string): string {
  return `  milterkit ${usage}`.padEnd(68) + `${summary}\n`;
}
