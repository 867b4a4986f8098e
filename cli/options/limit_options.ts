/**
 * Options that limit connections and the size of messages.
 *
 * @module
 */

import type { ServerLimits } from "../../lib/server/server_events.ts";
import { optional, type ServeOption } from "./serve_option.ts";

/** An option that sets a limit. */
export interface LimitOption extends ServeOption<number | undefined> {
  /** What the log says when the limit is reached. */
  readonly reached: string;
}

/** The options, by the library's limits. */
export const LIMIT_OPTIONS: Readonly<Record<keyof ServerLimits, LimitOption>> = {
  connections: limit({
    name: "limit-connections",
    kind: "integer",
    default: "10000",
    description: "Maximum number of open connections; further ones are closed at once",
    reached: "closed, too many connections",
  }),
  connectionsPerClient: limit({
    name: "limit-connections-per-client",
    kind: "integer",
    within: "limit-connections",
    description: "The same for connections from one IP address; an MTA opens one for each SMTP session",
    example: "500",
    reached: "closed, too many connections from this address",
  }),
  headerFields: limit({
    name: "limit-header-fields",
    kind: "integer",
    default: "10000",
    description: "Maximum number of header fields of a message; a message with more is rejected",
    reached: "too many header fields",
  }),
  headerBytes: limit({
    name: "limit-header-size",
    kind: "size",
    default: "2MiB",
    description:
      "Maximum size of a message's header, and of its recipients; a larger header is rejected, further recipients are deferred",
    reached: "header or recipients too large",
  }),
  recipients: limit({
    name: "limit-recipients",
    kind: "integer",
    default: "10000",
    description:
      "Maximum number of recipients of a message; further ones are deferred to another transaction",
    reached: "too many recipients",
  }),
};

/** Returns the name of a limit in metrics: its option without `limit-`. */
export function limitLabel({ name }: LimitOption): string {
  return name.replace(/^limit-/, "");
}

function limit(
  { reached, ...declared }: {
    readonly name: string;
    readonly kind: "integer" | "size";
    readonly default?: string;
    readonly within?: string;
    readonly example?: string;
    readonly description: string;
    readonly reached: string;
  },
): LimitOption {
  const metavar = declared.kind === "size" ? "SIZE" : "COUNT";
  return {
    ...optional({ ...declared, metavar, min: 1, scope: "listener", takesEffect: "reload" }),
    reached,
  };
}
