/**
 * The state of a service, as commands open it: their options for it, and what becomes of errors.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { NoSqliteError } from "../../../lib/store/sqlite/database.ts";
import { StateFileError } from "../../../lib/store/sqlite/file_error.ts";
import type { StateAddress } from "../../../lib/store/state_address.ts";
import { StoreUnavailableError } from "../../../lib/store/store.ts";
import { type Configuration, readConfiguration } from "../../config/configuration.ts";
import { disposeFilters } from "../../config/filter_arguments.ts";
import { ConfigError, describeProblem } from "../../config/problem.ts";
import { settingsOf } from "../../options/serve_option.ts";
import { STATE_OPTIONS, stateAddress, type StateSettings } from "../../options/state_options.ts";
import { type CommandOption, invalidArgument, missingArgument } from "../../terminal/arguments.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { type OpenState, openState } from "./open_state.ts";

/** The options of every command that opens the state of a service. */
export const COMMAND_STATE_OPTIONS: readonly CommandOption[] = [
  {
    name: "config",
    kind: "file",
    metavar: "FILE",
    example: "/etc/milterkit/milterkit.toml",
    description: "The configuration file of the service",
  },
  {
    name: "state",
    kind: "string",
    metavar: "ADDRESS",
    example: "/var/lib/milterkit/state.db",
    description: "The state, as in --state of milterkit serve, if no configuration file names it",
  },
  {
    name: "state-secret",
    kind: "file",
    metavar: "FILE",
    description: "The secret, as in --state-secret of milterkit serve",
  },
];

/**
 * Opens the state that the options of a command name.
 *
 * @param program the program and command, for errors
 * @param options the options
 * @throws {UsageError} if they name none, or not one that another process can open
 * @throws what `openState` throws
 */
export async function openStateOfCommand(program: string, options: OptionValues): Promise<OpenState> {
  const { address, secret } = await chosenState(program, options);
  return await openState(address, secret);
}

/**
 * Opens a state, uses it and closes it. That it cannot be used is no error of the program: it is printed.
 *
 * @param program the program and command, for errors
 * @param open opens the state
 * @param use what to do with it
 * @returns the exit code
 */
export async function withState(
  program: string,
  open: () => Promise<OpenState>,
  use: (state: OpenState) => Promise<void>,
): Promise<number> {
  try {
    const state = await open();
    try {
      await use(state);
    } finally {
      await state.backend.close();
    }
    return EXIT_CODES.done;
  } catch (error) {
    const isExpected = error instanceof StateFileError || error instanceof StoreUnavailableError ||
      error instanceof NoSqliteError;
    if (!isExpected) throw error;
    process.stderr.write(`${program}: ${escapeControlCharacters(error.message)}\n`);
    return EXIT_CODES.failed;
  }
}

async function chosenState(
  program: string,
  options: OptionValues,
): Promise<{ readonly address: StateAddress; readonly secret: string | undefined }> {
  const text = options.get("string", "state");
  const secret = options.get("file", "state-secret");
  const file = options.get("file", "config");
  if (text !== undefined) {
    if (file !== undefined) {
      throw invalidArgument(program, "--config", file, "--state names the state; leave one of them out");
    }
    return { address: stateAddress(text, program), secret };
  }
  if (file === undefined) {
    throw missingArgument(program, "--state", "want its address, or --config with a file that names it");
  }
  const settings = await settingsInFile(program, file);
  if (settings.address === undefined) {
    throw invalidArgument(
      program,
      "--config",
      file,
      "it has no state; give --state, such as /var/lib/milterkit/state.db",
    );
  }
  return { address: settings.address, secret: secret ?? settings.secret };
}

async function settingsInFile(program: string, file: string): Promise<StateSettings> {
  return settingsOf(STATE_OPTIONS, (await readServiceFile(program, file)).options);
}

/**
 * Reads the configuration file of a service for a command that does not serve: its filters are disposed.
 *
 * @param program the program and command, for errors
 * @param file the path of the file
 * @throws {UsageError} with the first problem if it is invalid
 */
export async function readServiceFile(program: string, file: string): Promise<Configuration> {
  try {
    const configuration = await readConfiguration(file);
    await Promise.all(configuration.listeners.map(({ filters }) => disposeFilters(filters)));
    return configuration;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [problem] = error.value;
    throw invalidArgument(program, "--config", file, problem ? describeProblem(problem) : error.message);
  }
}
