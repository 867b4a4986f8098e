/**
 * How long things may take at a listener.
 *
 * @module
 */

import type { ServerTimeouts } from "../../lib/server/server_options.ts";
import { type OptionsOf, type ServeOption, withDefault } from "./serve_option.ts";

/** Ten minutes: no MTA waits for longer. */
const LONGEST_WORK = 600_000;
/** A day. */
const LONGEST_SILENCE = 86_400_000;

/** By the names of the library's settings. */
export const TIMEOUT_OPTIONS: OptionsOf<Required<ServerTimeouts>> = {
  callback: timeout({
    name: "callback-timeout",
    default: "8s",
    max: LONGEST_WORK,
    description: "Longest time of all filters at one event; must be shorter than the MTA's own",
  }),
  message: timeout({
    name: "message-timeout",
    default: "240s",
    max: LONGEST_WORK,
    description:
      "Longest time of all filters at end of message; the MTA is kept waiting with progress packets",
  }),
  idle: timeout({
    name: "idle-timeout",
    default: "7210s",
    max: LONGEST_SILENCE,
    description: "Longest silence of an MTA before its connection is closed; longer than SMTP sessions wait",
  }),
  negotiation: timeout({
    name: "negotiation-timeout",
    default: "30s",
    max: LONGEST_SILENCE,
    description: "The same before it has said that it is one",
  }),
  send: timeout({
    name: "send-timeout",
    default: "300s",
    max: LONGEST_SILENCE,
    description: "Longest time that an MTA may read nothing of what is sent to it",
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
