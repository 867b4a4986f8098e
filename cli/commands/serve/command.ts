/**
 * `milterkit serve`: filters behind an address, until a signal says otherwise.
 *
 * @module
 */

import { SERVE_HELP, SERVE_OPTIONS } from "../../options/serve_options.ts";
import type { CliCommand } from "../command.ts";

/** Serves filters to an MTA. The service reads its line itself: it does so again in each worker, and at a reload. */
export const serveCommand: CliCommand = {
  help: SERVE_HELP,
  options: SERVE_OPTIONS,
  operandKind: "none",
  takesFilters: true,
  isService: true,
  // Who completes a command line, or makes the manual page, does without the service.
  run: async ({ args }) => (await import("../../service/serve.ts")).runServe(args),
};
