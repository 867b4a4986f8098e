/**
 * `milterkit state`: shows what filters remember.
 *
 * @module
 */

import type { OptionValues } from "../../../lib/options/options.ts";
import { COMMAND_STATE_OPTIONS, openStateOfCommand, withState } from "../../service/state/command_state.ts";
import type { OpenState } from "../../service/state/open_state.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { print } from "../../terminal/standard_output.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliAction, CliCommand } from "../command.ts";
import { runAction } from "../run_action.ts";
import { entryLine, exportedEntry } from "./entry_line.ts";
import { stateSummary, summaryText } from "./summary.ts";

const HELP: CommandHelp = {
  brief: "milterkit state info | milterkit state export",
  description:
    `info shows where the state is, how large it is, and how many entries each filter has. export prints every entry as a line
of JSON: filter, store, key, and the value, which is a text, the age of a first sighting, or the level of a rate. Times are
in milliseconds.

Both work while the service runs, and change nothing. Keys can be people's addresses: protect an export like a mail log. A
Valkey or Redis server has only hashes of keys, and so has its export.`,
  examples: [
    ["A file:", "milterkit state info --state /var/lib/milterkit/state.db"],
    [
      "The state that the configuration names:",
      "milterkit state info --config /etc/milterkit/milterkit.toml",
    ],
    [
      "Whose mail waits:",
      "milterkit state export --state /var/lib/milterkit/state.db --filter greylist --store waiting",
    ],
  ],
};

const INFO: CliAction = {
  name: "info",
  operands: "--state ADDRESS | --config FILE",
  help: HELP,
  options: [...COMMAND_STATE_OPTIONS, {
    name: "json",
    kind: "flag",
    description: "Print JSON, for programs",
  }],
  operandKind: "none",
  run: (invocation) => useState(INFO, invocation, showInfo),
};

const EXPORT: CliAction = {
  name: "export",
  operands: "--state ADDRESS | --config FILE",
  help: HELP,
  options: [
    ...COMMAND_STATE_OPTIONS,
    {
      name: "filter",
      kind: "string",
      metavar: "NAME",
      description: "Only entries of the filter with this name or label",
    },
    {
      name: "store",
      kind: "string",
      metavar: "NAME",
      description: "Only entries of this store of the filter",
    },
  ],
  operandKind: "none",
  run: (invocation) => useState(EXPORT, invocation, exportEntries),
};

const ACTIONS: readonly CliAction[] = [INFO, EXPORT];

/** Shows what filters remember. */
export const stateCommand: CliCommand = {
  help: HELP,
  options: [],
  operandKind: ACTIONS.map(({ name }) => name),
  actions: ACTIONS,
  run: (invocation) => runAction(stateCommand, invocation),
};

async function useState(
  action: CliAction,
  invocation: Invocation,
  use: (state: OpenState, options: OptionValues) => Promise<void>,
): Promise<number> {
  const { program, options } = readCommandLine(action, invocation);
  return await withState(
    program,
    () => openStateOfCommand(program, options),
    (state) => use(state, options),
  );
}

async function showInfo({ backend, by }: OpenState, options: OptionValues): Promise<void> {
  const summary = await stateSummary(backend);
  await print(options.get("flag", "json") ? `${terminalSafeJson(summary, 2)}\n` : summaryText(summary, by));
}

async function exportEntries({ backend }: OpenState, options: OptionValues): Promise<void> {
  const filter = options.get("string", "filter");
  const store = options.get("string", "store");
  for await (const entry of backend.entries(filter === undefined ? "" : `${filter}\0`)) {
    const exported = exportedEntry(entry);
    if (store === undefined || exported.store === store) await print(entryLine(exported));
  }
}
