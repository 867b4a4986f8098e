/**
 * Options for the permissions of unix sockets.
 *
 * @module
 */

import { hasGroup, type UnixSocketOptions } from "../../lib/net/unix_socket.ts";
import { converted, optional, type ServeOptionsOf } from "./serve_option.ts";
import { socketMode } from "./socket_mode.ts";

/** The options, by the library's settings. */
export const SOCKET_OPTIONS: ServeOptionsOf<UnixSocketOptions> = {
  mode: converted({
    name: "socket-mode",
    metavar: "MODE",
    default: "660",
    description: "Permissions of a unix socket, in octal",
    scope: "listener",
    takesEffect: "new-socket",
  }, (text) => socketMode("milterkit serve", text)),
  group: {
    ...optional({
      name: "socket-group",
      kind: "string",
      metavar: "GROUP",
      description: "Group of a unix socket, such as postfix",
      scope: "listener",
      takesEffect: "new-socket",
    }),
    // Only configuration files check this early, to name the line; otherwise opening the socket reports it.
    check(text) {
      if (!hasGroup(text)) throw new Error(`there is no group ${JSON.stringify(text)} on this machine`);
    },
  },
};
