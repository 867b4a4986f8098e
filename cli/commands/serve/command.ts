/**
 * `milterkit serve`: serves filters at an address until a signal stops it.
 *
 * @module
 */

import { SERVE_HELP, SERVE_OPTIONS } from "../../options/serve_options.ts";
import type { CliCommand } from "../command.ts";

/** Serves filters to an MTA. The service parses the command line itself, as it does again in workers and on reload. */
export const serveCommand: CliCommand = {
  help: SERVE_HELP,
  options: SERVE_OPTIONS,
  operandKind: "none",
  takesFilters: true,
  isService: true,
  // Loaded only to run: completion and the manual page do not need the service.
  run: async ({ args }) => (await import("../../service/serve.ts")).runServe(args),
};
