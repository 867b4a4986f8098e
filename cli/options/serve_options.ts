/**
 * The options of `milterkit serve`: each is declared in the record of the part of the program that it is for.
 *
 * @module
 */

import type { MtaKind } from "../../lib/message/mta.ts";
import { MTAS } from "../../lib/chain/chain_options.ts";
import type { Help } from "../terminal/arguments.ts";
import { LIMIT_OPTIONS } from "./limit_options.ts";
import { LOG_OPTIONS } from "./log_options.ts";
import { choice, optional, repeatable, type ServeOption } from "./serve_option.ts";
import { SERVICE_OPTIONS } from "./service_options.ts";
import { SOCKET_OPTIONS } from "./socket_options.ts";
import { SPOOL_OPTIONS } from "./spool_options.ts";
import { TIMEOUT_OPTIONS } from "./timeout_options.ts";

/** The configuration file. */
export const CONFIG_OPTION: ServeOption<string | undefined> = optional({
  name: "config",
  kind: "file",
  metavar: "FILE",
  description: "Everything is in this file, in place of options here; SIGHUP has it read anew",
  example: "/etc/milterkit/milterkit.toml",
  scope: "command-line",
  takesEffect: "restart",
});

/** The addresses of a listener. */
export const LISTEN_OPTION: ServeOption<readonly string[]> = repeatable({
  name: "listen",
  kind: "listen-address",
  metavar: "ADDRESS",
  description: "Where the MTA finds the filters: unix:/path, inet:port@host, inet6:port@host, fd:N, fd:NAME",
  example: "unix:/run/milterkit/milter.sock",
  scope: "listener",
  takesEffect: "reload",
});

/** The kind of MTA that a listener is for. */
export const MTA_OPTION: ServeOption<MtaKind | "auto"> = choice({
  name: "mta",
  metavar: "MTA",
  choices: ["auto", ...MTAS],
  default: "auto",
  description: "Which MTA this is for: they place and count header fields differently; auto sees by macro v",
  scope: "listener",
  takesEffect: "reload",
});

/** The options that stand before the first `--filter`, in the order in which help lists them. */
export const SERVE_OPTIONS: readonly ServeOption[] = [
  CONFIG_OPTION,
  LISTEN_OPTION,
  ...Object.values<ServeOption>(SOCKET_OPTIONS),
  ...Object.values<ServeOption>(TIMEOUT_OPTIONS),
  ...Object.values<ServeOption>(LIMIT_OPTIONS),
  MTA_OPTION,
  ...Object.values<ServeOption>(SPOOL_OPTIONS),
  ...Object.values<ServeOption>(SERVICE_OPTIONS),
  ...Object.values<ServeOption>(LOG_OPTIONS),
];

/** The options of a configuration file, which names none itself. */
export const FILE_OPTIONS: readonly ServeOption[] = SERVE_OPTIONS.filter(({ scope }) =>
  scope !== "command-line"
);

/** Those that each listener of it can have of its own; where it has none, those of the file hold. */
export const LISTENER_OPTIONS: readonly ServeOption[] = FILE_OPTIONS.filter(({ scope }) =>
  scope === "listener"
);

/** What help says around them. */
export const SERVE_HELP: Help = {
  brief:
    "milterkit serve --listen ADDRESS --filter NAME [its options] [--filter NAME [its options]]... | --config FILE",
  description:
    "Serves filters to an MTA, in the order of their flags. Options behind --filter NAME belong to that filter; " +
    "a NAME with a slash, or that ends in .ts or .js, is a file with a filter of your own. " +
    "SIGTERM stops: no new connections, messages at hand are finished. SIGINT, or a second SIGTERM, aborts. SIGHUP has a " +
    "--config file read anew, for new connections, and stops where there is none. " +
    "milterkit filters lists the filters; milterkit filters NAME shows the options of one, among them those that every " +
    "filter has: --dry-run, --on-error, --label, and conditions such as --not-client and --only-recipient.",
  examples: [
    [
      "Refuse mail above 25 MB and check signatures, behind Postfix:",
      "milterkit serve --listen unix:/var/spool/postfix/milterkit/milter.sock --socket-group postfix " +
      "--filter size-limit --max 25MB --filter dkim-check",
    ],
    [
      "See what a rule would do, without doing it:",
      'milterkit serve --listen inet:8891@localhost --filter header-rewrite --dry-run --add "X-Checked: yes"',
    ],
    [
      "A filter of your own, taken anew whenever you save it:",
      "milterkit serve --listen inet:8891@localhost --watch --filter ./my-filter.ts",
    ],
  ],
};
