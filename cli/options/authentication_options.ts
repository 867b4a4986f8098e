/**
 * Options for the filters that check who sent a message.
 *
 * @module
 */

import { optional, type ServeOptionsOf } from "./serve_option.ts";

/** What these filters have in common. */
export interface AuthenticationSettings {
  /** The name under which they report. @default the MTA's own, or else the host's */
  readonly authservId?: string | undefined;
}

/** The options, by setting. */
export const AUTHENTICATION_OPTIONS: ServeOptionsOf<AuthenticationSettings> = {
  authservId: optional({
    name: "authserv-id",
    kind: "string",
    metavar: "ID",
    description:
      "The name under which all filters report in Authentication-Results; by default the MTA's own (its macro j), or else the host's",
    example: "mx.example.org",
    scope: "process",
    takesEffect: "reload",
  }),
};
