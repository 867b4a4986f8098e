/**
 * `milterkit limits`: shows how much of its limits a key has left, and fills them again.
 *
 * @module
 */

import { cutAtFilters, refuseMisplaced } from "../../config/filter_arguments.ts";
import { withState } from "../../service/state/command_state.ts";
import { openState } from "../../service/state/open_state.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { print } from "../../terminal/standard_output.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliAction, CliCommand } from "../command.ts";
import { runAction } from "../run_action.ts";
import { type KeyLimit, KeyLimits } from "./key_limits.ts";
import { limitedFilters } from "./limited_filters.ts";
import { LIMITS_HELP, LIMITS_OPERANDS, LIMITS_OPTIONS } from "./options.ts";

const SHARED = {
  operands: LIMITS_OPERANDS,
  help: LIMITS_HELP,
  options: LIMITS_OPTIONS,
  operandKind: "any",
  takesFilters: true,
} as const;

const SHOW: CliAction = {
  ...SHARED,
  name: "show",
  run: (invocation) => withLimits(SHOW, invocation, () => Promise.resolve()),
};

const RESET: CliAction = {
  ...SHARED,
  name: "reset",
  run: (invocation) => withLimits(RESET, invocation, (limits) => limits.reset()),
};

const ACTIONS: readonly CliAction[] = [SHOW, RESET];

/** Shows and resets limits. */
export const limitsCommand: CliCommand = {
  help: LIMITS_HELP,
  options: [],
  operandKind: ACTIONS.map(({ name }) => name),
  actions: ACTIONS,
  run: (invocation) => runAction(limitsCommand, invocation),
};

/** Does something with the limits of a key, and prints what is left of them then. */
async function withLimits(
  action: CliAction,
  invocation: Invocation,
  use: (limits: KeyLimits) => Promise<void>,
): Promise<number> {
  const { own, filters: pieces } = cutAtFilters(invocation.args, invocation.program);
  refuseMisplaced(own, action.options, invocation.program);
  const { program, options, operands } = readCommandLine(action, { ...invocation, args: own });
  const { filters, operands: late, address, secret } = await limitedFilters(program, options, pieces);
  const [key, second] = [...operands, ...late];
  if (key === undefined || second !== undefined) {
    throw new UsageError(`${program}: want one KEY, such as joe@example.org`);
  }
  return await withState(program, () => openState(address, secret), async (state) => {
    const all = filters.flatMap((filter) => KeyLimits.of(state, filter, key) ?? []);
    if (all.length === 0) {
      throw new UsageError(
        `${program}: no filter can have the key ${
          escapeControlCharacters(key)
        }; write it as the log shows it`,
      );
    }
    for (const limits of all) await use(limits);
    const shown = (await Promise.all(all.map((limits) => limits.show()))).flat();
    await print(options.get("flag", "json") ? `${terminalSafeJson(shown, 2)}\n` : table(shown));
  });
}

function table(limits: readonly KeyLimit[]): string {
  const rows = limits.map(({ filter, key, counts, limit, left, most, exempt }) => [
    escapeControlCharacters(filter),
    escapeControlCharacters(key),
    limit,
    `${left} of ${most} left${counts === "messages" ? "" : `, counting ${counts}`}${
      exempt ? "; exempt" : ""
    }`,
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}\n`).join("");
}
