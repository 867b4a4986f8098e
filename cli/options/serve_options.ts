/**
 * All options of `milterkit serve`, collected from the records that declare them, and its help.
 *
 * @module
 */

import type { MtaKind } from "../../lib/message/mta.ts";
import { MTAS } from "../../lib/chain/chain_options.ts";
import type { Help } from "../terminal/arguments.ts";
import { AUTHENTICATION_OPTIONS } from "./authentication_options.ts";
import { DNS_OPTIONS } from "./dns_options.ts";
import { LIMIT_OPTIONS } from "./limit_options.ts";
import { LIST_OPTION } from "./list_option.ts";
import { LOG_OPTIONS } from "./log_options.ts";
import { choice, optional, repeatable, type ServeOption } from "./serve_option.ts";
import { SERVICE_OPTIONS } from "./service_options.ts";
import { SOCKET_OPTIONS } from "./socket_options.ts";
import { SPOOL_OPTIONS } from "./spool_options.ts";
import { STATE_OPTIONS } from "./state_options.ts";
import { TIMEOUT_OPTIONS } from "./timeout_options.ts";

/** The configuration file. */
export const CONFIG_OPTION: ServeOption<string | undefined> = optional({
  name: "config",
  kind: "file",
  metavar: "FILE",
  description: "Read all options and filters from this file, not the command line; reload it on SIGHUP",
  example: "/etc/milterkit/milterkit.toml",
  scope: "command-line",
  takesEffect: "restart",
});

/** The addresses of a listener. */
export const LISTEN_OPTION: ServeOption<readonly string[]> = repeatable({
  name: "listen",
  kind: "listen-address",
  metavar: "ADDRESS",
  description: "Address that the MTA connects to: unix:/path, inet:port@host, inet6:port@host, fd:N, fd:NAME",
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
  description:
    "The MTA that connects: MTAs place and count header fields differently; auto detects it by macro v",
  scope: "listener",
  takesEffect: "reload",
});

/** Whether the log has Message-IDs where no filter reads the header. */
export const MESSAGE_ID_OPTION: ServeOption<boolean> = {
  name: "log-message-id",
  kind: "flag",
  description:
    "Ask the MTA for the header of each message even if no filter reads it, so that the log contains the Message-ID",
  scope: "listener",
  takesEffect: "reload",
  value: (options) => options.get("flag", "log-message-id") ?? false,
};

/** The lists that filters can name. A configuration file has the table `[lists]`. */
const LISTS: ServeOption = {
  ...LIST_OPTION,
  scope: "command-line",
  takesEffect: "restart",
  value: (options) => options.all("string", LIST_OPTION.name),
};

/** The options before the first `--filter`, in the order of the help text. */
export const SERVE_OPTIONS: readonly ServeOption[] = [
  CONFIG_OPTION,
  LISTEN_OPTION,
  LISTS,
  ...Object.values<ServeOption>(SOCKET_OPTIONS),
  ...Object.values<ServeOption>(TIMEOUT_OPTIONS),
  ...Object.values<ServeOption>(LIMIT_OPTIONS),
  MTA_OPTION,
  ...Object.values<ServeOption>(SPOOL_OPTIONS),
  ...Object.values<ServeOption>(AUTHENTICATION_OPTIONS),
  ...Object.values<ServeOption>(DNS_OPTIONS),
  ...Object.values<ServeOption>(STATE_OPTIONS),
  ...Object.values<ServeOption>(SERVICE_OPTIONS),
  ...Object.values<ServeOption>(LOG_OPTIONS),
  MESSAGE_ID_OPTION,
];

/** The options that a configuration file can set. */
export const FILE_OPTIONS: readonly ServeOption[] = SERVE_OPTIONS.filter(({ scope }) =>
  scope !== "command-line"
);

/** The options that each listener of a configuration file can set for itself; by default it takes those of the file. */
export const LISTENER_OPTIONS: readonly ServeOption[] = FILE_OPTIONS.filter(({ scope }) =>
  scope === "listener"
);

/** The help text around the options. */
export const SERVE_HELP: Help = {
  brief:
    "milterkit serve --listen ADDRESS --filter NAME [its options] [--filter NAME [its options]]... | --config FILE",
  description:
    "Serves filters to an MTA; they run in the order given. Options after --filter NAME belong to that filter; " +
    "a NAME that contains a slash or ends in .ts or .js is a file with a filter of your own. " +
    "SIGTERM stops accepting connections and exits when messages in progress are finished. SIGINT or a second SIGTERM aborts. " +
    "SIGHUP reloads the --config file for new connections; without such a file, it stops like SIGTERM. " +
    "milterkit filters lists the filters; milterkit filters NAME shows the options of one, including those that every " +
    "filter has: --dry-run, --on-error, --label, and conditions such as --not-client and --only-recipient.",
  examples: [
    [
      "Reject mail above 25 MB and check signatures, behind Postfix:",
      "milterkit serve --listen unix:/var/spool/postfix/milterkit/milter.sock --socket-group postfix " +
      "--filter size-limit --max 25MB --filter dkim-check",
    ],
    [
      "See what a rule would do without doing it:",
      'milterkit serve --listen inet:8825@localhost --filter header-rewrite --dry-run --add "X-Checked: yes"',
    ],
    [
      "A filter of your own, reloaded whenever you save it:",
      "milterkit serve --listen inet:8825@localhost --watch --filter ./my-filter.ts",
    ],
  ],
};
