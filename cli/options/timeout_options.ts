/**
 * Options for the timeouts of a listener.
 *
 * @module
 */

import type { ServerTimeouts } from "../../lib/server/server_options.ts";
import { type ServeOption, type ServeOptionsOf, withDefault } from "./serve_option.ts";

/** Ten minutes: no MTA waits for longer. */
const LONGEST_WORK = 600_000;
/** A day. */
const LONGEST_SILENCE = 86_400_000;

/** The options, by the library's settings. */
export const TIMEOUT_OPTIONS: ServeOptionsOf<Required<ServerTimeouts>> = {
  callback: timeout({
    name: "callback-timeout",
    default: "8s",
    max: LONGEST_WORK,
    description: "Maximum time for all filters at one event; must be shorter than the MTA's own timeout",
  }),
  message: timeout({
    name: "message-timeout",
    default: "240s",
    max: LONGEST_WORK,
    description:
      "Maximum time for all filters at the end of a message; progress packets keep the MTA waiting",
  }),
  idle: timeout({
    name: "idle-timeout",
    default: "7210s",
    max: LONGEST_SILENCE,
    description:
      "Maximum silence of an MTA before its connection is closed; should be longer than the silence that SMTP sessions allow",
  }),
  negotiation: timeout({
    name: "negotiation-timeout",
    default: "30s",
    max: LONGEST_SILENCE,
    description: "Maximum time from a new connection to the MTA's option negotiation",
  }),
  send: timeout({
    name: "send-timeout",
    default: "300s",
    max: LONGEST_SILENCE,
    description: "Maximum time without the MTA reading anything that is sent to it",
  }),
};

function timeout(
  declared: {
    readonly name: string;
    readonly default: string;
    readonly max: number;
    readonly description: string;
  },
): ServeOption<number> {
  return withDefault({
    ...declared,
    kind: "duration",
    metavar: "TIME",
    min: 1,
    scope: "listener",
    takesEffect: "reload",
  });
}
