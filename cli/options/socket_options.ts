/**
 * Who may connect to a unix socket.
 *
 * @module
 */

import { hasGroup, type UnixSocketOptions } from "../../lib/net/unix_socket.ts";
import { converted, optional, type OptionsOf } from "./serve_option.ts";
import { socketMode } from "./socket_mode.ts";

/** By the names of the library's settings. */
export const SOCKET_OPTIONS: OptionsOf<UnixSocketOptions> = {
  mode: converted({
    name: "socket-mode",
    metavar: "MODE",
    default: "660",
    description: "Permissions of a unix socket, octal",
    scope: "listener",
    takesEffect: "new-socket",
  }, (text) => socketMode("milterkit serve", text)),
  group: {
    ...optional({
      name: "socket-group",
      kind: "string",
      metavar: "GROUP",
      description: "Group that a unix socket is given to, such as postfix",
      scope: "listener",
      takesEffect: "new-socket",
    }),
    // Of a command line the socket itself says so.
    check(text) {
      if (!hasGroup(text)) throw new Error(`there is no group ${JSON.stringify(text)} on this machine`);
    },
  },
};
